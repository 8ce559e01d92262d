"""The shop that every lab works on: users, products and orders, the same on every machine."""

import functools
import random

from sqlalchemy import BigInteger, Column, Float, Integer, MetaData, String, Table, delete, func, insert, select

SIZES = {"users": 10_000, "products": 1_000, "orders": 20_000}
SEED = 2026

metadata = MetaData()


def _table(name: str, *columns: Column) -> Table:
    """A table with an id and a version, which grows with each write, by 1 or to a time in µs: staleness can be measured."""
    version = Column("version", BigInteger, nullable=False, default=1)
    return Table(name, metadata, Column("id", Integer, primary_key=True), *columns, version)


users = _table("users", Column("name", String), Column("email", String), Column("city", String), Column("plan", String))
products = _table(
    "products",
    Column("name", String),
    Column("category", String, index=True),
    Column("price", Float),
    Column("stock", Integer),
)
orders = _table(
    "orders",
    Column("user_id", Integer, index=True),
    Column("product_id", Integer),
    Column("quantity", Integer),
    Column("status", String),
)

FIRST = "Ada Alan Barbara Claude Dennis Edsger Frances Grace Hedy Ivan John Katherine Leslie Margaret Niklaus Radia Sophie Tim".split()
LAST = "Allen Backus Dijkstra Goldberg Hamilton Hopper Johnson Kay Lamarr Liskov Perlman Ritchie Shannon Turing Wirth".split()
CITIES = "Amsterdam Berlin Lagos Lima Mumbai Nairobi Oslo Seoul Tokyo Toronto".split()
THINGS = "Camera Chair Desk Keyboard Lamp Laptop Monitor Mouse Phone Speaker".split()
KINDS = "audio computing furniture lighting phones photo".split()


def rows(table: str, count: int) -> list[dict]:
    """`count` rows of a table, always the same."""
    pick = random.Random(f"{SEED}:{table}")
    make = {"users": _user, "products": _product, "orders": _order}[table]
    return [{"id": id, **make(id, pick), "version": 1} for id in range(1, count + 1)]


def _user(id: int, pick: random.Random) -> dict:
    first, last = pick.choice(FIRST), pick.choice(LAST)
    return {
        "name": f"{first} {last}",
        "email": f"{first}.{last}.{id}@example.com".lower(),
        "city": pick.choice(CITIES),
        "plan": pick.choice(["free", "free", "team", "enterprise"]),
    }


def _product(id: int, pick: random.Random) -> dict:
    price = round(pick.lognormvariate(4, 1), 2)
    return {
        "name": f"{pick.choice(THINGS)} {id}",
        "category": pick.choice(KINDS),
        "price": price,
        "stock": pick.randrange(500),
    }


def _order(id: int, pick: random.Random) -> dict:
    return {
        "user_id": pick.randint(1, SIZES["users"]),
        "product_id": pick.randint(1, SIZES["products"]),
        "quantity": pick.randint(1, 5),
        "status": pick.choice(["paid", "shipped", "delivered"]),
    }


def seed(engine, sizes: dict | None = None) -> None:
    """Create the tables and fill the empty ones."""
    metadata.create_all(engine)
    with engine.begin() as connection:
        for name, count in (sizes or SIZES).items():
            table = metadata.tables[name]
            if not connection.scalar(select(func.count()).select_from(table)):
                connection.execute(insert(table), rows(name, count))


def put_back(connection, name: str, ids, count: int) -> None:
    """Have these rows of a table as they were when `count` were seeded; the others are removed."""
    table, seeded = metadata.tables[name], _seeded(name, count)
    connection.execute(delete(table).where(table.c.id.in_(ids)))
    if there := [seeded[id] for id in ids if id in seeded]:
        connection.execute(insert(table), there)


@functools.cache
def _seeded(name: str, count: int) -> dict[int, dict]:
    return {row["id"]: row for row in rows(name, count)}
