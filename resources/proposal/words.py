"""The words that shops name tables and columns with, in English, German, French, Spanish and Dutch.

What belongs here: words without accents, in the singular. What does not: how a name is taken apart, which is
`resources.proposal.names`.
"""

from collections.abc import Mapping

__all__ = ["CONCEPTS", "IN_WORDS", "PREFIXES"]

PREFIXES = frozenset(
    {
        "tbl",
        "tb",
        "t",
        "tab",
        "dim",
        "fact",
        "fct",
        "stg",
        "dwh",
        "wp",
        "wc",
        "vw",
        "mv",
        "raw",
        "src",
        "dbo",
        "oc",
        "ps",
    }
)
"""First words of names that say nothing of what a table holds."""

CONCEPTS: Mapping[str, frozenset[str]] = {
    concept: frozenset(words.split())
    for concept, words in {
        "product": "product item article artikel produkt produit producto articulo sku goods ware prod",
        "user": "customer client user member buyer shopper consumer person subscriber kunde kundin klient benutzer "
        "nutzer mitglied utilisateur acheteur membre cliente usuario comprador klant gebruiker koper cust recipient "
        "empfaenger destinataire destinatario ontvanger",
        "order": "order purchase sale transaction bestellung bestell auftrag verkauf kauf commande achat vente pedido "
        "compra venta bestelling aankoop verkoop",
        "line": "line item position pos detail row zeile posten ligne linea detalle regel lineitem orderline",
        "id": "id no nr num number nummer numero code key uuid guid pk ref ident sku codigo clave identifiant",
        "quantity": "quantity qty menge anzahl stueck stuck quantite qte cantidad aantal hoeveelheid piece count",
        "price": "price preis prix precio prijs",
        "unit": "unit einzel stueck stuck unitaire unitario stuk each",
        "total": "total sum gesamt summe amount betrag montant importe monto totaal bedrag subtotal revenue umsatz",
        "net": "net netto ht neto",
        "gross": "gross brutto ttc bruto incl",
        "tax": "tax vat mwst ust steuer tva iva btw",
        "discount": "discount rabatt remise descuento korting coupon",
        "cost": "cost kosten cout coste costo kost einkauf ek wholesale",
        "before": "list old compare msrp uvp regular original special previous alt min max tier",
        "title": "title name label bezeichnung titel designation libelle nom nombre titulo naam headline",
        "tag": "tag label schlagwort etikett etiquette etiqueta etiket",
        "agent": "agent useragent ua",
        "description": "description about text beschreibung body descripcion beschrijving omschrijving langtext desc",
        "brand": "brand manufacturer vendor make marke hersteller marque fabricant marca fabricante merk fabrikant",
        "category": "category kategorie warengruppe rubrik categorie rayon famille categoria familia rubriek "
        "department collection",
        "image": "image picture photo bild thumbnail img foto imagen afbeelding",
        "stock": "stock inventory available availability bestand lager lagerbestand verfuegbar disponible existencias "
        "inventario voorraad saleable",
        "active": "active enabled published visible aktiv sichtbar actif activo actief online",
        "updated": "updated modified changed edited update change geaendert geandert aenderung anderung aktualisiert "
        "modifie modification maj actualizado modificado gewijzigd bijgewerkt",
        "created": "created create creation inserted added registered joined signup angelegt erstellt anlage "
        "registriert cree inscription creado alta registrado aangemaakt geregistreerd",
        "deleted": "deleted removed discontinued archived geloescht geloscht entfernt supprime eliminado borrado "
        "verwijderd",
        "time": "time date at ts timestamp datetime when day datum zeit zeitpunkt zeitstempel heure horodatage jour "
        "fecha hora tijd tijdstip moment logged occurred am dt",
        "placed": "placed ordered purchased bought sold bestellt gekauft besteld gekocht comprado processed bestell",
        "paid": "paid bezahlt paye pagado betaald",
        "late": "shipped delivered delivery shipping due geliefert lieferung livraison livre entrega levering geleverd "
        "expected expires end ende valid until bis opened clicked completed closed synced last",
        "session": "session visit visitor sitzung besuch visite sesion visita sessie bezoek cookie anonymous sid",
        "query": "query search term keyword words phrase suche such suchbegriff suchwort suchanfrage begriff recherche "
        "requete busqueda termino consulta zoekterm zoek zoekopdracht q suchtext",
        "kind": "kind type event action what activity art typ ereignis evenement tipo accion evento soort actie "
        "gebeurtenis verb",
        "campaign": "campaign mailing newsletter kampagne campagne campana promotion experiment promo",
        "arm": "arm group variant treatment cell bucket gruppe variante groupe grupo groep assignment",
        "holdout": "holdout control withheld kontrolle kontroll kontrollgruppe temoin controle heldout",
        "send": "email mail send sent message push sms exposure versand verschickt gesendet envoi envoye envio "
        "enviado verzending verzonden newsletter mailing contact touch",
        "propensity": "propensity probability wahrscheinlichkeit",
        "return": "return returned refund refunded rma creditmemo credit retoure ruecksendung rucksendung rueckgabe "
        "ruckgabe erstattung erstattet gutschrift retour remboursement avoir devolucion reembolso terugbetaling",
        "cancelled": "cancelled canceled cancel void voided storniert storno annule anulado cancelado geannuleerd",
        "status": "status state zustand etat estado staat",
        "cart": "cart basket quote wishlist warenkorb korb panier carrito cesta winkelwagen winkelmand merkliste",
        "view": "view viewed pageview seitenaufruf seitenansicht hit click ansicht "
        "aufruf klick vue vista clic weergave klik",
        "log": "log event tracking activity protokoll journal clickstream hit",
        "birth": "birth born dob birthday geburt geburtstag geburtsdatum naissance nacimiento geboorte",
        "private": "email mail phone tel telefon mobile fax street strasse address adresse password passwort hash "
        "firstname lastname surname vorname nachname prenom apellido voornaam achternaam ip token iban name url "
        "salutation comment note telephone telefono telefoon",
        "outcome": "lifetime ltv clv spent spend revenue umsatz orders purchases bestellungen total visits "
        "login anzahl count",
        "currency": "currency waehrung wahrung devise moneda valuta",
        "cents": "cents cent minor",
        "count": "results result hits popularity count treffer",
        "side": "address adresse image picture photo bild review rating bewertung translation attribute attribut "
        "option tag link relation media file setting supplier lieferant warehouse shipment invoice rechnung facture "
        "factura factuur payment zahlung paiement pago betaling history archive backup tmp temp import note comment "
        "grid index category kategorie group gruppe status stock bestand bundle variant coupon shipping tier",
    }.items()
}
"""Concept → its words. A word may stand for several."""

IN_WORDS: Mapping[str, str] = {
    "id": "number",
    "user": "customer",
    "line": "order line",
    "updated": "last change",
    "created": "creation",
    "deleted": "removal",
    "before": "another price",
    "placed": "order placed",
    "query": "search words",
    "kind": "kind of event",
    "arm": "group of a trial",
    "holdout": "held out",
    "send": "message",
    "outcome": "what came later",
    "private": "name",
    "agent": "browser",
}
"""How a concept is called where its name is no plain word."""
