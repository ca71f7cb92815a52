"""A shop as declared in its ``shop.toml``: where its logs are, and what the models need to know of it.

The file is read into frozen structs; an unknown key, a value out of range or an unknown table is an error that
names the key. Nothing here reads the environment but for the ``{data}`` placeholder that the caller passes.
"""

import tomllib
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import chain
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from resources.contracts import CONTRACTS, MAX_ID
from resources.shop_rules import Rule, broken_rule

__all__ = [
    "Arm",
    "Campaign",
    "EventWeights",
    "FilesSource",
    "PostgresSource",
    "Recommendations",
    "Search",
    "Shop",
    "ShopError",
    "SimulatedSource",
    "TableQuery",
]

Share = Annotated[float, Meta(ge=0, le=1)]
Expressions = Annotated[list[str], Meta(min_length=2)]
OneWay = Annotated[str, Meta(pattern=r"\S\s*=>\s*\S")]
Positive = Annotated[int, Meta(ge=1)]
Weight = Annotated[float, Meta(ge=0, le=1e6)]
Days = Annotated[float, Meta(gt=0, le=36_500)]


class ShopError(ValueError):
    """A ``shop.toml`` that cannot be used; the message names the file, the key and the remedy."""


class SimulatedSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="simulated", tag_field="kind"):
    """The embedded generative shop (`resources.sources.simulated`); deterministic by ``seed``."""

    seed: int = 7
    products: Annotated[int, Meta(ge=50, le=1_000_000)] = 2_000
    users: Annotated[int, Meta(ge=100, le=10_000_000)] = 20_000
    days: Annotated[int, Meta(ge=2, le=3_650)] = 30
    events_per_day: Positive = 15_000
    """Expected number of shopper events a day."""


class FilesSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="files", tag_field="kind"):
    """Parquet, CSV or JSONL files, local or at an S3/GCS URL; queries are in the DuckDB dialect."""

    folder: str = "{data}"
    """Replaces ``{folder}`` in the queries; may itself use ``{data}``."""


class PostgresSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="postgres", tag_field="kind"):
    """A PostgreSQL database read through ADBC; queries are in its own dialect."""

    url_env: str = "UPSHELF_SOURCE_URL"
    """Name of the environment variable that holds the connection URI: the secret itself never stands in the file."""


class TableQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One canonical table: the query that yields its columns, in the source's dialect."""

    query: str
    quarantine_limit: Share | None = None
    """Share of rows that may break the contract before downstream assets are blocked (default: the shop's)."""


class Arm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one of several treatments costs, in the shop's currency; what is left out is the campaign's."""

    contact_cost: Annotated[float, Meta(ge=0)] | None = None
    incentive: Annotated[float, Meta(ge=0)] | None = None


class Campaign(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How ad exposures become an uplift frame and money."""

    outcome: Literal["purchase", "visit"] = "purchase"
    """What counts as a response: an order line of kind ``sale``, or any event, in the attribution window."""
    control: str = "control"
    """Name of the control arm."""
    treatment: str | None = None
    """Name of the treatment arm; by default every arm but the control is one treatment."""
    arms: dict[Annotated[str, Meta(min_length=1, max_length=MAX_ID)], Arm] = {}
    """Treatments that are told apart, two or more, by name; none for one treatment against the control."""
    attribution_days: Positive = 7
    """Length of the outcome window that starts at the exposure."""
    history_days: Positive = 90
    """Length of the behaviour window that ends strictly before the exposure."""
    frame_days: Positive = 90
    """How many days of exposures a model is fitted on."""
    margin: Share = 0.3
    """Contribution margin as a share of revenue."""
    contact_cost: Annotated[float, Meta(ge=0)] = 0.1
    """Cost of one contact in the shop's currency."""
    incentive: Annotated[float, Meta(ge=0)] = 0.0
    """What a response of a contacted user costs besides, such as a voucher, in the shop's currency."""
    revenue_per_response: Annotated[float, Meta(ge=0)] | None = None
    """Revenue of one response; by default measured in the frame."""
    budget: Annotated[float, Meta(ge=0)] | None = None
    """What contacts and incentives of one round may cost; none for no limit."""
    max_contacts: Positive | None = None
    """How often a user may be contacted within ``contact_days``; none for no limit."""
    contact_days: Positive = 30
    """Length of the period that ``max_contacts`` counts in."""
    treated_share: Annotated[float, Meta(gt=0, lt=1)] | None = None
    """Share of users meant for the treatment, where exposures do not log their propensity; none for an observational
    log."""
    accept: frozenset[Literal["sample_ratio", "contamination", "time_order", "balance", "arm_classifier"]] = frozenset()
    """Failed checks of the experiment that are accepted knowingly; any other keeps its effects from being used."""

    def price(self, arm: str) -> tuple[float, float]:
        """(contact cost, incentive) of the treatment ``arm``: its own, or the campaign's."""
        own = self.arms.get(arm, Arm())
        return (
            self.contact_cost if own.contact_cost is None else own.contact_cost,
            self.incentive if own.incentive is None else own.incentive,
        )

    def faults(self) -> Iterator[str]:
        """What contradicts itself in the arms, each with the remedy."""
        if not self.arms:
            return
        if len(self.arms) < 2:
            yield f"[campaign.arms] declares {list(self.arms)} alone: declare two arms or more, or name `treatment`"
        if self.treatment is not None:
            yield f"[campaign] has treatment {self.treatment!r} and arms {list(self.arms)}: leave one of the two out"
        if self.treated_share is not None:
            yield "[campaign] has treated_share and arms, of which it says nothing: log the propensity of each exposure"
        if self.control in self.arms:
            yield f"[campaign.arms] declares {self.control!r}, which is the control: leave it out, or rename `control`"


class EventWeights(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much an interaction says of interest, relative to one another; 0 to ignore a kind."""

    view: Weight = 1.0
    click: Weight = 1.0
    add_to_cart: Weight = 3.0
    purchase: Weight = 5.0


class HalfLifeDays(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Days after which an interaction counts half."""

    popularity: Days = 7.0
    """Short: what sells now."""
    co_purchase: Days = 90.0
    """Long: what goes with what changes with the season."""
    affinity: Days = 30.0
    """A user's interest in categories."""


class Recommendations(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What interactions count in recommendations."""

    weights: EventWeights = EventWeights()
    half_life_days: HalfLifeDays = HalfLifeDays()
    segment: str | None = None
    """Categorical user attribute by whose values popularity is told apart; none for the shop's alone."""


SEARCH_FIELDS = ("title", "brand", "categories", "tags", "description")
"""Fields of a product that are searched for words."""


class Search(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the search box should know besides the catalogue."""

    synonyms: list[Expressions | OneWay] = []
    """Groups of expressions that stand for one another, ``["sofa", "couch"]``, or one-way, ``"tv => television"``."""
    blocked_words: list[str] = []
    """Words of queries that are never suggested to anyone."""
    field_weights: dict[str, float] = {}
    """What a word in a field counts, 0 to 10, by the field's name; those that are left out keep their defaults."""

    def faults(self) -> Iterator[str]:
        """What is wrong with the weights, each with the remedy."""
        for name, weight in self.field_weights.items():
            if name not in SEARCH_FIELDS:
                yield f"[search.field_weights] names {name!r}, which is not searched: name {', '.join(SEARCH_FIELDS)}"
            elif not 0 <= weight <= 10:
                yield f"[search.field_weights] {name} is {weight}: give a number from 0 to 10"
            elif name == "title" and weight == 0:
                yield "[search.field_weights] title is 0, beside which others count: give a number above 0"


class Attributes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Columns of the ``users`` query that are attributes of a user."""

    numeric: list[str] = []
    categorical: list[str] = []


class Shop(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One shop. ``tables`` names the canonical tables it has; others are skipped with a reason."""

    name: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]
    first_day: date
    last_day: date | None = None
    """Last day of the logs, inclusive; none for a living shop."""
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}$")] = "EUR"
    late_days: Annotated[int, Meta(ge=0, le=60)] = 2
    """How many days back the nightly run reads again, for rows that arrive late."""
    window_days: Positive = 90
    """Trailing days of behaviour that recommendation models are fitted on."""
    holdout_days: Positive = 1
    """Trailing days kept apart to measure the recommenders."""
    quarantine_limit: Share = 0.01
    source: SimulatedSource | FilesSource | PostgresSource
    tables: dict[str, TableQuery] = {}
    user_attributes: Attributes = Attributes()
    campaign: Campaign = Campaign()
    recommendations: Recommendations = Recommendations()
    rules: list[Rule] = []
    """The shop's own rules for every list of products, in order."""
    search: Search = Search()

    def has(self, table: str) -> bool:
        """Whether the shop has the canonical ``table``. The simulated shop has all but judgments."""
        return table != "judgments" if isinstance(self.source, SimulatedSource) else table in self.tables

    def limit(self, table: str) -> float:
        """Largest share of ``table``'s rows that may break the contract."""
        query = self.tables.get(table)
        return self.quarantine_limit if query is None or query.quarantine_limit is None else query.quarantine_limit

    @property
    def end_day(self) -> date | None:
        """First day after the logs, or none for a living shop."""
        return None if self.last_day is None else self.last_day + timedelta(days=1)

    @classmethod
    def load(cls, path: Path) -> "Shop":
        """Read and check a ``shop.toml``.

        Raises:
            ShopError: If the file is missing, is no TOML, or breaks a rule.
        """
        try:
            shop = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), cls)
        except FileNotFoundError as error:
            raise ShopError(f"{path}: no such file. Set UPSHELF_SHOP to a shop.toml or its folder.") from error
        except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
            raise ShopError(
                f"{path}: {error}. The keys are in docs/connect-your-shop.md and docs/shape-your-lists.md."
            ) from error
        unknown = sorted(set(shop.tables) - set(CONTRACTS))
        if unknown:
            raise ShopError(f"{path}: [tables] names {unknown}; the canonical tables are {sorted(CONTRACTS)}.")
        if shop.last_day is not None and shop.last_day < shop.first_day:
            raise ShopError(f"{path}: last_day {shop.last_day} lies before first_day {shop.first_day}.")
        for fault in chain(shop.campaign.faults(), shop.search.faults()):
            raise ShopError(f"{path}: {fault}.")
        if broken := broken_rule(shop.rules):
            raise ShopError(f"{path}: [[rules]]: {broken}.")
        segment, declared = shop.recommendations.segment, shop.user_attributes.categorical
        if segment is not None and not isinstance(shop.source, SimulatedSource) and segment not in declared:
            raise ShopError(
                f"{path}: [recommendations] segment is {segment!r}, which is none of the categorical "
                f"[user_attributes] {declared}: declare it there, or leave it out."
            )
        if isinstance(shop.source, SimulatedSource):
            last = shop.first_day + timedelta(days=shop.source.days - 1)
            return msgspec.structs.replace(shop, last_day=last)
        if not shop.tables:
            raise ShopError(f"{path}: no [tables.<name>] is declared, so there is nothing to read.")
        return shop
