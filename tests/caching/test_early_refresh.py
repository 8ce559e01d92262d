import json
import random
import time

from redislab.caching import EarlyRefresh
from redislab.keys import KeyNamespace
from tests.caching.test_caching import Counted
from tests.conftest import runs


def refreshes(lab, database, *, left_ms: int, beta: float, reads: int = 300) -> int:
    """How many of `reads` reload an entry that took 10 ms to load and has `left_ms` to live."""
    keys = KeyNamespace(f"{lab.prefix}:{next(runs)}")
    users = Counted(database.users)
    cache = EarlyRefresh(lab.client(), users, keys, ttl=60, beta=beta)
    entry = '[0.01, {"id": 1}]'
    for _ in range(reads):
        lab.redis.set(keys.user(1), entry, px=left_ms)
        cache.get(1)
    return users.finds


def test_an_entry_with_much_time_left_is_not_refreshed(lab, database):
    assert refreshes(lab, database, left_ms=60_000, beta=1.0) == 0


def test_the_chance_of_a_refresh_grows_towards_the_end_and_with_beta(lab, database):
    # exp(-left / (seconds · beta)): with 20 ms left e⁻² of the reads at β = 1, e⁻⁰·⁵ at β = 4
    near, nearer = (refreshes(lab, database, left_ms=left, beta=1.0) for left in (50, 10))
    eager = refreshes(lab, database, left_ms=50, beta=8.0)
    assert near < 60 < nearer
    assert eager > 100


def test_the_time_of_the_load_is_stored_with_the_value(lab, database):
    keys = KeyNamespace(f"{lab.prefix}:{next(runs)}")
    database.added_latency = 0.05
    EarlyRefresh(lab.client(), database.users, keys).get(4)
    seconds, record = json.loads(lab.redis.get(keys.user(4)))
    assert 0.05 <= seconds < 1 and record == database.users.find(4)


def test_readers_spread_over_the_end_do_not_stampede(lab, database):
    keys, users = KeyNamespace(f"{lab.prefix}:{next(runs)}"), Counted(database.users)
    database.added_latency = 0.02
    cache = EarlyRefresh(lab.client(), users, keys, ttl=0.5)
    end = time.monotonic() + 2
    while time.monotonic() < end:
        cache.get(1)
        time.sleep(random.uniform(0, 0.004))
    assert 4 <= users.finds <= 30  # about one for each TTL, where a missing entry would cost one for each reader
