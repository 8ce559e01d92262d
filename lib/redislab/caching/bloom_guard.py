"""Cache-aside behind a Bloom filter: an id that never existed reaches neither the database nor the cache."""

from redislab.caching.resilient import Resilient


class BloomGuard(Resilient):
    """Asks a filter of all ids before it loads one, and answers None for an id that is not in the filter.

        known = BloomFilter(client, keys, "user", capacity=10_000)
        known.fill(database.users.ids)
        users = BloomGuard(client, database.users, keys, filter=known)

    A hit costs what it costs without the filter, an unknown id two round trips, and nothing is stored for it: a flood of
    ids that are each asked for once, against which a sentinel is no help, costs neither queries nor memory. The few that
    get through get `CacheAside`'s sentinel.

    Every new id has to be in the filter before its row is committed. `put` adds it; code that inserts rows in another way
    has to. If Redis is down during a put, or refuses, this process adds the id as soon as it can, in the background. Until
    then other processes take the row for missing; if this one ends before, until the filter is filled again.

    Args:
        filter: has `may_hold(id)` and `add(*ids)`: a BloomFilter, or a BitmapFilter.
        options: of Resilient.
    """

    def __init__(self, client, source, keys, *, filter, **options):
        super().__init__(client, source, keys, **options)
        self.filter = filter
        self._unheard = set()  # ids that did not get through to the filter

    def put(self, id, record) -> None:
        self.key(id)  # what cannot be a name is refused before it could stand in the way of the others
        self._unheard.add(id)
        self._try_or_later(self._tell)  # before the commit: a row that is not in the filter could not be read again
        super().put(id, record)

    def load(self, key, id):
        self._tell()
        return super().load(key, id) if self.filter.may_hold(id) else None

    def owes(self) -> bool:
        return bool(self._unheard) or super().owes()

    def make_up(self) -> None:
        self._tell()
        super().make_up()

    def _tell(self) -> None:
        if ids := list(self._unheard):
            self.filter.add(*ids)
            self._unheard.difference_update(ids)
