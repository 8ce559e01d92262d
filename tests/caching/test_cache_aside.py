"""Cache-aside: what a hit, a miss and a write send, and what is kept for how long."""

from redislab.bench import watch
from redislab.caching import CacheAside
from tests.caching.test_caching import Counted


def names(sent) -> list[str]:
    return [command.text.split()[0] for command in sent.commands]


def test_a_miss_is_a_get_and_a_set_and_a_hit_a_get(lab, database, keys):
    cache = CacheAside(lab.client(), database.users, keys)
    with watch(cache.client) as sent:
        cache.get(5)
    assert names(sent) == ["GET", "SET"]
    with watch(cache.client) as sent:
        cache.get(5)
    assert names(sent) == ["GET"]


def test_a_write_deletes_the_entry(lab, database, keys):
    cache = CacheAside(lab.client(), database.users, keys)
    record = cache.get(5)
    with watch(cache.client) as sent:
        cache.put(5, record)
    assert names(sent) == ["DEL"]
    assert not lab.redis.exists(keys.user(5))


def test_a_missing_id_is_asked_for_once(lab, database, keys):
    users = Counted(database.users)
    cache = CacheAside(lab.client(), users, keys, missing_ttl=3, jitter=0)
    assert [cache.get(10**9) for _ in range(20)] == [None] * 20
    assert users.finds == 1
    assert lab.redis.get(keys.user(10**9)) == "null"
    assert 0 < lab.redis.pttl(keys.user(10**9)) <= 3000


def test_a_ttl_of_zero_stores_nothing(lab, database, keys):
    users = Counted(database.users)
    cache = CacheAside(lab.client(), users, keys, ttl=0, missing_ttl=0)
    assert [cache.get(1)["id"] for _ in range(3)] == [1, 1, 1]
    assert cache.get(10**9) is None
    assert users.finds == 4
    assert not list(lab.redis.scan_iter(f"{keys.prefix}:*"))


def test_ttls_vary_by_the_jitter(lab, database, keys):
    cache = CacheAside(lab.client(), database.users, keys, ttl=100, jitter=0.5)
    lives = [cache.life_ms() / 1000 for _ in range(200)]
    assert 50 <= min(lives) < 75 and 125 < max(lives) <= 150
    cache.jitter = 0
    assert cache.life_ms() == 100_000
