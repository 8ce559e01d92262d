"""Single flight: of all the readers who miss, one asks the database."""

import random
import secrets
import time

from redislab.caching.cache_aside import CacheAside
from redislab.caching.checked import seconds
from redislab.caching.entries import MISS, fetch
from redislab.keys.records import pack
from redislab.lua import script


class SingleFlight(CacheAside):
    """When an entry is gone, one reader takes the lease and loads; the others wait for what it stores.

    The lease is a key beside the entry, with the reader's number in it and a TTL, so that a reader that dies while
    loading blocks no reader for long. A write deletes the lease together with the entry. A reader that loaded the old
    row then finds its lease gone, and cannot store it; so all writers of these rows have to come this way. A miss costs
    three round trips and the load.

    No reader waits for more than one lease. If that one ends and nothing was stored (the load failed, a write came, the
    TTL is 0), the reader asks the database itself. `EarlyRefresh` makes hardly any reader wait, `ServeStale` none.

    Args:
        lease_ttl: seconds after which a reader that died while loading is given up; longer than a load takes.
        options: of CacheAside.
    """

    lease_ttl = seconds(least=0.001)

    def __init__(self, client, source, keys, *, lease_ttl=5.0, **options):
        super().__init__(client, source, keys, **options)
        self.lease_ttl = lease_ttl
        self._lease = client.register_script(script("lease"))
        self._fill = client.register_script(script("fill"))

    def put(self, id, record) -> None:
        self.lease(self.key(id))  # an id that cannot have a lease is refused before the commit, not after it
        super().put(id, record)

    def load(self, key, id):
        token, pause, awaited, foreign = secrets.randbits(52), 0.002, None, False
        deadline = time.monotonic() + self.lease_ttl
        while time.monotonic() < deadline:
            answer = self._lease([key, self.lease(key)], [token, round(1000 * self.lease_ttl)])
            if answer == token:
                return self.fill(key, id, token)
            if answer is None:  # by now there is an entry
                if (record := fetch(self.client, key)) is not MISS:
                    return record
                if foreign:  # looked at twice, so it is not gone again, but none of ours
                    self.client.delete(key)
                foreign = True
                continue
            if awaited not in (None, answer):
                break  # the lease has a new holder: the one we waited for has stored nothing
            awaited = answer
            time.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(2 * pause, 0.05)
        return self.source.find(id)

    def fill(self, key, id, token):
        """Load the record, and store it if the lease is still there; if anything fails, give the lease back."""
        text, life = "", 0
        try:
            record = self.source.find(id)
            text, life = pack(record), self.life_ms(missing=record is None)
        finally:
            self.store(key, text, life, token)
        return record

    def store(self, key, text, life, token) -> None:
        """Store the text for `life` ms and give the lease back; 0: only give it back."""
        self._fill([key, self.lease(key)], [token, text, life])

    def forget(self, key) -> None:
        self.client.delete(key, self.lease(key))

    def lease(self, key) -> str:
        return self.keys.beside(key, "lease")
