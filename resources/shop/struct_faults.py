"""A table of TOML read into a struct, with everything that is wrong in it said at once, in words.

What belongs here: keys, types and ranges of any struct. What does not: what a shop's values mean together
(`resources.shop.declaration`). What can be read stands in for the rest, so that what comes after can be looked at too.
"""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

__all__ = ["meant", "read_struct"]

Read = TypeVar("Read", bound=msgspec.Struct)

Path = tuple[str | int, ...]
_MISSING: Any = object()
_NAMES: Mapping[str, str] = {
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
    "date": "a date such as 2026-01-30",
    "array": "a list",
    "object": "a table of keys",
}


def meant(word: str, known: list[str]) -> str:
    """``; did you mean 'x'?`` for the nearest of ``known``, or nothing where none is near."""
    near = get_close_matches(word.lower(), known, n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else ""


def read_struct(table: Mapping[str, Any], kind: type[Read]) -> tuple[Read | None, list[str]]:
    """Read ``table`` as ``kind``.

    Returns:
        The struct as far as it can be had, none where a key that it needs is missing or wrong, and what is wrong.
        Each names its key as it stands in the file, such as ``[campaign] margin``.
    """
    reader = _Reader(kind)
    kept = reader.struct(table, kind, ())
    return (None if kept is _MISSING else msgspec.convert(kept, kind)), reader.faults


class _Reader:
    """Reads values and gathers what is wrong; a path is the keys, and numbers of list items, down to a value."""

    def __init__(self, root: type[msgspec.Struct]) -> None:
        self.faults: list[str] = []
        self._sections = dict(_keys_of_sections(root))
        """Key → the section that it belongs to."""

    def value(self, value: Any, kind: Any, path: Path) -> Any:  # noqa: ANN401  # TOML
        """``value`` without what is wrong in it, or `_MISSING`."""
        if structs := _structs(kind):
            return self._tagged(value, structs, path)
        origin, inner = get_origin(kind), get_args(kind)
        if origin is dict and isinstance(value, dict) and _structs(inner[1]):
            read = {
                key: self.value(item, inner[1], (*path, key))
                for key, item in value.items()
                if self._converts(key, inner[0], (*path, key))
            }
            return {key: item for key, item in read.items() if item is not _MISSING}
        if origin is list and isinstance(value, list) and _structs(inner[0]):
            items = [self.value(item, inner[0], (*path, number)) for number, item in enumerate(value, start=1)]
            return [item for item in items if item is not _MISSING]
        return value if self._converts(value, kind, path) else _MISSING

    def struct(self, table: Mapping[str, Any], kind: type[msgspec.Struct], path: Path) -> Any:  # noqa: ANN401  # TOML
        """The keys of ``table`` that ``kind`` has and can take, or `_MISSING` where it needs one that is not there."""
        fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
        hints = get_type_hints(kind, include_extras=True)
        tag = kind.__struct_config__.tag_field
        sections = {name for name, field in fields.items() if _structs(hints[field.name])}
        given = self._renamed(table, [name for name in (*fields, tag) if name], sections, path)
        kept = {tag: kind.__struct_config__.tag} if tag else {}
        lacks = False
        for name, field in fields.items():
            if name not in given and field.required:
                self.faults.append(f"{_section(path)} lacks the key {name!r}")
            read = self.value(given[name], hints[field.name], (*path, name)) if name in given else _MISSING
            if read is not _MISSING:
                kept[name] = read
            lacks = lacks or (read is _MISSING and field.required)
        return _MISSING if lacks else kept

    def _renamed(self, table: Mapping[str, Any], known: list[str], sections: set[str], path: Path) -> dict[str, Any]:
        """``table`` with the nearest key in place of one that is none, so that its value is looked at too.

        A value that is no table is not meant for one of the ``sections``.
        """
        given = {key: value for key, value in table.items() if key in known}
        for key in [key for key in table if key not in known]:
            free = [
                name for name in known if name not in table and (name not in sections or isinstance(table[key], dict))
            ]
            near = get_close_matches(key.lower(), free, n=1, cutoff=0.6)
            if near:
                self.faults.append(f"{_leaf((*path, key))} is no key of {_section(path)}; did you mean {near[0]!r}?")
                given[near[0]] = table[key]
            elif key in self._sections:
                self.faults.append(f"{_leaf((*path, key))} belongs to {self._sections[key]}: move it there")
            else:
                there = ", ".join(sorted(known))
                self.faults.append(f"{_leaf((*path, key))} is no key of {_section(path)}; there are {there}")
        return given

    def _tagged(self, value: Any, structs: Mapping[str | None, type[msgspec.Struct]], path: Path) -> Any:  # noqa: ANN401
        """A table, of the one struct or of that which its tag names."""
        if not isinstance(value, dict):
            self.faults.append(f"{_leaf(path)} is {_short(value)}, where a table of keys is expected")
            return _MISSING
        if None in structs:
            return self.struct(value, structs[None], path)
        (field,) = {kind.__struct_config__.tag_field or "" for kind in structs.values()}
        known, tag = [str(name) for name in structs], value.get(field)
        near = [tag] if tag in structs else get_close_matches(str(tag), known, n=1)
        if tag is None:
            self.faults.append(f"{_section(path)} lacks the key {field!r}, one of {', '.join(known)}")
        elif tag not in structs:
            hint = meant(str(tag), known)
            self.faults.append(f"{_leaf((*path, field))} is {tag!r}, which is none of {', '.join(known)}{hint}")
        return self.struct(value, structs[near[0]], path) if near else _MISSING

    def _converts(self, value: Any, kind: Any, path: Path) -> bool:  # noqa: ANN401  # TOML
        try:
            msgspec.convert({"of": value}, _holder(kind))
        except msgspec.ValidationError as error:
            self.faults.append(f"{_leaf(path)} is {_short(value)}: {_in_words(str(error), kind)}")
            return False
        return True


@cache
def _holder(kind: Any) -> type[msgspec.Struct]:  # noqa: ANN401  # an annotation
    """A struct of one value: a bare annotation with a pattern crashes msgspec 0.22 when it is converted to often."""
    return msgspec.defstruct("Holder", [("of", kind)])


def _section(path: Path) -> str:
    """A table as the file has it: ``[campaign.arms.mail]``, ``[[rules]] number 2``."""
    if not path:
        return "the file"
    if isinstance(path[-1], int):
        return f"[[{'.'.join(map(str, path[:-1]))}]] number {path[-1]}"
    return f"[{'.'.join(map(str, path))}]"


def _leaf(path: Path) -> str:
    """A key in a table: ``[campaign] margin``."""
    return " ".join([*([_section(path[:-1])] if path[1:] else []), str(path[-1])])


def _structs(kind: Any) -> dict[str | None, type[msgspec.Struct]]:  # noqa: ANN401  # an annotation
    """Tag → struct of an annotation that is one, or a union of them; empty where it is neither."""
    if get_origin(kind) is Annotated:
        return _structs(get_args(kind)[0])
    options = get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
    found = [option for option in options if isinstance(option, type) and issubclass(option, msgspec.Struct)]
    return {struct.__struct_config__.tag: struct for struct in found}  # type: ignore[misc]  # our tags are text


def _keys_of_sections(kind: type[msgspec.Struct], path: Path = ()) -> Iterator[tuple[str, str]]:
    """Every key of a struct and of the structs in it, with the table it stands in; the outermost last."""
    for name, hint in get_type_hints(kind, include_extras=True).items():
        for tag, struct in _structs(hint).items():
            if tag is None:
                yield from _keys_of_sections(struct, (*path, name))
    for field in msgspec.structs.fields(kind):
        yield field.encode_name, _section(path) if path else "the head of the file"


def _short(value: Any) -> str:  # noqa: ANN401  # TOML
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _in_words(message: str, kind: Any) -> str:  # noqa: ANN401  # an annotation
    """What is expected: in the words of the annotation where it has some, or of the message."""
    if described := list(_described(kind)):
        return f"give {described[0]}"
    if choices := list(_choices(kind)):
        return f"give one of {', '.join(map(repr, choices))}"
    message = re.sub(r" - at `\$\.of([^`]*)`", lambda at: f" (at {at[1].strip('.')})" if at[1] else "", message)
    message = re.sub(r"`([^`]*)`", lambda name: _types(name[1]), message)
    message = re.sub(r"^Expected (.*), got (.*)", r"\1 is expected, not \2", message)
    return re.sub(r"^Expected (.*?)( \(at .*\))?$", r"\1 is expected\2", message)


def _types(names: str) -> str:
    """Types as msgspec names them, ``int | null``, in words."""
    return " or ".join(_NAMES.get(name, name) for name in names.split(" | ") if name != "null")


def _described(kind: Any) -> Iterator[str]:  # noqa: ANN401  # an annotation
    """What an annotation, or a part of a union, says of itself."""
    if get_origin(kind) in (Union, UnionType):
        for option in get_args(kind):
            yield from _described(option)
    elif get_origin(kind) is Annotated:
        yield from (m.description for m in get_args(kind)[1:] if isinstance(m, Meta) and m.description)


def _choices(kind: Any) -> Iterator[Any]:  # noqa: ANN401  # an annotation
    """The values of every ``Literal`` in an annotation."""
    if get_origin(kind) is Literal:
        yield from get_args(kind)
    else:
        for inner in get_args(kind):
            yield from _choices(inner)
