"""A catalogue: products that expire, and indexes that name no others."""

import json

from redislab.lua import script


class Catalog:
    """Products are hashes with a time to live; a category is a sorted set by time, a tag a set, both of ids.

        catalog = Catalog(client, keys, ttl=3600)
        catalog.add(7, {"name": "Laptop", "price": 999}, category="electronics", tags=["portable", "new"])
        catalog.recent("electronics", 20)
        catalog.tagged("portable", "new")

    A key expires; what names it in an index does not. So the catalogue keeps each product's deadline, and the indexes
    that name it: whoever looks something up first has the overdue ones taken out, all of them before there is an
    answer, and at most `most` in one call. No answer names a product that has expired, nor one by tags that it had
    earlier. Each call is one script and one round trip, unless more than `most` have expired since the last look-up.

    It costs 100 to 200 bytes a product, and a member of a result its way through Lua, about 0.3 µs: hardly to be seen
    in hundreds of them, a third on top of SINTER in thousands. A script that may touch any index needs all of them in
    one slot: on a cluster all catalogues lie on one node, whatever their size. One for each tenant spreads, with
    `keys.tenant(name, together=True)`; a search index (Redis 8, FT.SEARCH) spreads too, and forgets by itself.

    Warning: a product that is evicted, or deleted by others, is not missed until its deadline; `prune` finds it by looking.

    Args:
        ttl: seconds that a product lives after it was added last.
        most: products that one call may forget: some 20 µs each, in which Redis serves nobody else.
    """

    def __init__(self, client, keys, *, ttl: float = 3600.0, most: int = 200):
        self.client, self.keys, self.ttl, self.most = client, keys, ttl, most
        self._script = client.register_script(script("catalog"))
        self._books = [keys.catalog("pruning", "deadlines"), keys.catalog("pruning", "entries")]
        self._base = keys.catalog("", "")[:-1]  # `prefix:{catalog}:`, to which the script adds kind and name

    def add(self, id, fields: dict, *, category: str, tags=(), ttl: float | None = None) -> None:
        """List a product, in place of what had its id, and as the newest of its category.

        Args:
            ttl: seconds, instead of the catalogue's.
        """
        life = max(1, round(1000 * (self.ttl if ttl is None else ttl)))
        names = json.dumps([category, *tags], ensure_ascii=False)
        pairs = [part for pair in {**fields, "category": category}.items() for part in pair]
        self._run("put", [self.key(id)], id, life, names, *pairs)

    def get(self, id) -> dict | None:
        """A product's fields; None if it has expired or was never there."""
        return self.client.hgetall(self.key(id)) or None

    def remove(self, id) -> bool:
        """Take a product out of the catalogue and of all indexes; False if it has expired, or never was there."""
        return self._run("remove", [self.key(id)], id) == 1

    def recent(self, category: str, n: int = 20) -> list[str]:
        """Ids of the category, at most `n`, the newest first."""
        index = self.keys.catalog("category", category)
        return self._ask([index], "ZRANGE", index, 0, n - 1, "REV") if n > 0 else []

    def tagged(self, tag: str, *more: str) -> list[str]:
        """Ids of the products that have all these tags, in no order."""
        indexes = [self.keys.catalog("tag", name) for name in (tag, *more)]
        return self._ask(indexes, "SINTER", *indexes)

    def prune(self, limit: int = 100) -> int:
        """Look for `limit` products, picked at random as Redis does when it expires keys; returns how many it forgot.

        Call it now and then where products may be evicted, or where nobody looks anything up.
        """
        return self._run("prune", [], limit)

    def key(self, id) -> str:
        return self.keys.catalog("product", id)

    def _ask(self, indexes, *command) -> list[str]:
        while (ids := self._run("ask", indexes, *command)) is None:
            pass  # it has forgotten `most`, and there are more: each is forgotten once
        return ids

    def _run(self, what, keys, *arguments):
        return self._script([*self._books, *keys], [self._base, self.most, what, *arguments])
