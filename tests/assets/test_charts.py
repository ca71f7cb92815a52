"""Pictures: written, of the size asked for, with ink of every curve, and rendered inline by the UI."""

from pathlib import Path

import dagster as dg
import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from PIL import Image

from assets.charts import _PALETTE, bars_with_intervals, budget_chart, pictures, qini_chart


def pixels(path: Path) -> NDArray[np.uint8]:
    """uint8[height, width, 3] of a PNG."""
    with Image.open(path) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("RGB"))


def inked(path: Path, colour: str) -> int:
    """How many pixels of a picture have exactly this colour."""
    wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    return int((pixels(path) == wanted).all(axis=2).sum())


def test_a_qini_chart_has_each_curve(tmp_path: Path) -> None:
    """7 × 4.2 inches at 110 dots; two curves in the first two colours and none in the third."""
    x = np.array([0, 50, 100])
    curves = {"model": (x, np.array([0.0, 8.0, 10.0])), "response": (x, np.array([0.0, 5.0, 10.0]))}
    qini_chart(tmp_path / "qini.png", curves, title="Qini", unit="purchases")
    assert pixels(tmp_path / "qini.png").shape == (462, 770, 3)
    assert [inked(tmp_path / "qini.png", colour) > 100 for colour in _PALETTE[:3]] == [True, True, False]


def test_the_band_of_the_first_curve_is_shaded(tmp_path: Path) -> None:
    """Paler than the curve, and only where it is asked for."""
    curves = {"model": (np.array([0, 100]), np.array([0.0, 10.0]))}
    band = pl.DataFrame({"share": [0.0, 0.5, 1.0], "lower": [0.0, 2.0, 6.0], "upper": [0.0, 8.0, 14.0]})
    for name, shaded in (("with.png", band), ("without.png", None)):
        qini_chart(tmp_path / name, curves, title="Qini", unit="purchases", band=shaded)
    pale = [int((pixels(tmp_path / name)[:, :, 0] == 0xDA).sum()) for name in ("with.png", "without.png")]
    assert pale[0] > 1_000 > pale[1]


def test_the_perfect_curve_does_not_flatten_the_others(tmp_path: Path) -> None:
    """A hundred times as high, it is there as a thin line and leaves the pictures, in which the model keeps its ink."""
    curves = {"model": (np.array([0, 50, 100]), np.array([0.0, 8.0, 10.0]))}
    far = (np.array([0, 10, 100]), np.array([0.0, 1_000.0, 10.0]))
    near = (np.array([0, 40, 90, 100]), np.array([0.0, 11.0, 11.0, 10.0]))
    for name, perfect in (("none.png", None), ("far.png", far), ("near.png", near)):
        qini_chart(tmp_path / name, curves, title="Qini", unit="purchases", perfect=perfect)
    none, far_up, there = (inked(tmp_path / f"{name}.png", _PALETTE[-1]) for name in ("none", "far", "near"))
    assert none == 0
    assert min(far_up, there) > 100
    ink = [inked(tmp_path / f"{name}.png", _PALETTE[0]) for name in ("none", "far")]
    assert ink[1] > 0.7 * ink[0]


def test_bars_grow_with_their_values_and_their_number(tmp_path: Path) -> None:
    """Three times the value is three times the ink; a picture of more bars is higher."""
    bars = {"uplift": (3.0, 2.0, 4.0), "random": (1.0, 0.5, 1.5)}
    bars_with_intervals(tmp_path / "two.png", bars, title="Profit", unit="EUR")
    first, second = (inked(tmp_path / "two.png", colour) for colour in _PALETTE[:2])
    assert first > 2 * second > 0
    bars_with_intervals(tmp_path / "four.png", bars | {"none": (0, 0, 0), "loss": (-1.0, -2.0, 0.5)}, title="", unit="")
    assert pixels(tmp_path / "four.png").shape[0] > pixels(tmp_path / "two.png").shape[0]


def test_a_budget_chart_has_each_strategy(tmp_path: Path) -> None:
    """Two lines, two colours; a band where the interval is wide."""
    narrow = [(0.0, 0.0, 0.0), (5.0, 5.0, 5.0), (4.0, 4.0, 4.0)]
    curves = {"uplift": ([0.0, 1.0, 2.0], narrow), "high_probability_buyers": ([0.0, 2.0], narrow[:2])}
    budget_chart(tmp_path / "narrow.png", curves, title="Profit by budget", currency="EUR")
    curves["uplift"] = [0.0, 1.0, 2.0], [(profit, profit - 2, profit + 2) for profit, _, _ in narrow]
    budget_chart(tmp_path / "budget.png", curves, title="Profit by budget", currency="EUR")
    assert [inked(tmp_path / "budget.png", colour) > 100 for colour in _PALETTE[:3]] == [True, True, False]
    coloured = [int((np.ptp(pixels(tmp_path / f"{name}.png"), axis=2) > 5).sum()) for name in ("narrow", "budget")]
    assert coloured[1] > 3 * coloured[0]


@pytest.mark.parametrize("draw", [qini_chart, bars_with_intervals])
def test_nothing_to_draw_is_a_picture_too(tmp_path: Path, draw: type) -> None:
    """No curve and no bar: axes alone, without a warning."""
    draw(tmp_path / "empty.png", {}, title="nothing", unit="EUR")
    assert pixels(tmp_path / "empty.png").std() > 0


def test_the_same_figures_give_the_same_file(tmp_path: Path) -> None:
    """Byte by byte, so that a report that did not change has the same hash."""
    for name in ("a.png", "b.png"):
        bars_with_intervals(tmp_path / name, {"uplift": (3.0, 2.0, 4.0)}, title="Profit", unit="EUR")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_picture_is_inline_markdown(tmp_path: Path) -> None:
    """The file itself, as the UI's Markdown takes it."""
    (tmp_path / "chart.png").write_bytes(b"\x89PNG")
    found = pictures(tmp_path / "chart.png")["picture: chart"]
    assert isinstance(found, dg.MarkdownMetadataValue)
    assert found.value == "![chart](data:image/png;base64,iVBORw==)"
