"""What the demo shows at its end: every endpoint called, the answers told for a person."""

import json
import resource
import textwrap
from typing import Any

import click
import httpx

__all__ = ["print_summary"]

QUERY = "warm lamp for the desk"
BUDGET_SHARE = 0.3
"""Budget of the simulation, as a share of what contacting everyone costs."""
_MEGABYTE_KB = 1024


class Caller:
    """Calls the API and counts what it called; any answer but 2xx ends the demo."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self.called: list[str] = []

    def get(self, path: str, **query: Any) -> Any:  # noqa: ANN401  # JSON
        """JSON of a GET."""
        return self._json("GET", path, params=query)

    def post(self, path: str, **body: Any) -> Any:  # noqa: ANN401  # JSON
        """JSON of a POST."""
        return self._json("POST", path, json=body)

    def text(self, path: str) -> str:
        """Text of a GET."""
        return self._call("GET", path).text

    def _json(self, method: str, path: str, **arguments: Any) -> Any:  # noqa: ANN401  # passed on as it is
        return self._call(method, path, **arguments).json()

    def _call(self, method: str, path: str, **arguments: Any) -> httpx.Response:  # noqa: ANN401  # passed on
        response = self._client.request(method, path, **arguments)
        if not response.is_success:
            raise SystemExit(f"{method} {path} answered {response.status_code}: {response.text[:300]}")
        self.called.append(f"{method} {path}")
        return response


def print_summary(api: str, ui: str | None, *, seconds: float) -> None:
    """Call each endpoint of ``api`` and print the summary."""
    with httpx.Client(base_url=api, timeout=30) as client:
        call = Caller(client)
        about = call.get("/v1/release")
        click.echo("\n" + "═" * 78)
        click.echo(
            f"Upshelf release {about['release']} as of {about['as_of']}: {about['products']:,} products, "
            f"{about['scored_users']:,} users scored, {len(about['modules'])} modules"
        )
        click.echo("═" * 78)
        seen = _recommendations(call, about)
        _advertising(call, about, seen)
        for path in ("/health/live", "/health/ready"):
            call.get(path)
        call.text("/metrics")
        call.text("/schema/openapi.json")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MEGABYTE_KB
        click.echo(
            f"\n{len(set(call.called))} endpoints called, all answered. {seconds:.0f} s in all, "
            f"pipeline peak memory {peak:,.0f} MB."
        )
        click.echo(f"\n  API         {api}/schema")
        if ui is not None:
            click.echo(f"  Dagster UI  {ui}\n  Both stay up; `make stop` stops them.")
        else:
            click.echo("  (headless: the API has been stopped)")


def _items(title: str, answer: Any) -> None:  # noqa: ANN401  # JSON
    """Print the first products of a list answer with their reasons."""
    click.echo(f"\n{title}   [{answer['answered_by']}]")
    for item in answer["items"][:4]:
        price = "" if item["price"] is None else f"{item['price']:8.2f}"
        click.echo(f"  {price}  {item['title'][:44]:<44}  {item['reason'][:60]}")


def _recommendations(call: Caller, about: Any) -> str:  # noqa: ANN401  # JSON
    """Show what a shopper sees; returns the product that was looked at."""
    found = call.get("/v1/search", q=QUERY, limit=5, facets="brand")
    _items(f"Search “{QUERY}”, {found['total']} products", found)
    brands = ", ".join(f"{value['value']} ({value['count']})" for value in found["facets"]["brand"][:4])
    typed = call.get("/v1/search/suggest", q=QUERY[:3])
    completed = ", ".join([*typed["queries"], *typed["categories"], *(one["title"] for one in typed["products"])][:3])
    click.echo(f"  brands: {brands};  “{QUERY[:3]}” is completed to {completed}")
    popular = call.get("/v1/recommendations/popular", limit=5)
    seen = str(popular["items"][0]["product_id"])
    title = call.get(f"/v1/products/{seen}")["title"]
    _items(f"Similar to “{title}”", call.get(f"/v1/products/{seen}/similar", limit=5))
    _items(f"Bought together with “{title}”", call.get(f"/v1/products/{seen}/bought-together", limit=5))
    _items("Next basket, with that in the cart", call.post("/v1/recommendations/basket", cart=[seen], limit=5))
    viewed = [item["product_id"] for item in found["items"][:2]] + [seen]
    _items("Recently viewed → related", call.post("/v1/recommendations/session", viewed=viewed, limit=5))
    category = about["top_categories"][0]
    _items(f"Category “{category}”", call.get("/v1/recommendations/category", category=category, limit=5))
    return seen


def _interval(figure: Any, *, digits: int) -> str:  # noqa: ANN401  # JSON
    """An estimate with its bounds."""
    middle = figure.get("estimate", figure.get("value"))
    return f"{middle:,.{digits}f} ({figure['lower']:,.{digits}f} to {figure['upper']:,.{digits}f})"


def _advertising(call: Caller, about: Any, seen: str) -> None:  # noqa: ANN401  # JSON
    """Show what a marketer sees: Qini, segments, ROI, a decision, and the banner bandit."""
    report = call.get("/v1/reports/uplift")["report"]
    held = report["holdout_exposures"]
    click.echo(f"\nDoes the ad change behaviour? Qini on {held:,} users that no model saw, 95 % interval")
    names = {"model": "uplift model", "response": "response model", "random": "random"}
    for key, name in names.items():
        figures = report["scores"][key]
        click.echo(
            f"  {name:<26} {_interval(figures['qini'], digits=3):<28} uplift in the best 30 %: "
            f"{figures['uplift_at']['30%']:.1%}"
        )
    click.echo(f"  the model blends {report['chosen']}")
    segments = call.get("/v1/segments")["segments"]
    click.echo("\nSegments: " + ", ".join(f"{s['name'].replace('_', ' ')} {s['users']:,}" for s in segments))
    members = call.text("/v1/segments/persuadable/members").splitlines()
    user = json.loads(members[0])["user_id"]
    call.post("/v1/targeting/score", user_ids=[user])
    full = call.post("/v1/roi/simulate")["strategies"]
    budget = round(BUDGET_SHARE * next(s["cost"] for s in full if s["strategy"] == "everyone"))
    click.echo(
        f"\nProfit of each strategy over {about['scored_users']:,} users with a budget of {budget:,} "
        f"({about['currency']}, 95 % interval; everyone and uplift ignore the budget)"
    )
    for s in call.post("/v1/roi/simulate", budget=budget)["strategies"]:
        roi = "" if s["roi"] is None else f"ROI {s['roi']['value']:.2f}"
        click.echo(
            f"  {s['strategy'].replace('_', ' '):<26} {_interval(s['profit'], digits=0):<30} contacts "
            f"{s['contacts']:>7,.0f}  {roi}"
        )
    slot = about["slots"][0]
    decision = call.post("/v1/decisions", user_id=user, viewed=[seen], slot=slot)
    click.echo(f"\nDecision for {user}: {'advertise' if decision['advertise'] else 'do not advertise'}")
    for reason in decision["why"]:
        click.echo(textwrap.fill(reason, 100, initial_indent="  ", subsequent_indent="  "))
    shown = call.post(f"/v1/banners/{slot}/select", user_id=user)
    call.post(f"/v1/banners/{slot}/reward", impression_id=shown["impression_id"], reward=1)
    click.echo(f"Banner for slot {slot}: {shown['banner_id']} (chosen with probability {shown['propensity']:.2f})")
    event = {"event_id": f"demo-{shown['impression_id']}", "kind": "view", "user_id": user, "product_id": seen}
    call.post("/v1/events", events=[event])
