"""What the server has of a catalogue: products listed and alive, memory, and the time of its intersections."""

CATEGORIES, TAGS = [f"category-{n}" for n in range(5)], [f"tag-{n}" for n in range(12)]
MOST = 5000  # products


class Inventory:
    """Counts a catalogue from outside, on a server whose SLOWLOG takes down every command."""

    def __init__(self, client, keys):
        self._client, self._logged = client, 0  # the newest entry of the SLOWLOG that was read
        self._categories = [keys.catalog("category", name) for name in CATEGORIES]
        self._indexes = [*self._categories, *(keys.catalog("tag", name) for name in TAGS)]
        self._records = [keys.catalog("pruning", name) for name in ("deadlines", "entries")]
        self._products = [keys.catalog("product", id) for id in range(MOST)]

    def count(self) -> dict:
        """How many products are listed, and how many alive, at one moment; % of the entries that lead to nothing; KB."""
        with self._client.pipeline(transaction=True) as together:
            for key in self._categories:
                together.zcard(key)
            together.exists(*self._products)
            *sizes, living = together.execute()
        listed = sum(sizes)
        return {
            "listed": listed,
            "living": living,
            "dangling": 100 * (1 - living / listed) if listed else None,
            "expired": self._client.info("stats")["expired_keys"],
            "indexes": self._kilobytes(self._indexes),
            "records": self._kilobytes(self._records),
        }

    def intersections(self) -> list[int]:
        """The µs that the server took for each intersection since the last call."""
        new = [entry for entry in self._client.slowlog_get(128) if entry["id"] > self._logged]
        self._logged = max((entry["id"] for entry in new), default=self._logged)
        return [entry["duration"] for entry in reversed(new) if "SINTER" in str(entry["command"])]

    def _kilobytes(self, keys) -> float:
        return sum(self._client.memory_usage(key) or 0 for key in keys) / 1e3
