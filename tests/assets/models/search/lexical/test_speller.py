"""Near words of a small catalogue."""

from pathlib import Path

from assets.models.search.lexical.speller import Speller

COUNTS = [("ceiling", 500), ("sealing", 40), ("lamp", 300), ("lamps", 10), ("soldering", 20), ("desk", 9), ("m6", 9)]


def test_near_by_hand(tmp_path: Path) -> None:
    """One edit beats two, the frequent word the rare one; short words and words with digits have none."""
    speller = Speller.build(COUNTS)
    speller.save(tmp_path)
    for one in (speller, Speller.load(tmp_path)):
        assert one.near("cieling")[0][0] == "ceiling"
        assert one.near("sodering")[0][0] == "soldering"
        assert one.near("lanp")[0][0] == "lamp"
        assert "lamp" not in [word for word, _ in one.near("lamp")]
        assert one.near("lmp") == one.near("m6x") == one.near("qqqqqqq") == one.near("x" * 10_000) == []
        assert (one.count("desk"), one.count("dusk"), one.count("m6")) == (9, 0, 0)


def test_no_words(tmp_path: Path) -> None:
    """A catalogue of blank texts has a speller that knows nothing."""
    Speller.build([]).save(tmp_path)
    assert Speller.load(tmp_path).near("lamp") == []
