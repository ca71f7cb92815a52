"""What the contacts of several campaigns share: ``[targeting]``."""

import msgspec

from resources.shop.bounds import Money, Positive

__all__ = ["Targeting"]


class Targeting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One budget and one limit of contacts over all campaigns, which are then planned together too."""

    budget: Money | None = None
    """What contacts and incentives of all campaigns may cost in one round; none for no limit."""
    max_contacts: Positive | None = None
    """How often a user may be contacted within ``contact_days``, by whichever campaign; none for no limit."""
    contact_days: Positive = 30
    """Length of the period that ``max_contacts`` counts in."""
