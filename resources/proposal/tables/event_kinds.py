"""Which of Upshelf's kinds of event a shop's own word for one is."""

from resources.proposal.names import of_value

__all__ = ["event_kind"]

_WORDS = {
    name: frozenset(words.split())
    for name, words in {
        "search": "search searched find query suche gesucht recherche cherche buscar busqueda zoeken zoek zoekopdracht",
        "cart": "cart basket bag warenkorb panier carrito cesta winkelwagen winkelmand addtocart addtobasket",
        "away": "remove removed delete deleted removefromcart entfernt entfernen supprime eliminado quitar verwijderd",
        "click": "click clicked klick geklickt clic klik select",
        "view": "view viewed show shown open opened page ansicht angesehen vue visto bekeken detail pdp produktansicht "
        "productview productdetail pageview produktseite",
        "visit": "visit session landing home homepage besuch startseite visite visita bezoek start",
        "other": "checkout order purchase buy payment paid bestellung kauf commande achat compra pedido bestelling "
        "login logout signup register wishlist favorite favourite merkliste share review error impression list banner",
    }.items()
}
"""What a word of a shop says; ``other`` is none of our kinds."""


def event_kind(value: str) -> str | None:
    """One of `EVENT_KINDS`, or none where the word says none of them for certain."""
    words = of_value(value)
    said = {name for name, known in _WORDS.items() if words & known}
    if "other" in said:
        return None
    if "cart" in said:
        if "away" in said:
            return "remove_from_cart"
        return None if said & {"view", "visit", "click", "search"} else "add_to_cart"
    if "away" in said:
        return None
    only = said - ({"view"} if said & {"search", "click", "visit"} else set())
    return next(iter(only)) if len(only) == 1 else None
