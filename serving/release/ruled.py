"""A release under other rules than its own, for whoever tries them: what answers is left as it is.

What belongs here: putting rules over a snapshot. Making them ready is `assets.models.release.Release.rules_as`.
"""

from dataclasses import fields, replace

from assets.models.rules.declared import Rules
from serving.release.new_products import shelf_rules
from serving.release.snapshot import Snapshot

__all__ = ["ruled"]

_FIELDS = frozenset(field.name for field in fields(Snapshot))


def ruled(snapshot: Snapshot, rules: Rules) -> Snapshot:
    """The same release and what the shop has told since, under ``rules``, which were made for it; costs microseconds.

    Products that came after the release are held to those of the rules that say which products may be shown.
    """
    new = snapshot.new
    if new is not None:
        fresh = shelf_rules(rules, new.release.catalogue, new.release.attributes)
        new = replace(new, release=replace(new.release, rules=fresh))
    made = replace(snapshot, release=replace(snapshot.release, rules=rules), new=new)
    # What was worked out once depends on no rule.
    made.__dict__.update({name: value for name, value in vars(snapshot).items() if name not in _FIELDS})
    return made
