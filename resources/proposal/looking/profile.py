"""What the columns of a sample hold: how many values, which, and the keys of JSON."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from resources.proposal.looking.catalogue import Column, Kind

__all__ = ["profiled"]

_VALUES, _PATHS = 200, 40
_NUMBERS = ("integer", "number")


def profiled(sample: pl.DataFrame, kinds: Mapping[str, tuple[Kind, str]]) -> tuple[pl.DataFrame, tuple[Column, ...]]:
    """The sample with a column for each key of JSON, and what every column holds.

    Args:
        sample: Every column as text.
        kinds: Column → its kind, and its type as the engine calls it.
    """
    columns: list[Column] = []
    for name, (kind, type_) in kinds.items():
        columns.append(_column(sample[name], kind, Column(name=name, kind=kind, base=name, type=type_)))
        is_object = kind in ("json", "struct") or (kind == "text" and _looks_like_objects(sample[name]))
        for path, values in _keys(sample[name]) if is_object else ():
            inner = ".".join((name, *path))
            if inner in sample.columns or inner in kinds:
                continue
            texts = pl.Series(inner, [_text(value) for value in values], dtype=pl.String)
            sample = sample.with_columns(texts)
            of = _kind(values)
            columns.append(_column(texts, of, Column(name=inner, kind=of, base=name, path=path, type=type_)))
    return sample, tuple(columns)


def _column(values: pl.Series, kind: Kind, column: Column) -> Column:
    known = values.filter(values.is_not_null() & (values.str.strip_chars() != ""))
    counts = known.value_counts(sort=False, name="n").sort("n", known.name, descending=[True, False])
    numbers = known.cast(pl.Float64, strict=False) if kind in _NUMBERS else known.clear().cast(pl.Float64)
    return Column(
        name=column.name,
        kind=kind,
        base=column.base,
        path=column.path,
        type=column.type,
        filled=known.len(),
        distinct=counts.height,
        values=tuple(counts[known.name].head(_VALUES).to_list()),
        low=None if numbers.drop_nulls().is_empty() else float(numbers.min()),  # type: ignore[arg-type]  # of floats
        high=None if numbers.drop_nulls().is_empty() else float(numbers.max()),  # type: ignore[arg-type]
    )


def _looks_like_objects(values: pl.Series) -> bool:
    known = values.drop_nulls()
    return known.len() > 0 and bool(known.str.contains(r"^\s*\{.*\}\s*$").all())


def _keys(values: pl.Series) -> Iterator[tuple[tuple[str, ...], Sequence[object]]]:
    """Path → the scalar of each row, two levels deep; null where a row has none."""
    rows = [_object(value) for value in values]
    counts = Counter(path for row in rows for path in row)
    for path, _ in sorted(counts.most_common(_PATHS), key=lambda pair: pair[0]):
        yield path, [row.get(path) for row in rows]


def _object(value: str | None) -> dict[tuple[str, ...], object]:
    try:
        outer = json.loads(value) if value else {}
    except ValueError:
        return {}
    found: dict[tuple[str, ...], object] = {}
    for key, inner in outer.items() if isinstance(outer, dict) else ():
        if isinstance(inner, dict):
            found |= {(key, name): one for name, one in inner.items() if not isinstance(one, dict | list)}
        elif not isinstance(inner, list):
            found[key,] = inner
    return {path: one for path, one in found.items() if one is not None}


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)


def _kind(values: Sequence[object]) -> Kind:
    types = {type(value) for value in values if value is not None}
    if types == {bool}:
        return "bool"
    if types == {int}:
        return "integer"
    return "number" if types and types <= {int, float} else "text"
