"""What names say, in five languages."""

import pytest

from resources.proposal.names import concepts, tokens
from resources.proposal.tables.event_kinds import event_kind


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("tblKundenNr", ["kunden", "nr"]),
        ("geändert_am", ["geaendert", "am"]),
        ("catalog_product_flat_1", ["catalog", "product", "flat"]),
        ("HTTPLog", ["http", "log"]),
        ("Número de pedido", ["numero", "de", "pedido"]),
        ("42", []),
    ],
)
def test_words_of_a_name(name: str, words: list[str]) -> None:
    """Prefixes, accents, capitals and digits go."""
    assert tokens(name) == words


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("sales_order_line", {"order", "line"}),
        ("Bestellposition", {"order", "placed", "line"}),
        ("ArtikelNr", {"product", "id"}),
        ("ligne_commande", {"line", "order"}),
        ("klanten", {"user"}),
        ("vues_produit", {"view", "product"}),
        ("maj_le", {"updated"}),
        ("precio_unitario", {"price", "unit"}),
        ("hold_out", {"holdout"}),
        ("discount", {"discount"}),
        ("zzz", set()),
    ],
)
def test_concepts_of_a_name(name: str, said: set[str]) -> None:
    """Plurals, compounds and words written apart; no word is found inside another."""
    assert concepts(name) == said


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("product_viewed", "view"),
        ("addToCart", "add_to_cart"),
        ("remove_from_cart", "remove_from_cart"),
        ("Warenkorb", "add_to_cart"),
        ("recherche", "search"),
        ("view_search_results", "search"),
        ("klick", "click"),
        ("session_start", "visit"),
        ("view_cart", None),
        ("purchase", None),
        ("remove", None),
        ("checkout_started", None),
        ("xyz", None),
    ],
)
def test_kinds_of_events(value: str, kind: str | None) -> None:
    """A word that may mean something else is none."""
    assert event_kind(value) == kind
