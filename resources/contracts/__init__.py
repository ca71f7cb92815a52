"""The contracts: which canonical tables there are, what their rows must be, and which rows keep to it."""

from resources.contracts.declared import CONTRACTS, EVENT_KINDS, MAX_ID, Contract
from resources.contracts.rule_words import counted_in_words, in_words, rule_words
from resources.contracts.validation import QUARANTINE_SCHEMA, Validated, validate

__all__ = [
    "CONTRACTS",
    "EVENT_KINDS",
    "MAX_ID",
    "QUARANTINE_SCHEMA",
    "Contract",
    "Validated",
    "counted_in_words",
    "in_words",
    "rule_words",
    "validate",
]
