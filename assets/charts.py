"""Pictures of reports, drawn with Matplotlib's object interface (no global state) and shown in the Dagster UI."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
import numpy as np
import polars as pl
from numpy.typing import ArrayLike

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["bars_with_intervals", "budget_chart", "calibration_chart", "decile_chart", "pictures", "qini_chart"]

_PALETTE = ("#0b6e4f", "#c8553d", "#3a6ea5", "#e0a458", "#8d99ae", "#5b3758")
_GREY = "#8d99ae"
_HEADROOM = 1.5
"""How much higher a Qini picture may be for the perfect curve's sake."""


def pictures(*paths: Path) -> dict[str, dg.MetadataValue]:
    """Metadata of pictures, ``picture: <name>``: Markdown, which the UI shows at a click."""
    encoded = {path.stem: base64.b64encode(path.read_bytes()).decode("ascii") for path in paths}
    return {
        f"picture: {name.replace('_', ' ')}": dg.MetadataValue.md(f"![{name}](data:image/png;base64,{data})")
        for name, data in encoded.items()
    }


@contextmanager
def _drawing(path: Path, size: tuple[float, float], *, title: str, x: str, y: str = "") -> "Iterator[Axes]":
    """Axes of a new figure of ``size`` inches, written to the PNG ``path`` at the end."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, dpi=110, layout="constrained")
    axes = figure.add_subplot()
    axes.set(title=title, xlabel=x, ylabel=y)
    axes.spines[["top", "right"]].set_visible(False)
    yield axes
    figure.savefig(path)


def qini_chart(
    path: Path,
    curves: Mapping[str, tuple[ArrayLike, ArrayLike]],
    *,
    title: str,
    unit: str,
    band: pl.DataFrame | None = None,
    perfect: tuple[ArrayLike, ArrayLike] | None = None,
) -> None:
    """Qini curves, the name of each in the legend; the chord of random targeting is drawn grey.

    The perfect curve knows who responds, so it lies far above the others. The height of the picture is theirs: where
    it would flatten them it leaves the picture at the top.

    Args:
        path: The PNG to write.
        curves: Name → (users targeted, incremental responses), as `evaluation.uplift.qini.qini_curve` gives them.
        title: Title of the chart.
        unit: What an incremental response is.
        band: Of the first curve, as `evaluation.uplift.qini_band.qini_band` gives it.
        perfect: As `evaluation.uplift.qini.perfect_qini_curve` gives it.
    """
    with _drawing(
        path, (7, 4.2), title=title, x="share of users targeted, best first", y=f"incremental {unit}"
    ) as axes:
        if band is not None:
            share, lower, upper = (band[name].to_numpy() for name in ("share", "lower", "upper"))
            axes.fill_between(share, lower, upper, color=_PALETTE[0], alpha=0.15, linewidth=0, label="95 % band")
        end = (0.0, 0.0)
        for (name, (x, y)), colour in zip(curves.items(), _PALETTE, strict=False):
            users, gained = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
            axes.plot(users / users[-1], gained, label=name, color=colour, linewidth=2)
            end = (1.0, float(gained[-1]))
        axes.plot((0, end[0]), (0, end[1]), color=_GREY, linestyle="--", label="random")
        if perfect is not None:
            users, gained = (np.asarray(values, dtype=np.float64) for values in perfect)
            height = axes.get_ylim()
            axes.plot(users / users[-1], gained, color=_PALETTE[-1], linewidth=1, label="perfect")
            axes.set_ylim(height[0], min(axes.get_ylim()[1], _HEADROOM * height[1]))
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        axes.legend(frameon=False)


def bars_with_intervals(path: Path, bars: Mapping[str, tuple[float, float, float]], *, title: str, unit: str) -> None:
    """One horizontal bar a name: (estimate, lower, upper)."""
    with _drawing(path, (7, 0.9 + 0.5 * len(bars)), title=title, x=unit) as axes:
        names = list(bars)[::-1]
        values = np.array([bars[name] for name in names], dtype=np.float64).reshape(-1, 3)
        errors = np.abs(np.stack([values[:, 0] - values[:, 1], values[:, 2] - values[:, 0]]))
        colours = [_PALETTE[i % len(_PALETTE)] for i in range(len(names))][::-1]
        axes.barh(names, values[:, 0], xerr=errors, color=colours, error_kw={"ecolor": "#333333", "capsize": 3})
        axes.axvline(0, color="#333333", linewidth=0.8)


def budget_chart(
    path: Path,
    curves: Mapping[str, tuple[Sequence[float], Sequence[tuple[float, float, float]]]],
    *,
    title: str,
    currency: str,
) -> None:
    """Profit by budget, one line a strategy with its band: (budgets, (profit, lower, upper) at each)."""
    with _drawing(path, (7, 4.2), title=title, x=f"budget ({currency})", y=f"profit ({currency})") as axes:
        for (name, (budgets, profits)), colour in zip(curves.items(), _PALETTE, strict=False):
            profit, lower, upper = np.array(profits, dtype=np.float64).reshape(-1, 3).T
            axes.fill_between(budgets, lower, upper, color=colour, alpha=0.12, linewidth=0)
            axes.plot(
                budgets, profit, label=name.replace("_", " "), color=colour, linewidth=2, marker="o", markersize=3
            )
        axes.axhline(0, color=_GREY, linewidth=0.8)
        axes.legend(frameon=False)


def decile_chart(path: Path, deciles: pl.DataFrame, *, title: str) -> None:
    """Uplift of each decile with its interval: columns decile, uplift, lower, upper."""
    with _drawing(
        path, (7, 3.6), title=title, x="decile of the score, best first", y="uplift (treated minus control)"
    ) as axes:
        uplift, lower, upper = (deciles[name].fill_null(0.0).to_numpy() for name in ("uplift", "lower", "upper"))
        errors = np.abs(np.stack([uplift - lower, upper - uplift]))
        axes.bar(deciles["decile"].to_list(), uplift, yerr=errors, color=_PALETTE[0], error_kw={"ecolor": "#333333"})
        axes.axhline(0, color="#333333", linewidth=0.8)


def calibration_chart(path: Path, calibration: pl.DataFrame, *, title: str) -> None:
    """Measured against predicted uplift with intervals: columns predicted, aipw, lower, upper."""
    with _drawing(path, (5.2, 4.4), title=title, x="predicted uplift", y="measured uplift (doubly robust)") as axes:
        x, y, lower, upper = (calibration[name].to_numpy() for name in ("predicted", "aipw", "lower", "upper"))
        axes.errorbar(x, y, yerr=np.abs(np.stack([y - lower, upper - y])), fmt="o", color=_PALETTE[0], ecolor=_GREY)
        ends = (float(min(x.min(), y.min())), float(max(x.max(), y.max())))
        axes.plot(ends, ends, color=_GREY, linestyle="--")
