"""Why a file cannot be read, in words that quote none of its rows."""

import codecs
import re
from collections.abc import Sequence

from resources.storage import beginning, chunks

__all__ = ["lacks", "reason"]

_LONGEST = 300
_COLUMNS = 20
_NOISE = ("Original Line", "Possible", "file =", "Candidate names", "LINE ")
_VALUE = re.compile(r"(string|value) ('[^']*'|\"[^\"]*\")")


def reason(file: str, error: Exception) -> str:
    """Why DuckDB could not read ``file``, with the place where it tells one."""
    text = str(error)
    if re.search(r"utf-?8|unicode", text, re.IGNORECASE) and (encoding := _encoding(file)):
        return encoding
    lines = [line.strip() for line in text.splitlines()]
    told = next((n for n, line in enumerate(lines) if line.startswith("Possible")), len(lines))
    kept = [line for line in lines[:told] if line and not line.startswith(_NOISE)]
    words = (
        _VALUE.sub(r"\1 …", " ".join(kept)).replace(f'"{file}"', "it").replace(f"'{file}'", "it").replace(file, "it")
    )
    words = re.sub(r"^\w[\w ]* Error: ", "", words).replace("Failed to read file it: ", "")
    return words.replace("at end of file it", "at its end").removesuffix(": it")[:_LONGEST].rstrip(". ")


def lacks(file: str, columns: Sequence[str], needed: Sequence[str]) -> str:
    """Which columns a query needs that it does not yield from ``file``; nothing where it yields all."""
    lacking = [name for name in needed if name not in columns]
    if not lacking:
        return ""
    if not beginning(file, 1):
        return "it is empty"
    shown = ", ".join(columns[:_COLUMNS]) + (" …" if len(columns) > _COLUMNS else "")
    return f"it has no column {', '.join(lacking)}; its columns are {shown}"


def _encoding(file: str) -> str:
    """What a file is that is not UTF-8; nothing where it is, or is packed."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    at = 0
    try:
        for chunk in chunks(file):
            if at == 0 and chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                return "it is UTF-16; write it as UTF-8, or read such files with encoding = 'utf-16'"
            if at == 0 and chunk.startswith((b"\x1f\x8b", b"\x28\xb5\x2f\xfd")):
                return ""
            decoder.decode(chunk)
            at += len(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as wrong:
        return (
            f"it is not UTF-8 (near byte {at + wrong.start:,}), more likely Latin-1 or Windows-1252; write it as "
            "UTF-8, or read such files by a read_csv of their own with encoding = 'latin-1'"
        )
    except OSError:
        return ""
    return ""
