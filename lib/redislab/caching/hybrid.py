"""Hybrid: each kind of thing by the pattern that suits it."""


class Hybrid:
    """Routes `get` and `put` by kind; a kind is a name, and a pattern with a table and keys of its own.

        shop = Hybrid({
            "user": WriteThrough(client, database.users, keys),
            "product": RefreshAhead(client, database.products, keys, ttl=10),
            "order": CacheAside(client, database.orders, keys),
        })
        shop.get("product", 42)

    It adds one look into a dict. Each pattern names its keys by the kind of its own table, so that user 42 and
    product 42 are two entries.

    Raises:
        ValueError: no such kind; or, at the door, two kinds whose entries would overwrite each other.
    """

    def __init__(self, patterns: dict):
        self.patterns = dict(patterns)
        born = {}
        for kind, pattern in self.patterns.items():
            shape = pattern.keys.entity(pattern.source.kind, "…")
            if shape in born:
                raise ValueError(
                    f"{born[shape]!r} and {kind!r} would share the keys {shape}: the {kind} with an id would be read as "
                    f"the {born[shape]} with that id. Give one of them a table of another kind, or another namespace."
                )
            born[shape] = kind

    def get(self, kind: str, id) -> dict | None:
        return self._pattern(kind).get(id)

    def put(self, kind: str, id, record) -> None:
        self._pattern(kind).put(id, record)

    def _pattern(self, kind: str):
        if kind not in self.patterns:
            raise ValueError(f"There is no kind {kind!r}. Choose one of: {', '.join(self.patterns)}.")
        return self.patterns[kind]
