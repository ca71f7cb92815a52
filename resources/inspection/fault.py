"""A fault of a shop: where it is, the rule that it breaks, and what to do."""

import msgspec

__all__ = ["Fault"]


class Fault(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that is wrong, or that has to be known (``stops`` false), in words."""

    file: str
    rule: str
    remedy: str
    table: str | None = None
    """Canonical table; none where it is about the file or the source as a whole."""
    column: str | None = None
    stops: bool = True
    """Whether it has to be mended before a run is worth while."""

    @property
    def line(self) -> str:
        """All of it in one line."""
        where = [
            self.file,
            *([f"[tables.{self.table}]"] if self.table else []),
            *([self.column] if self.column else []),
        ]
        remedy = f" {self.remedy[:1].upper()}{self.remedy[1:].rstrip('.')}." if self.remedy else ""
        return f"{' '.join(where)}: {self.rule}{'' if self.rule.endswith('?') else '.'}{remedy}"
