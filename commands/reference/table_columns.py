"""The page of the tables: every column with what it holds and the rules that it must keep, in words."""

from commands.reference.markdown import MADE, sentence, table

__all__ = ["tables_page"]

_BOUNDS = ("min", "min_exclusive", "max", "max_exclusive", "min_length", "max_length")


def tables_page() -> str:
    """Every column of every canonical table: what it holds, and the rules that it must keep, in words."""
    from resources.contracts import CONTRACTS
    from resources.contracts.rule_words import in_words

    lines = [
        MADE,
        "# Columns of the tables",
        "",
        "What a row must keep to; one that does not goes to the quarantine with the rule. How to write the queries is "
        "told in [connect-your-shop.md](../connect-your-shop.md).",
    ]
    for name, contract in CONTRACTS.items():
        lines += ["", f"## {name}", "", sentence(contract.schema.__doc__ or "")]
        rows = []
        for column, of in contract.schema.columns().items():
            bounds = [rule for rule in _BOUNDS if getattr(of, rule, None) is not None]
            rules = [in_words(contract, f"{column}|{rule}") for rule in bounds]
            missing = "yes" if of.nullable else "no"
            rows.append((f"`{column}`", of.description or "", missing, "; ".join(rules)))
        lines += table(("column", "holds", "may be missing", "rules"), rows)
        words = [in_words(contract, rule) for rule in ("primary_key", *contract.schema._schema_validation_rules())]
        lines += ["", "Rows: " + "; ".join(words) + "."]
    return "\n".join(lines) + "\n"
