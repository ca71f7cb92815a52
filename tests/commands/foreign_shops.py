"""Databases of shops with names of their own, filled, and what each canonical table is in truth."""

from dataclasses import dataclass

__all__ = ["FOREIGN", "ODD", "ForeignShop"]


@dataclass(frozen=True)
class ForeignShop:
    """A shop in SQL."""

    ddl: str
    """Statements that make and fill the tables."""
    truth: dict[str, str]
    """Canonical table → the query that a person would write."""
    unknown: frozenset[str] = frozenset()
    """Columns as ``table.column`` that the database does not say, so that no guess of them may count as sure."""


CORNER = ForeignShop(
    ddl="""
CREATE TABLE customer (id uuid PRIMARY KEY, born date, postcode char(8), e_mail text, changed_at timestamptz);
CREATE TABLE item (item_no char(12) PRIMARY KEY, label text, about text, category text, price numeric(10, 2),
       stock integer,
                   changed_at timestamp, deleted_at timestamp);
CREATE TABLE sales_order (number integer PRIMARY KEY, customer uuid REFERENCES customer, placed_at timestamptz,
                          shipped_at timestamptz);
CREATE TABLE sales_order_line (order_number integer REFERENCES sales_order, pos smallint,
       item_no char(12) REFERENCES item,
                               qty numeric(10, 3), net_price numeric(10, 2), voided boolean,
       PRIMARY KEY (order_number, pos));
CREATE TABLE refund (id bigint PRIMARY KEY, order_number integer, pos smallint, refunded_at timestamptz,
       qty numeric(10, 3),
                     amount money);
CREATE TABLE web_log (id bigint PRIMARY KEY, at timestamptz, what text, payload jsonb);
CREATE TABLE email_send (id integer PRIMARY KEY, customer uuid REFERENCES customer, sent_at timestamptz, mailing text,
                         holdout boolean);
CREATE TABLE audit_trail (id integer PRIMARY KEY, at timestamptz, who text, note text);
INSERT INTO customer SELECT md5('c' || n)::uuid, date '1960-01-01' + n * 37, 'N' || n % 9, 'c' || n || '@x.example',
       '2026-01-01' FROM generate_series(1, 200) AS n;
INSERT INTO item SELECT 'ITEM-' || lpad(n::text, 4, '0'), 'Oak table ' || n, 'Of oak', (ARRAY['Home',
       'Garden'])[1 + n % 2],
       9.5 + n, n % 7, '2026-01-01', CASE WHEN n % 20 = 0 THEN timestamp '2026-01-10' END FROM generate_series(1,
       60) AS n;
INSERT INTO sales_order SELECT n, md5('c' || (1 + n * 7 % 200))::uuid,
       timestamptz '2026-01-01' + n * interval '1 hour',
       timestamptz '2026-01-03' + n * interval '1 hour' FROM generate_series(1, 600) AS n;
INSERT INTO sales_order_line SELECT n, p, 'ITEM-' || lpad((1 + (n * p) % 60)::text, 4, '0'), 1 + n % 3,
       9.5 + (1 + (n * p) % 60),
       n % 40 = 0 FROM generate_series(1, 600) AS n, generate_series(1, 2) AS p;
INSERT INTO refund SELECT n, n * 9, 1, timestamptz '2026-01-20' + n * interval '1 hour', 1, 12.5::numeric::money
       FROM generate_series(1, 30) AS n;
INSERT INTO web_log SELECT n, timestamptz '2026-01-01' + n * interval '10 minutes', (ARRAY['page', 'cart', 'find',
       'login'])[1 + n % 4],
       jsonb_strip_nulls(jsonb_build_object('customer', md5('c' || (1 + n % 200))::uuid, 'visit', 'v' || n / 5,
           'item', CASE WHEN n % 4 < 2 THEN 'ITEM-' || lpad((1 + n % 60)::text, 4, '0') END,
           'words', CASE WHEN n % 4 = 2 THEN 'oak table' END)) FROM generate_series(1, 3000) AS n;
INSERT INTO email_send SELECT n, md5('c' || n)::uuid, '2026-01-12', 'january', n % 2 = 0 FROM generate_series(1,
       200) AS n;
INSERT INTO audit_trail SELECT n, '2026-01-01', 'root', 'x' FROM generate_series(1, 10) AS n;
""",
    truth={
        "products": """
SELECT item_no AS product_id, label AS title, about AS description, category AS categories, price,
       stock > 0 AS in_stock,
       deleted_at IS NOT NULL AS removed, greatest(changed_at, deleted_at) AS updated_at FROM item""",
        "users": "SELECT id AS user_id, changed_at AS updated_at FROM customer",
        "orders": """
SELECT number::text AS order_id, pos AS line, placed_at AS ts, 'sale' AS kind, customer AS user_id,
       item_no AS product_id,
       qty AS quantity, net_price AS unit_price
FROM sales_order JOIN sales_order_line ON order_number = number WHERE NOT voided
UNION ALL
SELECT 'return-' || refund.id, 1, refunded_at, 'return', customer, item_no, refund.qty,
       refund.amount::numeric / refund.qty
FROM refund JOIN sales_order_line USING (order_number, pos) JOIN sales_order ON order_number = number""",
        "events": """
SELECT id AS event_id, at AS ts,
       CASE what WHEN 'page' THEN 'view' WHEN 'cart' THEN 'add_to_cart' ELSE 'search' END AS kind,
       payload ->> 'customer' AS user_id, payload ->> 'visit' AS session_id, payload ->> 'item' AS product_id,
       payload ->> 'words' AS query
FROM web_log WHERE what IN ('page', 'cart', 'find')""",
        "ad_exposures": """
SELECT id AS exposure_id, sent_at AS ts, customer AS user_id, mailing AS campaign_id,
       CASE WHEN holdout THEN 'control' ELSE 'treated' END AS arm, 0.05 AS cost FROM email_send""",
    },
    unknown=frozenset({"ad_exposures.cost"}),
)

GERMAN = ForeignShop(
    ddl="""
CREATE SCHEMA "Verkauf";
CREATE TABLE "Verkauf"."tbl_Kunde" ("KundenNr" integer PRIMARY KEY, "Name" text, "Geburtsdatum" date,
       "Bundesland" text,
    "Umsatz_gesamt" numeric, "geändert_am" timestamp);
CREATE TABLE "Verkauf"."tbl_Warengruppe" ("ID" integer PRIMARY KEY, "Bezeichnung" text);
CREATE TABLE "Verkauf"."tbl_Artikel" ("ArtikelNr" integer PRIMARY KEY, "Bezeichnung" text, "Beschreibung" text,
       "Hersteller" text,
    "WarengruppeID" integer, "Verkaufspreis" numeric(10, 2), "Einkaufspreis" numeric(10, 2), "Lagerbestand" integer,
    "aktualisiert_am" timestamp);
CREATE TABLE "Verkauf"."tbl_Bestellung" ("BestellNr" bigint PRIMARY KEY, "KundenNr" integer, "Bestelldatum" timestamp,
    "Lieferdatum" timestamp, "Status" text);
CREATE TABLE "Verkauf"."tbl_Bestellposition" ("ID" bigint PRIMARY KEY, "BestellNr" bigint, "Position" integer,
       "ArtikelNr" integer,
    "Menge" integer, "Einzelpreis" numeric(10, 2), "Rabatt" numeric(10, 2));
CREATE TABLE "Verkauf"."tbl_Seitenaufruf" ("ID" bigint PRIMARY KEY, "Zeitpunkt" timestamp, "SitzungsID" text,
       "KundenNr" integer,
    "ArtikelNr" integer);
CREATE TABLE "Verkauf"."tbl_Suche" ("ID" bigint PRIMARY KEY, "Zeitpunkt" timestamp, "SitzungsID" text,
       "Suchbegriff" text,
    "Treffer" integer);
CREATE TABLE "Verkauf"."tbl_Newsletter_Versand" ("ID" bigint PRIMARY KEY, "KundenNr" integer,
       "versendet_am" timestamp,
    "Kampagne" text, "Gruppe" text, "Kosten" numeric(6, 3));
INSERT INTO "Verkauf"."tbl_Kunde" SELECT n, 'Name ' || n, date '1950-01-01' + n * 50, (ARRAY['Hessen', 'Bayern',
       'Berlin'])[1 + n % 3],
    n * 10.5, timestamp '2026-01-01' + n * interval '1 minute' FROM generate_series(1, 150) AS n;
INSERT INTO "Verkauf"."tbl_Warengruppe" SELECT n, 'Gruppe ' || n FROM generate_series(1, 6) AS n;
INSERT INTO "Verkauf"."tbl_Artikel" SELECT 1000 + n, 'Lampe ' || n, 'hell', 'Licht AG', 1 + n % 6, 20 + n, 10 + n,
       n % 5,
    timestamp '2026-01-01' FROM generate_series(1, 80) AS n;
INSERT INTO "Verkauf"."tbl_Bestellung" SELECT 50000 + n, 1 + n % 150, timestamp '2026-01-02' + n * interval '1 hour',
    timestamp '2026-01-05' + n * interval '1 hour', (ARRAY['bezahlt', 'versendet', 'storniert'])[1 + n % 3]
    FROM generate_series(1, 400) AS n;
INSERT INTO "Verkauf"."tbl_Bestellposition" SELECT n * 10 + p, 50000 + n, p, 1001 + (n + p) % 80, 1 + n % 2,
       20 + (n + p) % 80, 0
    FROM generate_series(1, 400) AS n, generate_series(1, 2) AS p;
INSERT INTO "Verkauf"."tbl_Seitenaufruf" SELECT n, timestamp '2026-01-01' + n * interval '5 minutes', 's' || n / 4,
    CASE WHEN n % 2 = 0 THEN 1 + n % 150 END, 1001 + n % 80 FROM generate_series(1, 2000) AS n;
INSERT INTO "Verkauf"."tbl_Suche" SELECT n, timestamp '2026-01-01' + n * interval '15 minutes', 's' || n,
       'lampe ' || n % 20, n % 9
    FROM generate_series(1, 500) AS n;
INSERT INTO "Verkauf"."tbl_Newsletter_Versand" SELECT n, n, timestamp '2026-01-10', 'Januar',
       (ARRAY['Kontrollgruppe', 'Mail'])[1 + n % 2],
    0.02 FROM generate_series(1, 150) AS n;
""",
    truth={
        "products": """
SELECT "ArtikelNr" AS product_id, a."Bezeichnung" AS title, "Beschreibung" AS description, "Hersteller" AS brand,
       w."Bezeichnung" AS categories, "Verkaufspreis" AS price, "Lagerbestand" > 0 AS in_stock,
       "aktualisiert_am" AS updated_at
FROM "Verkauf"."tbl_Artikel" AS a JOIN "Verkauf"."tbl_Warengruppe" AS w ON w."ID" = "WarengruppeID" """,
        "users": """SELECT "KundenNr" AS user_id, "geändert_am" AS updated_at FROM "Verkauf"."tbl_Kunde" """,
        "orders": """
SELECT "BestellNr" AS order_id, "Position" AS line, "Bestelldatum" AS ts, 'sale' AS kind, "KundenNr" AS user_id,
       "ArtikelNr" AS product_id, "Menge" AS quantity, "Einzelpreis" AS unit_price
FROM "Verkauf"."tbl_Bestellung" JOIN "Verkauf"."tbl_Bestellposition" USING ("BestellNr")
WHERE "Status" <> 'storniert' """,
        "events": """
SELECT '1-' || "ID" AS event_id, "Zeitpunkt" AS ts, 'view' AS kind, "KundenNr" AS user_id, "SitzungsID" AS session_id,
       "ArtikelNr" AS product_id, NULL AS query FROM "Verkauf"."tbl_Seitenaufruf"
UNION ALL
SELECT '2-' || "ID", "Zeitpunkt", 'search', NULL, "SitzungsID", NULL, "Suchbegriff" FROM "Verkauf"."tbl_Suche" """,
        "ad_exposures": """
SELECT "ID" AS exposure_id, "versendet_am" AS ts, "KundenNr" AS user_id, "Kampagne" AS campaign_id,
       CASE "Gruppe" WHEN 'Kontrollgruppe' THEN 'control' ELSE 'Mail' END AS arm, "Kosten" AS cost
FROM "Verkauf"."tbl_Newsletter_Versand" """,
    },
)

MAGENTO = ForeignShop(
    ddl="""
CREATE TABLE customer_group (customer_group_id integer PRIMARY KEY, customer_group_code text);
CREATE TABLE customer_entity (entity_id integer PRIMARY KEY, email text, group_id integer REFERENCES customer_group,
    firstname text, lastname text, dob date, gender smallint, created_at timestamp, updated_at timestamp);
CREATE TABLE customer_address_entity (entity_id integer PRIMARY KEY, parent_id integer REFERENCES customer_entity,
       city text,
    updated_at timestamp);
CREATE TABLE catalog_product_flat_1 (entity_id integer PRIMARY KEY, sku varchar(64) UNIQUE, name text,
       short_description text,
    description text, price numeric(20, 6), special_price numeric(20, 6), cost numeric(20, 6), small_image text,
    created_at timestamp, updated_at timestamp);
CREATE TABLE cataloginventory_stock_item (item_id integer PRIMARY KEY, product_id integer, qty numeric(12, 4),
       min_qty numeric(12, 4),
    is_in_stock boolean);
CREATE TABLE quote (entity_id integer PRIMARY KEY, customer_id integer, created_at timestamp);
CREATE TABLE quote_item (item_id integer PRIMARY KEY, quote_id integer, product_id integer, qty numeric(12, 4),
    price numeric(12, 4), created_at timestamp);
CREATE TABLE sales_order (entity_id integer PRIMARY KEY, increment_id text, status text, customer_id integer,
    grand_total numeric(20, 4), order_currency_code char(3), created_at timestamp, updated_at timestamp);
CREATE TABLE sales_order_item (item_id integer PRIMARY KEY, order_id integer REFERENCES sales_order,
       product_id integer, sku text,
    name text, qty_ordered numeric(12, 4), qty_canceled numeric(12, 4), qty_refunded numeric(12, 4),
       price numeric(12, 4),
    original_price numeric(12, 4), base_cost numeric(12, 4), row_total numeric(12, 4), created_at timestamp);
CREATE TABLE sales_invoice_item (entity_id integer PRIMARY KEY, order_item_id integer, product_id integer,
       qty numeric(12, 4),
    price numeric(12, 4));
CREATE TABLE search_query (query_id integer PRIMARY KEY, query_text text, num_results integer, popularity integer,
    updated_at timestamp);
CREATE TABLE product_view_log (log_id bigint PRIMARY KEY, logged_at bigint, visitor_id text, customer_id integer,
       sku text);
CREATE TABLE newsletter_contact (contact_id bigint PRIMARY KEY, customer_id integer REFERENCES customer_entity,
       queued_at timestamp,
    campaign_id integer, is_control smallint, propensity float8, "order" integer);
INSERT INTO customer_group VALUES (0, 'guest'), (1, 'retail'), (2, 'trade');
INSERT INTO customer_entity SELECT n, 'c' || n || '@x.example', 1 + n % 2, 'A', 'B', date '1960-01-01' + n * 40,
       1 + n % 2,
    timestamp '2025-12-01', timestamp '2026-01-01' FROM generate_series(1, 120) AS n;
INSERT INTO customer_address_entity SELECT n, n, 'Town', '2026-01-01' FROM generate_series(1, 120) AS n;
INSERT INTO catalog_product_flat_1 SELECT n, 'SKU-' || lpad(n::text, 5, '0'), 'Shirt ' || n, 'short', 'A shirt',
       10 + n, 8 + n, 4 + n,
    '/s/h/' || n || '.jpg', timestamp '2025-12-01', timestamp '2026-01-01' FROM generate_series(1, 90) AS n;
INSERT INTO cataloginventory_stock_item SELECT 500 + n, n, n % 4, 0, n % 4 > 0 FROM generate_series(1, 90) AS n;
INSERT INTO quote SELECT n, 1 + n % 120, timestamp '2026-01-01' + n * interval '1 hour' FROM generate_series(1,
       900) AS n;
INSERT INTO quote_item SELECT n, n, 1 + n % 90, 1, 10, timestamp '2026-01-01' FROM generate_series(1, 900) AS n;
INSERT INTO sales_order SELECT n, '1000' || n, (ARRAY['complete', 'processing', 'canceled'])[1 + n % 3],
       1 + n % 120, 50, 'USD',
    timestamp '2026-01-01' + n * interval '1 hour', timestamp '2026-02-01' FROM generate_series(1, 500) AS n;
INSERT INTO sales_order_item SELECT 7000 + n * 2 + p, n, 1 + (n + p) % 90, 'SKU-' || lpad((1 + (n + p) % 90)::text,
       5, '0'), 'Shirt', 1 + p, 0, 0,
    10 + (1 + (n + p) % 90), 12 + n % 9, 3, 40, timestamp '2026-01-01' + n * interval '1 hour'
    FROM generate_series(1, 500) AS n, generate_series(0, 1) AS p;
INSERT INTO sales_invoice_item SELECT n, 7000 + n, 1 + n % 90, 1, 10 FROM generate_series(1, 300) AS n;
INSERT INTO search_query SELECT n, 'shirt ' || n, n, n, '2026-01-01' FROM generate_series(1, 30) AS n;
INSERT INTO product_view_log SELECT n, 1767225600 + n * 60, 'v' || n / 3, CASE WHEN n % 3 = 0 THEN 1 + n % 120 END,
    'SKU-' || lpad((1 + n % 90)::text, 5, '0') FROM generate_series(1, 3000) AS n;
INSERT INTO newsletter_contact SELECT n, n, timestamp '2026-01-08', 3, n % 2, 0.5, n FROM generate_series(1,
       120) AS n;
""",
    truth={
        "products": """
SELECT entity_id AS product_id, name AS title, price, is_in_stock AS in_stock, updated_at
FROM catalog_product_flat_1 JOIN cataloginventory_stock_item ON product_id = entity_id""",
        "users": "SELECT entity_id AS user_id, updated_at FROM customer_entity",
        "orders": """
SELECT entity_id AS order_id, row_number() OVER (PARTITION BY order_id ORDER BY item_id) AS line,
       o.created_at AS ts, 'sale' AS kind,
       customer_id AS user_id, product_id, qty_ordered AS quantity, price AS unit_price
FROM sales_order AS o JOIN sales_order_item ON order_id = entity_id WHERE status <> 'canceled'""",
        "events": """
SELECT log_id AS event_id, to_timestamp(logged_at) AS ts, 'view' AS kind, customer_id AS user_id,
       visitor_id AS session_id,
       entity_id AS product_id FROM product_view_log JOIN catalog_product_flat_1 USING (sku)""",
        "ad_exposures": """
SELECT contact_id AS exposure_id, queued_at AS ts, customer_id AS user_id, campaign_id,
       CASE is_control WHEN 1 THEN 'control' ELSE 'treated' END AS arm, propensity, 0.05 AS cost
    FROM newsletter_contact""",
    },
    unknown=frozenset({"ad_exposures.cost"}),
)

FOREIGN = {"corner": CORNER, "german": GERMAN, "magento": MAGENTO}

ODD = r"""
CREATE SCHEMA app;
CREATE SCHEMA "Select";
CREATE DOMAIN app.money_amount AS numeric(10, 2);
CREATE TYPE app.state AS ENUM ('paid', 'cancelled');
CREATE TABLE app."user" (id uuid PRIMARY KEY, "group" text, data bytea, loc point, tags text[],
    created_at timestamptz, deleted_at timestamptz);
CREATE TABLE app.products (id uuid PRIMARY KEY, "name" text, price app.money_amount, "desc" text,
    created_at timestamptz);
CREATE TABLE app.empty_products (id integer PRIMARY KEY, name text, price numeric);
CREATE TABLE app."order" (id uuid PRIMARY KEY, "user" uuid REFERENCES app."user", at bigint, state app.state,
    deleted_at timestamptz);
CREATE TABLE app.order_items (order_id uuid REFERENCES app."order", product_id uuid REFERENCES app.products,
    qty integer, price_cents integer, PRIMARY KEY (order_id, product_id));
CREATE VIEW "Select"."Page Views" AS SELECT 1 AS id, now() AS ts, 's' AS session,
    NULL::uuid AS product_id WHERE false;
CREATE TABLE app.no_columns ();
CREATE TABLE app.secret (id integer);
CREATE VIEW app.failing AS SELECT 1 / (id - id) AS x FROM app.secret;
INSERT INTO app.secret VALUES (1);
CREATE TABLE app.campaign_contact (id integer PRIMARY KEY, user_id uuid, sent_at timestamptz, campaign text,
    variant text);
INSERT INTO app."user" SELECT md5('u' || n)::uuid, 'g' || n % 3, '\x00'::bytea, point(1, 2), ARRAY['a'],
    '2026-01-01', NULL FROM generate_series(1, 60) AS n;
INSERT INTO app.products SELECT md5('p' || n)::uuid, 'Cup ' || n, 5 + n, E'it''s {start} \\ \n''''''',
    '2026-01-01' FROM generate_series(1, 40) AS n;
INSERT INTO app."order" SELECT md5('o' || n)::uuid, md5('u' || (1 + n % 60))::uuid,
    1767225600000 + n * 3600000::bigint, CASE WHEN n % 5 = 0 THEN 'cancelled' ELSE 'paid' END::app.state, NULL
    FROM generate_series(1, 200) AS n;
INSERT INTO app.order_items SELECT md5('o' || n)::uuid, md5('p' || (1 + (n + p) % 40))::uuid, 1 + n % 3,
    100 * (5 + (1 + (n + p) % 40)) FROM generate_series(1, 200) AS n, generate_series(1, 2) AS p;
INSERT INTO app.campaign_contact SELECT n, md5('u' || n)::uuid, '2026-01-05', 'c' || n % 2, (ARRAY['A',
    'B'])[1 + n % 2] FROM generate_series(1, 60) AS n;
"""
"""Reserved words, domains, enums, a failing view, no rows, no columns, composite keys, groups that nobody can tell."""
