"""Charts as SVG, drawn by pygal: no script, and one style that follows the reader's light or dark.

What belongs here: how a chart looks. Its figures are those of the table below it.
"""

import sys
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

import pygal
from pygal.style import Style

# For its maps pygal adds a finder of modules that Python has given up: each import that fails would warn of it.
sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__module__ != "pygal"]

__all__ = ["Bar", "Points", "bars", "curves", "dots"]

Points = Sequence[tuple[float, float]]
Bar = tuple[float, float | None, float | None]
"""An estimate with its interval."""

_COLOURS = ("#3b82c4", "#d9822b", "#3c9d5d", "#a56cc1", "#b59a1f", "#8a94a0")
"""Told apart by people who see red and green alike, on white and on near black."""
_STYLE = Style(
    background="transparent",
    plot_background="transparent",
    foreground="#333b44",
    foreground_strong="#1d2228",
    foreground_subtle="#7a858f",
    colors=_COLOURS,
    font_family="system-ui, sans-serif",
    opacity=".85",
    stroke_width="2",
    legend_font_size=13,
    label_font_size=12,
    major_label_font_size=12,
    title_font_size=13,
    ci_colors=("#7a858f",) * len(_COLOURS),
)
_LEGEND_COLUMNS = 3
_LOOK: dict[str, Any] = {
    "style": _STYLE,
    "css": [
        "file://style.css",
        "file://graph.css",
        "inline:@media (prefers-color-scheme: dark) { text { fill: #e7ebef !important } "
        ".guide.line, .axis .line, .guides .line { stroke: #56626e !important } }",
    ],
    "js": [],
    "width": 720,
    "height": 360,
    "no_prefix": True,
    "disable_xml_declaration": True,
    "legend_at_bottom": True,
    "legend_at_bottom_columns": _LEGEND_COLUMNS,
    "show_x_guides": False,
    "truncate_legend": -1,
    "no_data_text": "Nothing yet",
}


def curves(series: Mapping[str, Points], *, x: str, y: str, dashed: Sequence[str] = ()) -> bytes:
    """Lines over a common axis; those of ``dashed`` are bounds or baselines."""
    chart = pygal.XY(x_title=x, y_title=y, dots_size=1, margin_bottom=_room(len(series)), **_LOOK)
    for name, points in series.items():
        dash = {"stroke_style": {"dasharray": "5, 5"}} if name in dashed else {}
        chart.add(name, list(points), **dash)
    return _drawn(chart)


def dots(series: Mapping[str, Points], *, x: str, y: str, line: Points) -> bytes:
    """Points, beside a line that they would lie on if all were right."""
    chart = pygal.XY(x_title=x, y_title=y, dots_size=4, margin_bottom=_room(len(series) + 1), **_LOOK)
    for name, points in series.items():
        chart.add(name, list(points), stroke=False)
    chart.add("as predicted", list(line), show_dots=False, stroke_style={"dasharray": "5, 5"})
    return _drawn(chart)


def bars(groups: Mapping[str, Sequence[Bar]], labels: Sequence[str], *, y: str) -> bytes:
    """A bar for each label, in as many colours as there are groups, with its interval as a whisker."""
    ends = [end for values in groups.values() for value in values for end in value if end is not None]
    whole = (min([0.0, *ends]), max([0.0, *ends]))
    room = {"margin_bottom": _room(len(groups)), "x_label_rotation": 20 if len(labels) > 5 else 0}
    chart = pygal.Bar(y_title=y, range=whole, **room, **_LOOK)
    chart.x_labels = list(labels)
    for name, values in groups.items():
        chart.add(name, [_bar(value) for value in values])
    return _drawn(chart)


def _room(entries: int) -> int:
    """Pixels below the legend: pygal leaves none for a row of it that is not full."""
    return 40 if entries > _LEGEND_COLUMNS and entries % _LEGEND_COLUMNS else 20


def _bar(value: Bar) -> dict[str, Any]:
    estimate, lower, upper = value
    whisker = {} if lower is None or upper is None else {"ci": {"low": lower, "high": upper}}
    return {"value": estimate, **whisker}


def _drawn(chart: Any) -> bytes:  # noqa: ANN401  # pygal has no types
    """The SVG without what a picture has no use for: scripts, tool tips, and remarks that name other addresses."""
    root = chart.render_tree()
    for parent in list(root.iter()):
        for child in list(parent):
            name = child.tag if isinstance(child.tag, str) else "comment"
            if name.rpartition("}")[2] in ("script", "comment") or "tooltip-overlay" in child.get("class", ""):
                parent.remove(child)
    return ElementTree.tostring(root)
