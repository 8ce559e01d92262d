"""A catalogue: products that expire, and indexes that name no others."""

import json

from redislab.keys.eviction import warn_of_eviction
from redislab.keys.numbers import milliseconds, stored, whole
from redislab.keys.permits import need
from redislab.keys.replies import text
from redislab.lua import script

TURNS = 10_000  # how many calls one look-up may need to take expired products out


class Catalog:
    """Products are hashes with a time to live; a category is a sorted set by time, a tag a set, both of ids.

        catalog = Catalog(client, keys, ttl=3600)
        catalog.add(7, {"name": "Laptop", "price": 999}, category="electronics", tags=["portable", "new"])
        catalog.recent("electronics", 20)
        catalog.tagged("portable", "new")

    A key expires; the index entries that name it do not. So the catalogue also keeps, for each product, when it expires
    and which indexes list it, and each look-up first takes the expired ones out. No answer names a product that has
    expired, nor one by tags that it had earlier. Each call is one script and one round trip, unless more than `most`
    products have expired since the last look-up.

    It costs 100 to 200 bytes a product, and 0.3 µs for each member of a result, which passes through Lua: hardly to be
    seen in hundreds of them, a third on top of SINTER in thousands. A script that may touch any index needs all of them
    in one slot, so on a cluster all catalogues are on one node, whatever their size. One for each tenant spreads, with
    `keys.tenant(name, together=True)`; a search index (Redis 8, FT.SEARCH) spreads too, and forgets by itself.

    Warning: a product that is evicted, or deleted by others, is named until its deadline; `PrunedCatalog` looks for those.
    The indexes have no TTL. A server with an allkeys-… policy evicts them all the same, and then products are not found,
    or named for good; where the policy may be asked for, a RuntimeWarning says so.

    Args:
        ttl: seconds that a product lives after it was added last.
        most: products that one call may take out of the indexes: some 20 µs each, in which Redis serves no other client.
    """

    def __init__(self, client, keys, *, ttl: float = 3600.0, most: int = 200):
        self.client, self.keys, self.ttl, self.most = client, keys, ttl, whole("most", most)
        milliseconds("ttl", ttl)
        self._books = [keys.catalog("pruning", "deadlines"), keys.catalog("pruning", "entries")]
        scripts = script("catalog_forget", "catalog_put"), script("catalog_forget", "catalog_ask")
        need(client, self.key, *scripts)
        warn_of_eviction(client, "the catalogue's indexes")
        self._put, self._look_up = map(client.register_script, scripts)
        self._base = keys.catalog("", "")[:-1]  # `prefix:{catalog}:`, to which the scripts add kind and name

    def add(self, id, fields: dict, *, category: str, tags=(), ttl: float | None = None) -> None:
        """List a product, in place of what had its id, and as the newest of its category.

        Args:
            ttl: seconds, instead of the catalogue's.

        Raises:
            TypeError: the category or a tag is not text.
            ValueError: a TTL that Redis could not keep.
        """
        names = [category, *([tags.encode()] if isinstance(tags, str) else tags)]
        if wrong := [name for name in names if not isinstance(name, str)]:
            raise TypeError(f"A category and tags are text; {wrong[0]!r} is not. Nothing was written.")
        life = milliseconds("ttl", self.ttl if ttl is None else ttl)
        about = [str(text(id)), life, json.dumps(names, ensure_ascii=False), *stored({**fields, "category": category})]
        self._put([*self._books, self.key(id)], [self._base, *about])

    def get(self, id) -> dict | None:
        """A product's fields; None if it has expired or was never there."""
        return text(self.client.hgetall(self.key(id))) or None

    def remove(self, id) -> bool:
        """Take a product out of the catalogue and of all indexes; False if it has expired, or never was there."""
        return self._put([*self._books, self.key(id)], [self._base, str(text(id))]) == 1

    def recent(self, category: str, n: int = 20) -> list[str]:
        """Ids of the category, at most `n`, the newest first."""
        index, n = self.keys.catalog("category", category), whole("n", n, least=0)
        return self._ask([index], "ZRANGE", index, 0, n - 1, "REV") if n > 0 else []

    def tagged(self, tag: str, *more: str) -> list[str]:
        """Ids of the products that have all these tags, in no order."""
        indexes = [self.keys.catalog("tag", name) for name in (tag, *more)]
        return self._ask(indexes, "SINTER", *indexes)

    def key(self, id) -> str:
        return self.keys.catalog("product", id)

    def _ask(self, indexes, *command) -> list[str]:
        for _ in range(TURNS):
            ids = self._look_up([*self._books, *indexes], [self._base, self.most, *command])
            if ids is not None:  # else it has taken out `most`, and there are more: each is taken out once
                return text(ids)
        raise RuntimeError(f"{TURNS:,} calls were not enough to take out what has expired: raise `most`, or try again.")


class PrunedCatalog(Catalog):
    """A catalogue on a server that may evict products, or for long times without a look-up."""

    def __init__(self, client, keys, **options):
        super().__init__(client, keys, **options)
        self._prune = client.register_script(script("catalog_forget", "catalog_prune"))

    def prune(self, limit: int = 100) -> int:
        """Look for `limit` products, picked at random as Redis does when it expires keys; returns how many were gone."""
        return self._prune(self._books, [self._base, whole("limit", limit)])
