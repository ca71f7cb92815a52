"""What is proposed of a canonical table: each column's SQL with its reason, and what could not be guessed."""

from dataclasses import dataclass, field

from resources.contracts import CONTRACTS
from resources.proposal.entities import Found
from resources.proposal.looking.catalogue import Engine
from resources.proposal.looking.sql_text import as_text, column_sql

__all__ = ["Guess", "Lacking", "Select", "TableGuess", "needed", "of_entity", "with_types_alike"]


@dataclass(frozen=True, slots=True)
class Guess:
    """How a column is filled."""

    column: str
    sql: str
    reason: str
    is_sure: bool = True
    """False for what no column says, or several may mean: somebody has to look at it."""


@dataclass(frozen=True, slots=True)
class Lacking:
    """A needed column that nothing looks like, and why."""

    column: str
    reason: str


@dataclass(slots=True)
class Select:
    """One SELECT of a query."""

    source: str
    """What stands after FROM, joins and all."""
    columns: list[Guess] = field(default_factory=list)
    lacking: list[Lacking] = field(default_factory=list)
    where: list[tuple[str, str]] = field(default_factory=list)
    """Conditions, each with its reason."""

    def add(self, guess: Guess | Lacking) -> None:
        """A column that is filled, or is not."""
        if isinstance(guess, Guess):
            self.columns.append(guess)
        else:
            self.lacking.append(guess)

    def of(self, column: str) -> Guess | None:
        """How ``column`` is filled, if it is."""
        return next((guess for guess in self.columns if guess.column == column), None)


@dataclass(slots=True)
class TableGuess:
    """A canonical table; one without a select was not found."""

    table: str
    reason: str
    selects: list[Select] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    """What has to be looked at besides."""
    keys: dict[str, str] = field(default_factory=dict)
    """Other keys of the table as TOML, such as ``time_format``."""

    @property
    def is_whole(self) -> bool:
        """Whether every needed column is filled."""
        return bool(self.selects) and not any(select.lacking for select in self.selects)


def needed(table: str) -> list[str]:
    """The columns that ``table`` cannot do without; of users those that are no attributes."""
    schema = CONTRACTS[table].schema.columns()
    return [name for name, column in schema.items() if not column.nullable and name not in ("numeric", "categorical")]


def of_entity(table: str, found: Found, alias: str, engine: Engine) -> TableGuess:
    """A table of products or users with their id alone, and a question for each table that is as likely."""
    entity = found.entity
    select = Select(f"{entity.table.source} AS {alias}")
    key = "primary key" if entity.table.key else "no value twice, and its name says number"
    select.add(Guess(f"{entity.concept}_id", column_sql(entity.id, alias, engine), f"{entity.id.name}: {key}"))
    questions = [f"{rival} is as likely a table of {table}" for rival in found.rivals]
    return TableGuess(table, f"{entity.table.name}: {found.reason}", [select], questions)


def with_types_alike(select: Select) -> None:
    """Make ids texts and times instants, so that the SELECTs of a UNION ALL go together."""
    for place, one in enumerate(select.columns):
        sql = one.sql
        if one.column.endswith("_id"):
            sql = as_text(sql)
        elif one.column == "ts":
            sql = f"CAST({sql} AS timestamptz)"
        select.columns[place] = Guess(one.column, sql, one.reason, one.is_sure)
