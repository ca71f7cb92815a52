"""Counts of the values of attributes among the products that a search matches.

What belongs here: facets of an answer. The counting is `assets.models.products.attributes`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from assets.models.products.attributes import Condition, UnknownAttributeError
from evaluation.arrays import Bools
from serving.http.problems import ProblemError
from serving.release.snapshot import Snapshot
from serving.search.answers import FacetValue, PriceRange
from serving.search.filters import Constraint, all_of

__all__ = ["facets", "joined", "joined_prices"]

MOST_VALUES = 30
"""Values of an attribute that are counted, besides those that are filtered by."""
_PRICE = "price"


def facets(
    snapshot: Snapshot,
    names: Sequence[str],
    matching: Bools,
    kept: Sequence[Constraint],
    filters: Sequence[str],
) -> tuple[dict[str, list[FacetValue]], PriceRange | None]:
    """Counts and the range of prices of the products that match and keep the constraints on *other* attributes.

    Args:
        snapshot: The release.
        names: Attributes, ``price`` for the range.
        matching: bool[n] of the products that the query matches, before any filter.
        kept: The constraints that the answer keeps.
        filters: Those as the request has them: values that are filtered by are counted however rare they are.

    Raises:
        ProblemError: 400 for an attribute that no product has.
    """
    counted: dict[str, list[FacetValue]] = {}
    prices = None
    chosen = {condition.attribute: condition.values for condition in Condition.parse_all(filters)}
    for name in dict.fromkeys(names):
        others = all_of(kept, besides=(name,))
        mask = matching if others is None else matching & others
        if name == _PRICE:
            ends = snapshot.release.attributes.price_range(mask)
            prices = None if ends is None else PriceRange(*ends)
            continue
        try:
            pairs = snapshot.release.attributes.counts(name, mask, MOST_VALUES, chosen.get(name, frozenset()))
        except UnknownAttributeError as error:
            raise ProblemError(400, "unknown-filter", str(error)) from error
        counted[name] = [FacetValue(value, count) for value, count in pairs]
    return counted, prices


def joined(
    counted: Mapping[str, Sequence[FacetValue]], also: Mapping[str, Sequence[FacetValue]]
) -> dict[str, list[FacetValue]]:
    """Counts of two sets of products together, the most frequent value of each attribute first."""
    of: dict[str, list[FacetValue]] = {}
    for name, values in counted.items():
        sums = Counter({one.value: one.count for one in values})
        for one in also.get(name, ()):
            sums[one.value] += one.count
        of[name] = [FacetValue(value, count) for value, count in sums.most_common()]
    return of


def joined_prices(one: PriceRange | None, other: PriceRange | None) -> PriceRange | None:
    """The range of the prices of two sets of products together."""
    if one is None or other is None:
        return one or other
    return PriceRange(min(one.low, other.low), max(one.high, other.high))
