"""XFetch: refresh an entry before it expires, at a random moment that fits the time a load takes."""

import json
import math
import random
import time

from redislab.caching.cache_aside import CacheAside


class EarlyRefresh(CacheAside):
    """Each reader may refresh an entry before it expires, with a probability that grows as the end comes near.

    A reader refreshes if  −Δ·β·ln(u) ≥ the time left,  with Δ the seconds that the last load took and u uniform in (0, 1)
    (Vattani, Chierichetti, Lowenstein: "Optimal Probabilistic Cache Stampede Prevention", PVLDB 8(8), 2015). Value and
    time left come in one round trip, Δ is stored with the value. There is no lock: of many readers in step a few refresh
    at the same time, and each waits for its own load. As in `CacheAside`, a slow one may store the old row after a write.
    `ServeStale` makes one load, makes no reader wait, and refuses that store.

    Args:
        beta: above 1 refreshes earlier, below 1 later.
        options: of CacheAside.
    """

    def __init__(self, client, source, keys, *, beta=1.0, jitter=0.0, **options):
        super().__init__(client, source, keys, jitter=jitter, **options)
        self.beta = beta

    def read(self, key, id):
        cached, left = self.client.pipeline(transaction=False).get(key).pttl(key).execute()
        if cached is not None:
            entry = json.loads(cached)
            if left / 1000 > -entry["seconds"] * self.beta * math.log(1 - random.random()):
                return entry["record"]
        return self.load(key, id)

    def load(self, key, id):
        began = time.perf_counter()
        record = self.source.find(id)
        entry = {"seconds": time.perf_counter() - began, "record": record}
        if life := self.life_ms(missing=record is None):
            self.client.set(key, json.dumps(entry), px=life)
        return record
