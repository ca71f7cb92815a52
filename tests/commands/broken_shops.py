"""Shops that are broken in one way each, and what ``upshelf check`` says of them, word for word."""

from tests.commands.breaks import Break, empty, few_users, head, other_ids, put, query, rename
from tests.commands.shop_files import QUERIES

NO_FILE = "No files found that match the pattern"

BROKEN: dict[str, tuple[Break, list[str]]] = {
    "a misspelt key": (
        head("attribution_days", "atribution_days"),
        [
            "[campaign] atribution_days is no key of [campaign]; did you mean 'attribution_days'?",
        ],
    ),
    "a key in the wrong section": (
        head('name = "broken"', 'name = "broken"\nmargin = 0.2'),
        [
            "margin belongs to [campaign]: move it there",
        ],
    ),
    "a value of a wrong type": (
        head('name = "broken"', 'name = "broken"\nlate_days = "two"'),
        [
            "late_days is 'two': a whole number is expected, not text",
        ],
    ),
    "a currency that is none": (
        head('name = "broken"', 'name = "broken"\ncurrency = "Euro"'),
        [
            "currency is 'Euro': give three capital letters, such as EUR",
        ],
    ),
    "a source that is none": (
        lambda shop: setattr(shop, "source", '[source]\nkind = "file"\n'),
        [
            "[source] kind is 'file', which is none of simulated, files, postgres, mysql; did you mean 'files'?",
        ],
    ),
    "a table that is none": (
        lambda shop: (shop.queries.update(order=QUERIES["orders"]), shop.extra.update(order="")),
        [
            "[tables.order] is no canonical table, which are products, events, orders,",
            "did you mean 'orders'?",
        ],
    ),
    "no TOML": (
        lambda shop: setattr(shop, "head", "name = broken"),
        [
            "it is no TOML: Invalid value (at line 1, column 8)",
        ],
    ),
    "days that end before they begin": (
        head("2026-01-20", "2025-01-20"),
        [
            "last_day 2025-01-20 lies before first_day 2026-01-01",
        ],
    ),
    "no such file": (
        query("orders", "SELECT * FROM read_csv('{folder}/order.csv')"),
        [
            "shop.toml [tables.orders]: ",
            NO_FILE,
            "Check that the file exists: [source] folder in shop.toml, and UPSHELF_DATA",
        ],
    ),
    "no such folder": (
        lambda shop: setattr(shop, "source", '[source]\nkind = "files"\nfolder = "/nowhere"\n'),
        [
            "shop.toml [tables.products]: ",
            "shop.toml [tables.users]: ",
            NO_FILE,
            "/nowhere/products.csv",
        ],
    ),
    "a query that is none": (
        query("users", "SELEKT * FROM users"),
        [
            "shop.toml [tables.users]: Parser Error: syntax error at or near",
            "Correct the table's query in shop.toml; it is in the DuckDB dialect.",
        ],
    ),
    "a query of a column that is not there": (
        query("users", "SELECT customer FROM read_csv('{folder}/users.csv', all_varchar = true)"),
        [
            'shop.toml [tables.users]: Binder Error: Referenced column "customer" not found in FROM clause!',
        ],
    ),
    "no time": (
        rename("events", "ts", "happened"),
        [
            "shop.toml [tables.events] ts: the query yields no column 'ts', which is needed; it yields "
            "event_id, happened,",
            "Let the query yield it: When it happened.",
        ],
    ),
    "an epoch": (
        query("events", "SELECT * REPLACE (1767225600 AS ts) FROM read_csv('{folder}/events.csv', all_varchar = true)"),
        [
            "shop.toml [tables.events]: its column 'ts' is INTEGER, which is no time. Make it one in the "
            "query: epoch_ms(ts)",
        ],
    ),
    "a column under another name": (
        rename("orders", "product_id", "productid"),
        [
            "shop.toml [tables.orders] product_id: the query yields no column 'product_id', which is needed; it yields",
            "Write productid AS product_id, if that is it.",
        ],
    ),
    "two columns missing at once": (
        lambda shop: (shop.rename("orders", "kind", "type"), shop.rename("orders", "quantity", "pieces")),
        [
            "[tables.orders] kind: the query yields no column 'kind'",
            "[tables.orders] quantity: the query yields no column 'quantity'",
            "Let the query yield it: Pieces, kilograms or metres, above 0.",
        ],
    ),
    "an optional column nearly named": (
        rename("events", "session_id", "sesion_id"),
        [
            "shop.toml [tables.events] session_id: the query yields 'sesion_id', which is not read, and no "
            "'session_id'. Write sesion_id AS session_id, if that is it.",
        ],
    ),
    "a list as a number": (
        query("products", "SELECT *, 7 AS categories FROM read_csv('{folder}/products.csv', all_varchar = true)"),
        [
            "shop.toml [tables.products] categories: its type Int32 cannot become List(String). Cast it in the query.",
        ],
    ),
    "words as a price": (
        put("orders", "unit_price", "free"),
        [
            "shop.toml [tables.orders] unit_price: unit_price is not a number: broken by 60 of 700 rows "
            "(8.6%), such as unit_price 'free' (order_id 'o0', line '1')",
            "Cast or correct it in the query.",
        ],
    ),
    "a decimal comma": (
        put("orders", "unit_price", '"9,50"'),
        [
            "[tables.orders] unit_price: unit_price has a decimal comma: broken by 60 of 700 rows (8.6%), "
            "such as unit_price '9,50'",
            "Replace it by a point in the query.",
        ],
    ),
    "lines from zero": (
        put("orders", "line", "0"),
        [
            "shop.toml [tables.orders] line: line must be at least 1: broken by 60 of 700 rows (8.6%), such "
            "as line '0' (order_id 'o0')",
        ],
    ),
    "kinds of the shop's own": (
        put("events", "kind", "pageview"),
        [
            "[tables.events] kind: kind must be one of visit, view, add_to_cart, remove_from_cart, search, "
            "click: broken by 60 of 600 rows (10.0%), such as kind 'pageview' (event_id 'e0')",
            "Translate the shop's own kinds in the query.",
        ],
    ),
    "keys that repeat": (
        put("products", "product_id", "p0"),
        [
            "[tables.products]: product_id and updated_at must be unique: broken by 29 of 30 rows (96.7%), "
            "such as product_id 'p0'",
        ],
    ),
    "times of another order": (
        put("orders", "ts", "07/03/2026 08:26", 700),
        [
            "[tables.orders] ts: ts is not a time: broken by 700 of 700 rows (100.0%), such as ts '07/03/2026"
            " 08:26' (order_id 'o0', line '1')",
            "Write it as ISO 8601, or declare time_format in shop.toml.",
        ],
    ),
    "logs of another year": (
        head("first_day = 2026-01-01\nlast_day = 2026-01-20", "first_day = 2027-01-01"),
        [
            "[tables.events] ts: its newest row is of 2026-01-20, before first_day 2027-01-01, so that none "
            "is read. Set first_day earlier",
        ],
    ),
    "users without an id": (
        put("ad_exposures", "user_id", "NULL"),
        [
            "[tables.ad_exposures] user_id: user_id is missing: broken by 60 of 200 rows (30.0%), such as "
            "user_id None (exposure_id 'x0')",
        ],
    ),
    "an attribute that no query yields": (
        head('"age"', '"agee"'),
        [
            "[tables.users] agee: [user_attributes] names 'agee', which the query does not yield. Did you "
            "mean 'age'? Else let the query yield it, or take the name out",
        ],
    ),
    "an attribute that is no number": (
        put("users", "age", "unknown", 200),
        [
            "[tables.users] age: 200 of 200 values of a numeric attribute are no number: 'unknown'. They "
            "count as missing: convert them",
        ],
    ),
    "an attribute that is a list": (
        query("users", "SELECT * REPLACE ([1, 2] AS age) FROM read_csv('{folder}/users.csv', all_varchar = true)"),
        ["[tables.users] age: 200 of 200 values of a numeric attribute are no number: [1, 2]. They count as missing"],
    ),
    "a type that cannot be read": (
        query("orders", "SELECT *, INTERVAL 1 DAY AS took FROM read_csv('{folder}/orders.csv', all_varchar = true)"),
        [
            "[tables.orders]: could not import from `month_day_nano_interval` type",
            "Cast the column to text, a number or a time in the query, or leave it out.",
        ],
    ),
    "an attribute that nobody has": (
        put("users", "region", "", 200),
        [
            "[tables.users] region: the attribute 'region' is missing in all 200 rows",
        ],
    ),
    "an empty table": (
        empty("orders"),
        [
            "shop.toml [tables.orders]: the query yields no row. Correct it, or leave [tables.orders] out if "
            "the shop has none.",
        ],
    ),
    "ids in two forms": (
        other_ids("users", "C-{}"),
        [
            "[tables.orders] user_id: ids do not join: 0 of 200 user_id of orders are among the 200 of users:"
            " orders has 'u0', 'u1', 'u10', users has 'C-u0', 'C-u1', 'C-u10'. Let the queries of orders and "
            "users yield them in the same form.",
        ],
    ),
    "exposures of other ids than orders": (
        lambda shop: (shop.drop("users"), other_ids("ad_exposures", "mail-{}")(shop)),
        [
            "[tables.ad_exposures] user_id: ids do not join: 0 of 200 user_id of ad_exposures are among the "
            "200 of orders: ad_exposures has 'mail-u0',",
        ],
    ),
    "products of other ids": (
        other_ids("products", "SKU{}", "product_id"),
        [
            "[tables.orders] product_id: ids do not join: 0 of 30 product_id of orders are among the 30 of products",
        ],
    ),
    "an experiment too small": (
        few_users,
        [
            "[tables.ad_exposures]: the experiment is too small to compare anything: 4 users in 'control', 4 "
            "contacted. Run the campaign longer",
        ],
    ),
    "an experiment that shows only doublings": (
        lambda shop: shop.tables["orders"].__setitem__(slice(30, None), []),
        [
            "[tables.ad_exposures]: the experiment is too small: 100 users in 'control', 100 contacted; 2.00% "
            "responded without a contact within 3 days, and no effect below ",
            "of the users shows. Run the campaign longer, or with more users.",
        ],
    ),
    "nobody responds": (
        lambda shop: shop.tables["orders"].__setitem__(slice(10, None), []),
        [
            "[tables.ad_exposures]: nobody responded without a contact (100 users in 'control', 100 contacted), so no "
            "effect can be learnt yet. Run the campaign longer, or with more users.",
        ],
    ),
    "a control that no exposure has": (
        head('control = "control"', 'control = "holdout"'),
        [
            "[tables.ad_exposures]: no exposure is in the control arm 'holdout'; the log has 'control' (100), 'mail' "
            "(100). Set control in [campaign] to the arm that was not contacted, and log those users too.",
        ],
    ),
    "a treatment that no exposure has": (
        head('treatment = "mail"', 'treatment = "email"'),
        [
            "[tables.ad_exposures]: no exposure is in 'email'; the log has 'control' (100), 'mail' (100). Name the "
            "treatments in [campaign] as the log does.",
        ],
    ),
    "two campaigns": (
        put("ad_exposures", "campaign_id", "newsletter"),
        [
            "[tables.ad_exposures]: the exposures are of 2 campaigns that the shop has not told apart: 'spring' (140), "
            "'newsletter' (60). Set campaigns in [campaign] to the ids of this campaign",
        ],
    ),
    "everybody was left out": (
        lambda shop: (head('treatment = "mail"\n', "")(shop), shop.put("ad_exposures", "arm", "control", 200)),
        [
            "[tables.ad_exposures]: no exposure is in any treatment; the log has 'control' (200). Name the treatments",
        ],
    ),
}
