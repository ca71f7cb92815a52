"""Ids that do not join, told with examples of both sides."""

import polars as pl

from resources.contracts.overlap import Join, overlap_of, overlaps

ORDERS_USERS = Join("orders", "users", "user_id")


def ids(first: int, last: int, form: str = "{}") -> pl.Series:
    """Ids ``first`` to ``last``, each twice, and one that is missing."""
    return pl.Series("user_id", [*2 * [form.format(n) for n in range(first, last)], None])


def test_the_share_is_of_the_smaller_side() -> None:
    """By hand: 20 buyers of whom 15 are among 100 users: 75 %, whichever side they are on."""
    found = overlap_of(ORDERS_USERS, ids(85, 105), ids(0, 100))
    assert (found.left_ids, found.right_ids, found.common) == (20, 100, 15)
    assert found.share == 0.75
    assert overlap_of(ORDERS_USERS, ids(0, 100), ids(85, 105)).share == 0.75
    assert found.joins
    assert found.words == "15 of 20 user_id of orders are among the 100 of users"


def test_ids_in_two_forms_do_not_join() -> None:
    """The message has examples of both sides."""
    found = overlap_of(ORDERS_USERS, ids(10, 40, "C{}"), ids(10, 40))
    assert not found.joins
    assert found.words == (
        "0 of 30 user_id of orders are among the 30 of users: "
        "orders has 'C10', 'C11', 'C12', users has '10', '11', '12'"
    )


def test_one_in_a_hundred_is_enough_and_few_ids_say_nothing() -> None:
    """2 of 200 join, 1 of 200 does not; 9 ids that are nowhere may be chance."""
    assert overlap_of(ORDERS_USERS, ids(0, 200), ids(198, 400)).joins
    assert not overlap_of(ORDERS_USERS, ids(0, 200), ids(199, 400)).joins
    assert overlap_of(ORDERS_USERS, ids(0, 9), ids(9, 400)).joins


def test_few_that_join_are_told_with_examples() -> None:
    """1 of 44 is a join, and lost rows; 9 of 45 are a fifth, and none is said to be few of fewer than 10."""
    few = overlap_of(ORDERS_USERS, ids(0, 44), ids(43, 100))
    assert few.joins
    assert few.is_low
    assert few.loses_rows
    assert few.words == (
        "1 of 44 user_id of orders are among the 57 of users: orders has '0', '1', '10', users has '44', '45', '46'"
    )
    assert not overlap_of(ORDERS_USERS, ids(0, 45), ids(36, 100)).is_low
    assert not overlap_of(ORDERS_USERS, ids(0, 9), ids(8, 100)).is_low
    assert not overlap_of(ORDERS_USERS, ids(0, 44), ids(44, 100)).is_low


def test_two_logs_may_have_few_users_in_common() -> None:
    """A campaign to users who had stopped to buy: worth a note, but no row of it is lost."""
    few = overlap_of(Join("ad_exposures", "orders", "user_id"), ids(0, 44), ids(43, 100))
    assert few.is_low
    assert not few.loses_rows


def test_tables_that_are_missing_or_empty_are_not_compared() -> None:
    """Of three tables with ids only orders and users have any in common to look at."""
    found = overlaps(
        {
            "orders": pl.DataFrame({"user_id": ["a"], "product_id": ["p"]}),
            "users": pl.DataFrame({"user_id": ["a"]}),
            "products": pl.DataFrame({"product_id": []}, schema={"product_id": pl.String}),
        }
    )
    assert [overlap.join for overlap in found] == [ORDERS_USERS]
