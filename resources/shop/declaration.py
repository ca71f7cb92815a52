"""A shop as declared in its ``shop.toml``: where its logs are, and what the models need to know of it.

The file is read into frozen structs; an unknown key, a value out of range or an unknown table is an error that
names the key. Nothing here reads the environment but for the ``{data}`` placeholder that the caller passes.
"""

import tomllib
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import chain
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from resources.contracts import CONTRACTS
from resources.shop.banners import Banner, banner_faults
from resources.shop.bounds import Positive, Share
from resources.shop.campaign import Campaign, CampaignId, campaign_faults
from resources.shop.embeddings import Embeddings
from resources.shop.experiments import Experiment, experiment_faults
from resources.shop.moments import is_zone, moments_as_text
from resources.shop.recommendations import Recommendations, Robots, Sessions
from resources.shop.retention import Retention
from resources.shop.rules import Rule, rule_faults
from resources.shop.search import Search
from resources.shop.slots import Slot, slot_faults
from resources.shop.sources import (
    SHRINK_LIMIT,
    Attributes,
    FilesSource,
    MySQLSource,
    PostgresSource,
    SimulatedSource,
    TableQuery,
)
from resources.shop.struct_faults import meant, read_struct
from resources.shop.targeting import Targeting

__all__ = ["Shop", "ShopError"]


class ShopError(ValueError):
    """A ``shop.toml`` that cannot be used; the message names the file, the key and the remedy."""


class Shop(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One shop. ``tables`` names the canonical tables it has; others are skipped with a reason."""

    name: Annotated[
        str,
        Meta(
            pattern=r"^[a-z][a-z0-9_-]{0,62}$",
            description="up to 63 small letters, digits, _ and -, a letter first, such as my-shop",
        ),
    ]
    """What the shop is called, in the registry too: up to 63 small letters, digits, _ and -, a letter first."""
    first_day: date
    """First day of the logs; a new shop's history is read from it on."""
    last_day: date | None = None
    """Last day of the logs, inclusive; none for a living shop."""
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}$", description="three capital letters, such as EUR")] = "EUR"
    """Of all prices and costs: three capital letters. Nothing is converted."""
    time_zone: Annotated[str, Meta(min_length=1, max_length=60)] = "UTC"
    """Of the days and clock times of rules that name no other: a name such as Europe/Berlin."""
    late_days: Annotated[int, Meta(ge=0, le=60)] = 2
    """How many days back the nightly run reads again, for rows that arrive late."""
    window_days: Positive = 90
    """Trailing days of behaviour that recommendations and search are fitted on."""
    holdout_days: Positive = 1
    """Trailing days, up to the last one that has rows, that are kept apart to measure recommendations and search on."""
    quarantine_limit: Share = 0.01
    """Share of a table's rows that may break its contract before downstream assets are blocked."""
    source: SimulatedSource | FilesSource | PostgresSource | MySQLSource
    tables: dict[str, TableQuery] = {}
    user_attributes: Attributes = Attributes()
    targeting: Targeting | None = None
    """What contacts of several campaigns share; none: each is planned by itself alone."""
    campaign: Campaign = Campaign()
    campaigns: dict[CampaignId, Campaign] = {}
    """Several campaigns by their ids, in place of ``[campaign]``."""
    recommendations: Recommendations = Recommendations()
    rules: list[Rule] = []
    """The shop's own rules for every list of products, in order."""
    banners: dict[str, Banner] = {}
    """The shop's banners by their ids; where none is declared, those that the logs have shown lately."""
    slots: dict[str, Slot] = {}
    """How the slots of banners choose, by their names."""
    experiments: dict[str, Experiment] = {}
    """Experiments on live traffic, by their ids."""
    search: Search = Search()
    embeddings: Embeddings = Embeddings()
    sessions: Sessions = Sessions()
    robots: Robots = Robots()
    retention: Retention = Retention()

    def has(self, table: str) -> bool:
        """Whether the shop has the canonical ``table``. The simulated shop has all but judgments and banners."""
        is_simulated = isinstance(self.source, SimulatedSource)
        return table not in ("judgments", "banners") if is_simulated else table in self.tables

    def limit(self, table: str) -> float:
        """Largest share of ``table``'s rows that may break the contract."""
        query = self.tables.get(table)
        return self.quarantine_limit if query is None or query.quarantine_limit is None else query.quarantine_limit

    def shrink_limit(self, table: str) -> float:
        """Largest share of a day's rows of ``table`` that may be gone when the day is read again."""
        return self.tables[table].shrink_limit if table in self.tables else SHRINK_LIMIT

    def is_full(self, table: str) -> bool:
        """Whether the query of ``table`` always yields all that there is."""
        return table in self.tables and self.tables[table].full

    def of_campaign(self, campaign: str | None) -> "Shop":
        """The shop as if it had this campaign alone, by its id in ``[campaigns.ID]``; itself for none.

        Raises:
            KeyError: If there is no such campaign.
        """
        if campaign is None:
            return self
        declared = self.campaigns[campaign]
        exposed = msgspec.structs.replace(declared, campaigns=declared.campaigns or [campaign])
        return msgspec.structs.replace(self, campaign=exposed, campaigns={})

    @property
    def by_campaign(self) -> "dict[str | None, Shop]":
        """Id → the shop with that campaign alone; the id of a ``[campaign]`` without one is none."""
        return {campaign: self.of_campaign(campaign) for campaign in self.campaigns or (None,)}

    @property
    def plans_jointly(self) -> bool:
        """Whether several campaigns are planned together too."""
        return bool(self.campaigns) and self.targeting is not None

    @property
    def end_day(self) -> date | None:
        """First day after the logs, or none for a living shop."""
        return None if self.last_day is None else self.last_day + timedelta(days=1)

    @classmethod
    def load(cls, path: Path) -> "Shop":
        """Read and check a ``shop.toml``.

        Raises:
            ShopError: If the file is missing, is no TOML, or breaks a rule; with all that is wrong in it.
        """
        shop, faults = cls.read(path)
        if shop is None or faults:
            page = "The keys are in docs/connect-your-shop.md and docs/shape-your-lists.md."
            raise ShopError("\n".join(f"{path}: {fault}." for fault in faults) + f"\n{page}")
        return shop

    @classmethod
    def read(cls, path: Path) -> tuple["Shop | None", list[str]]:
        """The shop as far as its file can be read, none where it cannot, and everything that is wrong in it."""
        try:
            declared = tomllib.loads(path.read_text(encoding="utf-8"))
            shop, faults = read_struct(moments_as_text(declared, "rules"), cls)
        except (FileNotFoundError, NotADirectoryError):
            return None, ["no such file. Set UPSHELF_SHOP to a shop.toml or its folder"]
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            return None, [f"it is no TOML: {error}"]
        if shop is None:
            return None, faults
        if "campaign" in declared and shop.campaigns:
            first = next(iter(shop.campaigns))
            faults.append(
                f"[campaign] and [campaigns.{first}] are both there: a shop of several campaigns has [campaigns.ID] "
                "alone, so give [campaign] an id, as in [campaigns.spring_sale]"
            )
        faults += shop._contradictions()
        shop = msgspec.structs.replace(shop, tables={n: query for n, query in shop.tables.items() if n in CONTRACTS})
        if isinstance(shop.source, SimulatedSource):
            last = shop.first_day + timedelta(days=shop.source.days - 1)
            shop = msgspec.structs.replace(shop, last_day=last)
        return shop, faults

    def _contradictions(self) -> Iterator[str]:
        """What cannot be meant though each key is fine, with the remedy."""
        for name in sorted(set(self.tables) - set(CONTRACTS)):
            hint = meant(name, list(CONTRACTS))
            yield f"[tables.{name}] is no canonical table, which are {', '.join(CONTRACTS)}{hint}"
        if self.last_day is not None and self.last_day < self.first_day:
            yield f"last_day {self.last_day} lies before first_day {self.first_day}"
        yield from chain(
            self.campaign.faults(),
            campaign_faults(self.campaigns),
            self.search.faults(),
            self.embeddings.faults(),
            banner_faults(self.banners),
            slot_faults(self.slots),
        )
        yield from experiment_faults(self.experiments, self.window_days)
        sections = {f"campaigns.{name}": of for name, of in self.campaigns.items()} or {"campaign": self.campaign}
        yield from self.retention.faults(
            sections, self.targeting, window_days=self.window_days, late_days=self.late_days
        )
        yield from chain.from_iterable(table.faults(name) for name, table in self.tables.items())
        if not is_zone(self.time_zone):
            yield f"time_zone is {self.time_zone!r}, which is none: give a name such as Europe/Berlin, or UTC"
        else:
            yield from (f"[[rules]]: {broken}" for broken in rule_faults(self.rules, self.time_zone))
        is_simulated, declared = isinstance(self.source, SimulatedSource), self.user_attributes.categorical
        if (segment := self.recommendations.segment) is not None and not is_simulated and segment not in declared:
            yield (
                f"[recommendations] segment is {segment!r}, which is none of the categorical [user_attributes] "
                f"{declared}: declare it there, or leave it out"
            )
        if self.targeting is not None and not self.campaigns:
            yield (
                "[targeting] is what several campaigns share, and there is no [campaigns.ID]: set budget, max_contacts "
                "and contact_days in [campaign]"
            )
        if not is_simulated and not self.tables:
            yield "no [tables.<name>] is declared, so there is nothing to read"
