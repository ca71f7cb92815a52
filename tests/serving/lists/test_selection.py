"""Whatever the catalogue, the rules and the request: no answer breaks a rule, and none is shorter than it must be."""

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resources.shop.rules import Boost, Bought, Bury, Cap, Exclude, Only, Pin, PriceBand, Rule
from serving.lists import lists
from serving.lists.answers import ListAnswer
from serving.requests import ListRequest
from tests.serving.lists.ruled_shop import CONDITIONS, RuledShop, above, keeps, ruled_shops, values

Row = Mapping[str, Any]


def ask(shop: RuledShop, surface: str, starts: Sequence[str], named: str | None, request: ListRequest) -> ListAnswer:
    """Any list, for the user u0."""
    snapshot = shop.snapshot
    if surface == "similar":
        return lists.similar(snapshot, starts[0], request)
    if surface == "bought_together":
        return lists.bought_together(snapshot, starts, request)
    if surface == "category":
        return lists.category(snapshot, named, request)
    if surface == "popular":
        return lists.popular(snapshot, request)
    return lists.session(snapshot, starts, request, surface=surface)


def holding(shop: RuledShop, surface: str, start: Row | None, named: str | None) -> list[Rule]:
    """Rules that hold for a request."""
    paths = [named] if named is not None else list(start["categories"]) if start is not None else []
    within = set().union(*map(above, paths))
    return [
        rule
        for rule in shop.rules
        if (not rule.lists or surface in rule.lists) and (rule.category is None or rule.category in within)
    ]


def may_be_shown(rules: Sequence[Rule], row: Row, start: Row | None, *, bought: bool) -> bool:
    """Whether the rules that leave things out leave this product in."""
    for rule in rules:
        match rule:
            case Exclude():
                if row["product_id"] in rule.products or (rule.where and keeps(row, rule.where)):
                    return False
            case Only():
                if not keeps(row, rule.where):
                    return False
            case Bought():
                if bought:
                    return False
            case PriceBand():
                unit = 1.0 if not rule.relative else start["price"] if start is not None else None
                high = 1e9 if rule.high is None else rule.high
                if unit is not None and not (
                    row["price"] is not None and rule.low * unit <= row["price"] <= high * unit
                ):
                    return False
    return True


def fits(caps: Sequence[Cap], answer: Sequence[Row], row: Row) -> bool:
    """Whether a product may join an answer under its caps."""
    return all(
        sum(value in values(other, cap.attribute, cap.level) for other in answer) < cap.at_most
        for cap in caps
        for value in values(row, cap.attribute, cap.level)
    )


def placed(rules: Sequence[Rule], caps: Sequence[Cap], eligible: Mapping[str, Row], limit: int) -> dict[int, str]:
    """Place → pinned product: by place request, at it or the next free one, as far as places and caps allow."""
    found: dict[int, str] = {}
    pinned = set[str]()
    once = [rule for rule in rules if isinstance(rule, Pin)]
    once = [rule for n, rule in enumerate(once) if rule.product not in {r.product for r in once[:n]}]
    for rule in sorted(once, key=lambda r: r.place):
        place = rule.place
        while place in found:
            place += 1
        row = eligible.get(rule.product)
        if place <= limit and row is not None and fits(caps, [eligible[p] for p in pinned], row):
            found[place] = rule.product
            pinned.add(rule.product)
    return found


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    shop=ruled_shops(),
    limit=st.integers(1, 12),
    in_stock=st.booleans(),
    filters=st.just([]) | st.lists(st.sampled_from(CONDITIONS), max_size=2),
    data=st.data(),
)
def test_no_answer_breaks_a_rule_or_is_shorter_than_it_must_be(
    shop: RuledShop, limit: int, in_stock: bool, filters: list[str], data: st.DataObject
) -> None:
    """Of every list: worked out again product by product, for a random request."""
    ids = st.sampled_from([row["product_id"] for row in shop.products])
    starts = data.draw(st.lists(ids, min_size=1, max_size=3))
    request = ListRequest(limit, "u0", in_stock, filters, [*data.draw(st.lists(ids, max_size=2)), "gone"])
    named = data.draw(st.none() | st.sampled_from(shop.snapshot.release.catalogue.category_names))
    check(shop, "similar", starts[:1], None, request)
    check(shop, "category", [], named, request)
    check(shop, "popular", [], None, request)
    for surface in ("bought_together", "session", "decisions"):
        check(shop, surface, starts, None, request)
    check(shop, "session", [], None, request)


def check(shop: RuledShop, surface: str, starts: Sequence[str], named: str | None, request: ListRequest) -> None:
    """What may be shown is, the caps hold, pins have their places, and nothing more would fit."""
    rows = {row["product_id"]: row for row in shop.products}
    start = rows[starts[-1]] if starts else None
    rules = holding(shop, surface, start, named)
    caps = [rule for rule in rules if isinstance(rule, Cap)]
    eligible = {
        product_id: row
        for n, (product_id, row) in enumerate(rows.items())
        if product_id not in {*starts, *request.exclude}
        and (row["in_stock"] or not request.in_stock_only)
        and keeps(row, request.filters)
        and may_be_shown(rules, row, start, bought=n in shop.bought)
    }
    answer = ask(shop, surface, starts, named, request)
    given_ids = [item.product_id for item in answer.items]
    given_rows = [rows[product_id] for product_id in given_ids]
    assert len(given_ids) == len(set(given_ids)) <= request.limit
    assert set(given_ids) <= set(eligible)
    for cap in caps:
        counted = [value for row in given_rows for value in values(row, cap.attribute, cap.level)]
        assert all(counted.count(value) <= cap.at_most for value in counted)
    left = [row for product_id, row in eligible.items() if product_id not in given_ids]
    assert len(given_ids) == request.limit or not any(fits(caps, given_rows, row) for row in left)
    if not caps:
        assert len(given_ids) == min(request.limit, len(eligible))
    for place, product_id in placed(rules, caps, eligible, request.limit).items():
        assert given_ids.index(product_id) == min(place, len(given_ids)) - 1 or place > len(given_ids)
        assert answer.items[given_ids.index(product_id)].module == "rules"
    for item in answer.items:
        moved = [r.name for r in rules if isinstance(r, Boost | Bury) and moves(r, rows[item.product_id])]
        pinned = [r.name for r in rules if isinstance(r, Pin) and r.product == item.product_id]
        assert item.rules == (moved if item.module != "rules" else pinned[:1])


def moves(rule: Boost | Bury, row: Row) -> bool:
    """Whether a boost or burial is about a product."""
    return row["product_id"] in rule.products or bool(rule.where and keeps(row, rule.where))
