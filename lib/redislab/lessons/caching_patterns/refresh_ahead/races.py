"""Two refreshers and a writer. Here the reader that finds an entry due refreshes it, without a thread of its own."""

from redislab.bench.races import races
from redislab.caching import RefreshAhead
from redislab.lessons.caching_patterns.as_in_the_module import ModuleRefreshAhead
from redislab.lessons.caching_patterns.late_set.races import ID, STALE, new_row

FOREVER = 2**53  # ms: whatever the entry has left, it is due


def refresh(client, products, keys):
    ModuleRefreshAhead(client, products, keys).load(keys.product(ID), ID)


def write(client, products, keys):
    ModuleRefreshAhead(client, products, keys).put(ID, new_row(products))


def refresh_with_lease(client, products, keys):
    RefreshAhead(client, products, keys)._reload(keys.product(ID), ID, FOREVER)


def write_with_lease(client, products, keys):
    RefreshAhead(client, products, keys).put(ID, new_row(products))


refreshers = races(refresh, refresh, write, title="Two refreshers and a writer", **STALE)
better_refreshers = races(
    refresh_with_lease, refresh_with_lease, write_with_lease, title="Two refreshers with a lease, and a writer", **STALE
)
