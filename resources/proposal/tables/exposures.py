"""What ``ad_exposures`` is read from: messages of which some were withheld for the sake of comparison."""

from collections.abc import Sequence
from dataclasses import dataclass

from resources.proposal.fields import NUMBER_KINDS, Choice, Field, choose
from resources.proposal.looking.catalogue import Column, Engine, Reader, Table
from resources.proposal.looking.sql_text import as_text, column_sql, literal
from resources.proposal.moments import HAPPENED, choose_moment
from resources.proposal.names import concepts, of_value
from resources.proposal.references import Entity, Reference, find_reference
from resources.proposal.tables.guess import Guess, Lacking, Select, TableGuess
from resources.proposal.words import CONCEPTS

__all__ = ["Exposures", "guess_exposures"]

_HOLDOUT = Field((("holdout", 0.9), ("holdout arm", 1.0)), frozenset({"bool"}), frozenset({"id", "time"}))
_HOLDOUT_01 = Field(_HOLDOUT.patterns, frozenset({"integer", "text"}), _HOLDOUT.avoid)
_ARM = Field(
    (("arm", 0.9), ("campaign arm", 0.95)), frozenset({"text"}), frozenset({"id", "time", "title", "description"})
)
_CAMPAIGN = Field(
    (("campaign id", 1.0), ("campaign", 0.95), ("send title", 0.7)),
    frozenset({"integer", "text", "uuid"}),
    frozenset({"time", "arm", "user"}),
)
_PROPENSITY = Field((("propensity", 0.9),), NUMBER_KINDS)
_COST = Field((("cost", 0.9),), NUMBER_KINDS)
_EXPOSURE = Field(
    (("send id", 1.0), ("id", 0.85)), frozenset({"integer", "text", "uuid"}), frozenset({"user", "campaign", "product"})
)
_CONTROL = CONCEPTS["holdout"] | {"kontrollgruppe", "placebo"}
_TRUE = frozenset({"1", "y", "yes", "ja", "oui", "si", "true", "t", "j"})
_FALSE = frozenset({"0", "n", "no", "nein", "non", "nee", "false", "f"})
_MOST_ARMS = 12


@dataclass(frozen=True, slots=True)
class Exposures:
    """The table, and what ``[campaign]`` has to know of it."""

    guess: TableGuess
    arms: tuple[str, ...] = ()
    """Treatments, in the words of the query."""
    campaigns: tuple[str, ...] = ()
    """Ids of the campaigns that the sample holds."""


def guess_exposures(tables: Sequence[Table], reader: Reader, users: Entity | None) -> Exposures:
    """The likeliest table of messages with a group of users that got none."""
    guess = TableGuess("ad_exposures", "no table of messages says who was left out for the sake of comparison")
    scored: list[tuple[float, Table, Reference, Guess, tuple[str, ...]]] = []
    for table in tables:
        said = concepts(table.name)
        looks = bool(said & {"send", "campaign", "holdout", "arm"})
        arm = _arm(table, reader)
        if arm is None:
            if (
                said & {"send", "campaign"}
                and table.sample.height
                and isinstance(find_reference(reader, table, "user", users), Reference)
            ):
                guess.questions.append(f"{table.name} looks like messages, but no column says who got none")
            continue
        if isinstance(arm, str):
            if looks:
                guess.questions.append(f"{table.name}: {arm}")
            continue
        user = find_reference(reader, table, "user", users)
        if isinstance(user, str) or (users is not None and table is users.table):
            continue
        score = 1.0 * looks + 1.0 * (choose(table, _CAMPAIGN) is not None)
        score += 1.0 * (choose_moment(table, HAPPENED, reader.engine, "a") is not None)
        scored.append((score, table, user, *arm))
    scored.sort(key=lambda one: -one[0])
    if not scored or scored[0][0] < 1.0:
        return Exposures(guess)
    _, table, user, arm_guess, arms = scored[0]
    guess.questions += [f"{one[1].name} has groups of users too" for one in scored[1:]]
    guess.reason = f"{table.name}: it names users, and who was left out"
    campaigns = _columns(guess, table, user, arm_guess, reader, users)
    return Exposures(guess, arms, campaigns)


def _id(table: Table, engine: Engine) -> Guess | Lacking:
    """The primary key, or a column that is named like one."""
    if table.key:
        parts = [column_sql(table.column(name), "a", engine) for name in table.key]
        sql = parts[0] if len(parts) == 1 else " || '-' || ".join(map(as_text, parts))
        return Guess("exposure_id", sql, f"{', '.join(table.key)}: primary key")
    if named := choose(table, _EXPOSURE, accept=table.is_unique):
        sql = column_sql(named.column, "a", engine)
        return Guess("exposure_id", sql, f"{named.column.name}: {named.reason}, no value twice")
    return Lacking("exposure_id", f"{table.name} has no key")


def _columns(
    guess: TableGuess, table: Table, user: Reference, arm: Guess, reader: Reader, users: Entity | None
) -> tuple[str, ...]:
    """Add the SELECT; returns the campaigns of the sample."""
    select = Select(f"{table.source} AS a")
    guess.selects.append(select)
    engine = reader.engine
    key = table.column(table.key[0]) if len(table.key) == 1 else None
    chosen_campaign = choose(table, _CAMPAIGN, without=[key.name] if key else [])
    select.add(_id(table, engine))
    time = choose_moment(table, HAPPENED, engine, "a")
    if time is None:
        select.add(Lacking("ts", f"no time of {table.name} has a name that says when it was sent"))
    else:
        choice, moment = time
        if moment.time_format:
            guess.keys["time_format"] = moment.time_format
        select.add(Guess("ts", moment.sql, moment.reason(choice), not choice.rivals))
    select.add(Guess("user_id", user.sql(users, "a", reader), f"{user.column.name}: {user.reason}", not user.rivals))
    if chosen_campaign:
        sql, rivals = column_sql(chosen_campaign.column, "a", engine), chosen_campaign.rivals
        many = f"; {', '.join(rivals)} as likely" if rivals else ""
        select.add(
            Guess("campaign_id", sql, f"{chosen_campaign.column.name}: {chosen_campaign.reason}{many}", not rivals)
        )
    else:
        select.add(
            Guess("campaign_id", literal("all"), "no column names a campaign: all are taken for one", is_sure=False)
        )
    select.add(arm)
    if propensity := choose(table, _PROPENSITY):
        select.add(
            Guess(
                "propensity",
                column_sql(propensity.column, "a", engine),
                f"{propensity.column.name}: {propensity.reason}",
            )
        )
    else:
        guess.questions.append(
            "no column says with what probability a user was chosen: add it, or set treated_share in [campaign]"
        )
    if cost := choose(table, _COST):
        sql = column_sql(cost.column, "a", engine)
        select.add(
            Guess("cost", sql, f"{cost.column.name}: {cost.reason}", cost.column.kind != "integer" and not cost.rivals)
        )
    else:
        select.add(
            Guess("cost", "0", "no column says what a message costs: none is taken to cost anything", is_sure=False)
        )
    return chosen_campaign.column.values if chosen_campaign else ()


def _arm(table: Table, reader: Reader) -> tuple[Guess, tuple[str, ...]] | str | None:
    """``control`` or the treatment, and the treatments' names; a text where only somebody can tell which is which."""
    if flag := choose(table, _HOLDOUT):
        return _of_flag(flag, column_sql(flag.column, "a", reader.engine), "true")
    if (flag := choose(table, _HOLDOUT_01, accept=_is_flag)) is not None:
        sql = as_text(column_sql(flag.column, "a", reader.engine))
        true = next(value for value in flag.column.values if value.strip().lower() in _TRUE)
        return _of_flag(flag, f"{sql} = {literal(true)}", true)
    said = concepts(table.name)
    if not said & {"send", "campaign", "arm", "holdout"}:
        return None
    arm = choose(table, _ARM, accept=lambda column: 2 <= column.distinct <= _MOST_ARMS)
    arm = arm or choose(table, _HOLDOUT_01, accept=lambda column: 2 <= column.distinct <= _MOST_ARMS)
    if arm is None:
        return None
    control = [value for value in arm.column.values if of_value(value) & _CONTROL]
    others = tuple(value for value in arm.column.values if value not in control)
    if len(control) != 1:
        listed = ", ".join(arm.column.values)
        return f"{arm.column.name} looks like groups, but which of {listed} got nothing is not to be told"
    sql = column_sql(arm.column, "a", reader.engine)
    if control[0] != "control":
        sql = f"CASE WHEN {sql} = {literal(control[0])} THEN 'control' ELSE {sql} END"
    return Guess("arm", sql, f"{arm.column.name}: {arm.reason}; {control[0]} says control"), others


def _of_flag(flag: Choice, condition: str, true: str) -> tuple[Guess, tuple[str, ...]]:
    reason = f"{flag.column.name}: {flag.reason}, so that {true} is taken for control"
    return Guess("arm", f"CASE WHEN {condition} THEN 'control' ELSE 'treated' END", reason), ("treated",)


def _is_flag(column: Column) -> bool:
    values = {value.strip().lower() for value in column.values}
    return len(values) == 2 and len(values & _TRUE) == 1 and len(values & _FALSE) == 1
