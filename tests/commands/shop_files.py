"""A sound shop of CSV files that a test may break."""

from datetime import date, timedelta
from pathlib import Path

FIRST = date(2026, 1, 1)
DAYS = 20
USERS, PRODUCTS = 200, 30
HEAD = """
name = "broken"
first_day = 2026-01-01
last_day = 2026-01-20

[user_attributes]
numeric = ["age"]
categorical = ["region"]

[campaign]
control = "control"
treatment = "mail"
attribution_days = 3
"""
QUERIES = {
    "products": "SELECT * FROM read_csv('{folder}/products.csv', all_varchar = true)",
    "events": "SELECT * FROM read_csv('{folder}/events.csv', all_varchar = true)",
    "orders": "SELECT * FROM read_csv('{folder}/orders.csv', all_varchar = true)",
    "users": "SELECT * FROM read_csv('{folder}/users.csv', all_varchar = true)",
    "ad_exposures": "SELECT * FROM read_csv('{folder}/ad_exposures.csv', all_varchar = true)",
}


def day(number: int) -> str:
    """A day of the shop, counted from 0."""
    return (FIRST + timedelta(days=number % DAYS)).isoformat()


class ShopFiles:
    """Files and shop.toml as text; `save` writes them."""

    def __init__(self, folder: Path) -> None:
        """Sound tables: every user orders now and then, half of them are contacted on day 10."""
        self.folder = folder
        self.head = HEAD
        self.source = f'[source]\nkind = "files"\nfolder = "{folder}"\n'
        self.queries = dict(QUERIES)
        self.extra = dict.fromkeys(QUERIES, "")
        self.tables = {
            "products": [
                ("product_id", "title", "price", "in_stock", "updated_at"),
                *((f"p{n}", f"lamp {n}", "9.5", "true", day(0)) for n in range(PRODUCTS)),
            ],
            "events": [
                ("event_id", "ts", "kind", "user_id", "session_id", "product_id"),
                *(
                    (f"e{n}", f"{day(n)}T10:00:00Z", "view", f"u{n % USERS}", f"s{n}", f"p{n % PRODUCTS}")
                    for n in range(600)
                ),
            ],
            "orders": [
                ("order_id", "line", "ts", "kind", "user_id", "product_id", "quantity", "unit_price"),
                *(
                    (f"o{n}", "1", f"{day(n * 7)}T12:00:00Z", "sale", f"u{n % USERS}", f"p{n % PRODUCTS}", "1", "9.5")
                    for n in range(700)
                ),
            ],
            "users": [
                ("user_id", "updated_at", "age", "region"),
                *((f"u{n}", day(0), str(20 + n % 50), ("north", "south")[n % 2]) for n in range(USERS)),
            ],
            "ad_exposures": [
                ("exposure_id", "ts", "user_id", "campaign_id", "arm", "propensity", "cost"),
                *(
                    (f"x{n}", f"{day(10)}T09:00:00Z", f"u{n}", "spring", ("control", "mail")[n % 2], "0.5", "0.1")
                    for n in range(USERS)
                ),
            ],
        }  # fmt: skip

    def column(self, table: str, name: str) -> int:
        """Place of a column."""
        return self.tables[table][0].index(name)

    def put(self, table: str, name: str, value: str, rows: int = 3) -> None:
        """Give the first ``rows`` rows a value."""
        at = self.column(table, name)
        for number in range(1, min(rows, len(self.tables[table]) - 1) + 1):
            row = list(self.tables[table][number])
            row[at] = value
            self.tables[table][number] = tuple(row)

    def rename(self, table: str, name: str, to: str) -> None:
        """Give a column another name."""
        self.tables[table][0] = tuple(to if column == name else column for column in self.tables[table][0])

    def drop(self, table: str) -> None:
        """Declare the shop without a table."""
        del self.queries[table]

    def save(self) -> Path:
        """Write everything; returns the folder."""
        for table, rows in self.tables.items():
            lines = "\n".join(",".join(row) for row in rows)
            (self.folder / f"{table}.csv").write_text(f"{lines}\n", encoding="utf-8")
        tables = [f'[tables.{name}]\nquery = """{query}"""\n{self.extra[name]}' for name, query in self.queries.items()]
        (self.folder / "shop.toml").write_text("\n".join([self.head, self.source, *tables]), encoding="utf-8")
        return self.folder
