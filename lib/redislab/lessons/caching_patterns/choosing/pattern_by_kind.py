"""Choose a pattern for each kind of data, tried under the failure that tells them apart."""

import threading
from types import SimpleNamespace

from redislab.bench import WatchedTable
from redislab.caching import WriteBehind, WriteBehindWorker
from redislab.lessons.caching_patterns.cached import CachedContext
from redislab.study.checks import PATIENCE, Exercise, begin, count, requirement
from redislab.world.waiting import eventually

ID, READERS = 42, 16
LITTLE = 0.05  # of an entry's life that is left
SETTLING, SOON = 0.3, 0.05  # s, for queries that should not be made; s after which a worker is taken for dead
FINE = "fine"
TABLES = {"order": "orders", "user": "users", "product": "products"}


class KindsContext(CachedContext):
    """A context whose function is given a database with three tables, and returns a pattern for each kind."""

    def process(self, database=None) -> tuple[dict, SimpleNamespace]:
        """Another process of the shop, with its patterns, and its tables under observation."""
        database = database or self.database
        tables = SimpleNamespace(**{name: WatchedTable(getattr(database, name)) for name in TABLES.values()})
        return self.function(self.client, tables, self.keys), tables

    def row_of(self, kind: str) -> dict:
        return getattr(self.database, TABLES[kind]).find(ID)

    def get_old(self) -> None:
        """Little is left of the life of each entry."""
        for name in self.names():
            if (left := self.redis.pttl(name)) > 0:
                self.redis.pexpire(name, round(LITTLE * left))


class PatternByKind(Exercise):
    """Orders: committed first, and without Redis too. Users: write-behind by a stream. Products: refreshed in the background."""

    name, context, database = "pattern-by-kind", KindsContext, True

    @requirement("Order 42, user 42 and product 42 are three different records", hint=1)
    def own_rows(self, context):
        patterns, _ = context.process()
        for _ in range(2):  # a miss, and a hit
            wrong = [kind for kind in TABLES if patterns[kind].get(ID) != context.row_of(kind)]
            if wrong:
                return False, f"{wrong[0]} {ID} came back as {patterns[wrong[0]].get(ID)!r:.60}"
        return True, "each came back as it is, by a miss and by a hit"

    @requirement("An order is committed when `put` returns", hint=2)
    def committed(self, context):
        patterns, _ = context.process()
        patterns["order"].put(ID, context.row_of("order") | {"status": "cancelled"})
        status = context.row_of("order")["status"]
        return status == "cancelled", f"'cancelled' was put, and the row says {status!r}"

    @requirement("With Redis gone, orders are taken, and can be read", hint=3)
    def without_redis(self, context):
        patterns, _ = context.process()
        order = context.row_of("order") | {"status": "paid"}
        context.server.kill()
        _, put = attempt(lambda: patterns["order"].put(ID, order))
        got, get = attempt(lambda: patterns["order"].get(ID))
        row = context.row_of("order")
        seen = f"Redis was killed. put: {put}, and the row says {row['status']!r}; get: {get}"
        return put == get == FINE and row["status"] == "paid" and got == row, seen

    @requirement("A user's write is accepted while the database is down", hint=4)
    def accepted(self, context):
        patterns, _ = context.process()
        record, context.database.failing = context.row_of("user") | {"city": "Lima"}, True
        patterns["user"].put(ID, record)
        return True, "the database was down, and put returned"

    @requirement("It is saved later, by another process if this one dies", hint=5)
    def saved_later(self, context):
        dead = context.lab.open_database()  # it is never up for the process that dies
        record, dead.failing = context.row_of("user") | {"city": "Lagos"}, True
        context.process(dead)[0]["user"].put(ID, record)
        pattern = context.process()[0]["user"]
        if isinstance(pattern, WriteBehind):
            with WriteBehindWorker(pattern, min_idle=SOON):
                eventually(lambda: context.row_of("user")["city"] == "Lagos", PATIENCE)
        city = context.row_of("user")["city"]
        return city == "Lagos", f"'Lagos' was accepted, its process died, and the row says {city!r}"

    @requirement("A product's entry that gets old is loaded again, and its reader does not wait", hint=6)
    def refreshed(self, context):
        context.process()[0]["product"].get(ID)
        context.get_old()
        patterns, tables = context.process()
        askers = []
        tables.products.before_find = lambda _: askers.append(threading.get_ident())
        got = patterns["product"].get(ID)
        eventually(lambda: askers, PATIENCE / 3)
        waited = threading.get_ident() in askers
        went = (
            "the reader waited" if waited else "no reader waited" if askers else "it expires, and the next reader waits"
        )
        seen = f"with {100 * LITTLE:.0f} % of its life left: {count(len(askers), 'query')}; {went}"
        return got == context.row_of("product") and len(askers) == 1 and not waited, seen

    @requirement(f"With {READERS} readers of such an entry there is one query", hint=7)
    def guarded(self, context):
        context.process()[0]["product"].get(ID)
        context.get_old()
        patterns, tables = context.process()
        loaded = threading.Event()
        tables.products.before_find = lambda _: loaded.wait(PATIENCE)
        readers = [begin(patterns["product"].get, ID) for _ in range(READERS)]
        eventually(lambda: tables.products.finds > 1, SETTLING)
        finds = tables.products.finds
        loaded.set()
        for reader in readers:
            reader.result()
        return finds == 1, f"{count(finds, 'query')} for {READERS} readers; wanted 1"


def attempt(call) -> tuple[object, str]:
    """What it returned, and how it went, in words."""
    try:
        return call(), FINE
    except Exception as failure:
        return None, f"{type(failure).__name__} was raised"
