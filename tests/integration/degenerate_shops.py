"""Random shops of which each table is whole, or empty, of one row, of one user, constant, or null where it may be."""

import random
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from resources.contracts import CONTRACTS
from resources.shop import Shop

__all__ = ["FIRST", "LAST", "SHAPES", "write_shop"]

FIRST, LAST = date(2026, 1, 1), date(2026, 1, 6)
SHAPES = ("whole", "absent", "empty", "one row", "one user", "constant", "null")
_USERS, _PRODUCTS = 120, 15

Rows = list[dict[str, Any]]


def _at(rng: random.Random, day: date | None = None) -> datetime:
    on = day or FIRST + timedelta(days=rng.randrange((LAST - FIRST).days + 1))
    return datetime(on.year, on.month, on.day, rng.randrange(24), rng.randrange(60), rng.randrange(60), tzinfo=UTC)


def _user(rng: random.Random) -> str:
    return f"u{rng.randrange(_USERS)}"


def _product(rng: random.Random) -> str:
    return f"p{rng.randrange(_PRODUCTS)}"


def _products(rng: random.Random) -> Rows:
    start = datetime(2025, 12, 31, tzinfo=UTC)
    return [
        {
            "product_id": f"p{n}",
            "title": rng.choice(["Red lamp", "Blue tea pot", "Garden spade"]) + f" {n}",
            "description": None,
            "brand": rng.choice([None, "Acme"]),
            "categories": rng.choice(["Home > Lighting", "Home > Kitchen", "Garden"]),
            "tags": None,
            "price": round(rng.uniform(1, 50), 2),
            "in_stock": rng.random() < 0.9,
            "image_url": None,
            "updated_at": start,
        }
        for n in range(_PRODUCTS)
    ]


def _events(rng: random.Random) -> Rows:
    rows: Rows = []
    for n in range(600):
        kind = rng.choice(["view", "view", "view", "click", "add_to_cart", "search", "visit"])
        rows.append(
            {
                "event_id": f"e{n}",
                "ts": _at(rng),
                "kind": kind,
                "user_id": _user(rng),
                "session_id": f"s{rng.randrange(150)}",
                "product_id": None if kind in ("search", "visit") else _product(rng),
                "query": rng.choice(["lamp", "tea pot"]) if kind == "search" else None,
                "surface": rng.choice([None, "search"]),
                "release": None,
            }
        )
    return rows


def _orders(rng: random.Random) -> Rows:
    return [
        {
            "order_id": f"o{n // 2}",
            "line": n % 2 + 1,
            "ts": _at(rng),
            "kind": "sale",
            "user_id": _user(rng),
            "product_id": _product(rng),
            "quantity": 1,
            "unit_price": round(rng.uniform(1, 50), 2),
        }
        for n in range(160)
    ]


def _users(rng: random.Random) -> Rows:
    start = datetime(2025, 12, 31, tzinfo=UTC)
    return [
        {"user_id": f"u{n}", "updated_at": start, "age": float(rng.randrange(18, 80)), "region": rng.choice("ab")}
        for n in range(_USERS)
    ]


def _exposures(rng: random.Random) -> Rows:
    return [
        {
            "exposure_id": f"x{n}",
            "ts": _at(rng, FIRST + timedelta(days=1)),
            "user_id": f"u{n}",
            "campaign_id": "c",
            "arm": rng.choice(["control", "mail"]),
            "propensity": 0.5,
            "cost": 0.1,
            "assigned_at": None,
        }
        for n in range(_USERS)
    ]


def _impressions(rng: random.Random) -> Rows:
    return [
        {
            "impression_id": f"i{n}",
            "ts": _at(rng),
            "slot": "home",
            "position": 1,
            "banner_id": rng.choice("ab"),
            "propensity": 0.5,
            "reward": float(rng.random() < 0.1),
            "context": None,
        }
        for n in range(100)
    ]


def _judgments(rng: random.Random) -> Rows:
    start = datetime(2025, 12, 31, tzinfo=UTC)
    return [
        {"query": query, "product_id": f"p{n}", "relevance": float(rng.randrange(1, 4)), "updated_at": start}
        for query in ("lamp", "tea pot")
        for n in range(_PRODUCTS)
    ]


def _banners(rng: random.Random) -> Rows:
    del rng
    start = datetime(2025, 12, 31, tzinfo=UTC)
    return [{"banner_id": banner, "slots": "home|cart", "content": "a.png", "updated_at": start} for banner in "abc"]


_MAKE: Mapping[str, Callable[[random.Random], Rows]] = {
    "products": _products,
    "events": _events,
    "orders": _orders,
    "users": _users,
    "ad_exposures": _exposures,
    "banner_impressions": _impressions,
    "judgments": _judgments,
    "banners": _banners,
}


def _shaped(table: str, rows: Rows, shape: str) -> Rows:
    """The rows as the shape has them; keys and times stay as they are where the contract needs them."""
    contract = CONTRACTS[table]
    kept = {*contract.key, contract.time}
    match shape:
        case "empty":
            return []
        case "one row":
            return rows[:1]
        case "one user":
            return [
                {**row, "user_id": "u0"} if "user_id" in row and "user_id" not in contract.key else row for row in rows
            ]
        case "constant":
            return [{**rows[0], **{name: row[name] for name in row if name in kept}} for row in rows]
        case "null":
            nullable = {name for name, column in contract.schema.columns().items() if column.nullable}
            # An event needs a user or a session, and its product or query.
            nullable -= {"session_id", "product_id", "query"} if table == "events" else set()
            return [
                {name: None if name in nullable | {"age", "region"} else value for name, value in row.items()}
                for row in rows
            ]
    return rows


def write_shop(folder: Path, seed: int, shapes: Mapping[str, str] | None = None, **campaign: object) -> Shop:
    """Write a shop's files and its shop.toml; ``shapes`` by table, drawn by ``seed`` where it names none."""
    rng = random.Random(seed)  # noqa: S311
    folder.mkdir(parents=True, exist_ok=True)
    tables = []
    for table, make in _MAKE.items():
        drawn = rng.choice(SHAPES)
        shape = (shapes or {}).get(table, "whole" if shapes is not None else drawn)
        rows = make(rng)
        if shape == "absent" and table not in ("products", "events"):
            continue
        shaped = _shaped(table, rows, shape)
        frame = (
            pl.DataFrame(rows, infer_schema_length=None).clear()
            if not shaped
            else pl.DataFrame(shaped, infer_schema_length=None)
        )
        frame.cast({name: pl.String for name, kind in frame.schema.items() if kind == pl.Null}).write_parquet(
            folder / f"{table}.parquet"
        )
        tables.append(f"[tables.{table}]\nquery = \"SELECT * FROM read_parquet('{{folder}}/{table}.parquet')\"\n")
    options = "".join(f"{name} = {value!r}\n".replace("'", '"') for name, value in campaign.items())
    (folder / "shop.toml").write_text(
        f'name = "degenerate-{seed}"\nfirst_day = {FIRST}\nlast_day = {LAST}\nwindow_days = 5\nholdout_days = 1\n'
        f'[source]\nkind = "files"\nfolder = "{folder}"\n[user_attributes]\nnumeric = ["age"]\n'
        f'categorical = ["region"]\n'
        f"[campaign]\nattribution_days = 2\n{options}" + "".join(tables),
        encoding="utf-8",
    )
    return Shop.load(folder / "shop.toml")
