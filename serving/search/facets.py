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

__all__ = ["facets", "joined", "joined_ranges"]

MOST_VALUES = 30
"""Values of an attribute that are counted, besides those that are filtered by."""
_PRICE = "price"


def facets(
    snapshot: Snapshot,
    names: Sequence[str],
    matching: Bools,
    kept: Sequence[Constraint],
    filters: Sequence[str],
) -> tuple[dict[str, list[FacetValue]], dict[str, PriceRange]]:
    """Counts and ranges of numbers of the products that match and keep the constraints on *other* attributes.

    Of variants one counts, for each value that any of them has.

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
    ranges: dict[str, PriceRange] = {}
    chosen = {condition.attribute: condition.values for condition in Condition.parse_all(filters)}
    groups = snapshot.variants.group if snapshot.variants.has_any else None
    attributes = snapshot.release.attributes
    for name in dict.fromkeys(names):
        others = all_of(kept, besides=(name,))
        mask = matching if others is None else matching & others
        try:
            ends = attributes.number_range(name, mask)
            if ends is not None:
                ranges[name] = PriceRange(*ends)
            if name != _PRICE:
                pairs = attributes.counts(name, mask, MOST_VALUES, chosen.get(name, frozenset()), groups)
                counted[name] = [FacetValue(value, count) for value, count in pairs]
        except UnknownAttributeError as error:
            raise ProblemError(400, "unknown-filter", str(error), field="facets") from error
    return counted, ranges


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


def joined_ranges(one: Mapping[str, PriceRange], other: Mapping[str, PriceRange]) -> dict[str, PriceRange]:
    """The ranges of the numbers of two sets of products together."""
    ranges = {**other, **one}
    for name in one.keys() & other.keys():
        ranges[name] = PriceRange(min(one[name].low, other[name].low), max(one[name].high, other[name].high))
    return ranges
