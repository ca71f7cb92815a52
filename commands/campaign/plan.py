"""``upshelf campaign plan``: how many users and days a campaign's trial needs, and what its control costs."""

import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Literal

import click

from commands.campaign.named import SHARES, shares_of, the_campaign
from commands.shop import the_shop

if TYPE_CHECKING:
    from datetime import datetime

    from assets.models.uplift.targeting.trial_plan import Hopes, TrialPlan
    from assets.targeting.outcome_rates import MeasuredOutcome, PlannedOutcome
    from resources.shop import Shop

__all__ = ["plan"]

_MOST = 1e12
_ABOVE_0 = click.FloatRange(0, _MOST, min_open=True)
_AT_LEAST_HALF = click.FloatRange(0.5, 1, max_open=True)
_ODDS = click.FloatRange(0, 1, min_open=True, max_open=True)


@dataclass(frozen=True, slots=True)
class _Asked:
    """The options, by their names."""

    points: float | None
    lift: float | None
    money: float | None
    users: int | None
    outcome: "PlannedOutcome | None"
    rate: float | None
    mean: float | None
    deviation: float | None
    correlation: float | None
    users_per_day: float | None
    worth: float | None
    level: float
    power: float
    looks: Literal["once", "daily"]
    cuped: bool
    as_of: "datetime | None"
    as_json: bool


@click.command()
@click.argument("name", metavar="CAMPAIGN")
@SHARES
@click.option("--points", type=click.FloatRange(-100, 100), help="Effect hoped for, in points of the rate: 1.5.")
@click.option("--lift", type=click.FloatRange(-100, 10_000), help="The same, in per cent of the rate or mean: 10.")
@click.option("--money", type=click.FloatRange(-_MOST, _MOST), help="The same, in money a user.")
@click.option("--users", type=click.IntRange(2, 10**9), help="Users that there are: which effect do they show?")
@click.option("--outcome", type=click.Choice(("purchase", "visit", "revenue")), help="Default: the campaign's.")
@click.option("--rate", type=_ODDS, help="Rate without a contact (default: measured in the shop's last days).")
@click.option("--mean", type=_ABOVE_0, help="Of revenue a user without a contact (default: measured).")
@click.option("--deviation", type=_ABOVE_0, help="Its standard deviation, with --mean.")
@click.option("--correlation", type=click.FloatRange(0, 1, max_open=True), help="With the time before, for CUPED.")
@click.option("--users-per-day", type=_ABOVE_0, help="Users that enter a day (default: measured).")
@click.option(
    "--worth", type=click.FloatRange(0, _MOST), help="Of a response (default: revenue_per_response x margin)."
)
@click.option("--level", type=_AT_LEAST_HALF, default=0.95, show_default=True, help="Of the interval.")
@click.option("--power", type=_AT_LEAST_HALF, default=0.8, show_default=True, help="Chance that a true effect is seen.")
@click.option("--looks", type=click.Choice(("once", "daily")), default="once", show_default=True, help="At the result.")
@click.option("--cuped", is_flag=True, help="Plan with the outcome adjusted by that of the time before.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), metavar="DAY", help="Last day that is measured.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def plan(name: str, shares: tuple[str, ...], **options: object) -> None:
    """How many users and days CAMPAIGN needs to show an effect, or which effect so many --users show.

    One of --points, --lift, --money and --users. What is not given is measured in the lake: the outcome in the
    campaign's attribution window, up to the last day, of all users known before. Nothing is written.
    """
    asked = _Asked(**options)  # type: ignore[arg-type]  # click has checked them
    if sum(one is not None for one in (asked.points, asked.lift, asked.money, asked.users)) != 1:
        raise click.UsageError("give one of --points, --lift, --money and --users")
    if (asked.mean is None) != (asked.deviation is None):
        raise click.UsageError("--mean and --deviation go together")
    shop, _ = the_campaign(the_shop(), name)
    outcome = asked.outcome or ("revenue" if asked.money or asked.mean else shop.campaign.outcome)
    wrong = (asked.money or asked.mean) if outcome != "revenue" else (asked.points or asked.rate)
    if wrong:
        raise click.UsageError(
            f"the outcome is {outcome}: "
            + ("give --rate and --points" if outcome != "revenue" else "give --money, --mean")
        )
    arms = shares_of(shop.campaign, shares)
    from assets.models.uplift.targeting.trial_plan import trial_plan
    from evaluation.insufficient import InsufficientDataError

    try:
        measured = _measured(shop, outcome, asked)
        hopes = _hopes(shop, arms, outcome, asked, measured)
        found = trial_plan(hopes)
    except (InsufficientDataError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    if asked.as_json:
        told = asdict(found) | {"outcome": outcome, "mean": hopes.trial.mean, "deviation": hopes.trial.deviation}
        told |= {"correlation": hopes.correlation, "users_per_day": hopes.users_per_day}
        click.echo(json.dumps(told | {"measured": asdict(measured) if measured else None}, ensure_ascii=False))
        return
    for line in _lines(shop, outcome, hopes, found, measured):
        click.echo(line)


def _measured(shop: "Shop", outcome: "PlannedOutcome", asked: _Asked) -> "MeasuredOutcome | None":
    """The outcome in the lake; none where the rate or the mean is given."""
    if asked.rate is not None or asked.mean is not None:
        return None
    from assets.targeting.outcome_rates import last_day_of, measured_outcome
    from evaluation.insufficient import InsufficientDataError
    from resources.engine import Engine
    from resources.lake import Lake
    from resources.settings import Settings

    settings = Settings.from_env()
    lake, table = Lake(settings.lake_url), "events" if outcome == "visit" else "orders"
    day = last_day_of(lake, table) if asked.as_of is None else f"{asked.as_of:%Y-%m-%d}"
    if day is None:
        given = "--mean and --deviation" if outcome == "revenue" else "--rate"
        raise InsufficientDataError(f"the lake has no {table} yet: run `upshelf run DAYS`, or give {given}")
    engine = Engine(memory_limit_gb=settings.engine_memory_gb, threads=settings.engine_threads)
    return measured_outcome(lake, engine, shop, outcome, day)


def _hopes(
    shop: "Shop", arms: dict[str, float], outcome: "PlannedOutcome", asked: _Asked, measured: "MeasuredOutcome | None"
) -> "Hopes":
    """What is asked for, with what was measured where nothing is given."""
    from assets.models.uplift.targeting.trial_plan import Hopes
    from evaluation.sequential.sample_size import Trial

    campaign, is_rate = shop.campaign, outcome != "revenue"
    if measured is not None:
        trial = Trial.of_rate(measured.mean) if is_rate else Trial(measured.mean, measured.deviation)
    else:
        trial = Trial.of_rate(asked.rate or 0.0) if is_rate else Trial(asked.mean or 0.0, asked.deviation or 0.0)
    correlation, per_day = asked.correlation, asked.users_per_day
    if measured is not None:
        correlation = measured.correlation if correlation is None else correlation
        per_day = per_day or measured.users_per_day
    if asked.cuped and correlation is None:
        raise ValueError("CUPED needs the correlation with the time before, which is not known: give --correlation")
    if asked.points is not None:
        effect: float | None = asked.points / 100
    elif asked.lift is not None:
        effect = trial.mean * asked.lift / 100
    else:
        effect = asked.money
    worth = asked.worth
    if worth is None:
        of_one = campaign.revenue_per_response or (measured.revenue_per_response if measured else 0.0)
        worth = campaign.margin * (of_one if is_rate else 1.0)
    prices = [campaign.price(arm) for arm in list(arms)[1:]]
    return Hopes(
        replace(trial, level=asked.level, power=asked.power, looks=asked.looks),
        arms,
        is_rate,
        effect=effect,
        users=asked.users,
        correlation=correlation,
        users_per_day=per_day,
        window_days=campaign.attribution_days,
        worth=worth,
        contact_cost=sum(cost for cost, _ in prices) / len(prices),
        incentive=sum(incentive for _, incentive in prices) / len(prices),
        is_adjusted=asked.cuped,
    )


def _lines(
    shop: "Shop", outcome: str, hopes: "Hopes", found: "TrialPlan", measured: "MeasuredOutcome | None"
) -> list[str]:
    """The plan in words."""
    trial, money = hopes.trial, shop.currency
    now = f"{trial.mean:.2%}" if hopes.is_rate else f"{trial.mean:,.2f} ± {trial.deviation:,.2f} {money} a user"
    source = "as given"
    if measured is not None:
        source = f"of {measured.users:,} users known before, {measured.first_day} to {measured.last_day}"
    change = f"{100 * found.effect:+.2f} points" if hopes.is_rate else f"{found.effect:+,.2f} {money} a user"
    looks = "at the end" if trial.looks == "once" else "however often one looks"
    seen = f"seen in {trial.power:.0%} of cases at the level {trial.level:.0%}, {looks}"
    lines = [
        f"{outcome} without a contact: {now}, {source}",
        f"effect: {change} ({found.lift:+.1%}), {seen}",
        f"users: {found.users:,} ({', '.join(f'{count:,} {arm}' for arm, count in found.by_arm.items())})",
    ]
    if found.users_with_cuped is not None and not hopes.is_adjusted:
        lines.append(f"with CUPED: {found.users_with_cuped:,} users (correlation {hopes.correlation:.2f})")
    if found.days is not None:
        window = f"the last {hopes.window_days} of them for responses to arrive"
        lines.append(f"days: {found.days:,} at {hopes.users_per_day:,.0f} users a day, {window}")
    forgone = f"{found.responses_forgone:,.0f} " + ("responses" if hopes.is_rate else money)
    lines.append(f"cost of the control: {forgone} forgone; {found.control_cost:,.2f} {money} after what contacts cost")
    if hopes.is_rate and not hopes.worth:
        lines.append("! a response has no worth: give --worth, or revenue_per_response in the shop.toml")
    return lines + [f"! {warning}" for warning in found.warnings]
