"""XFetch: refresh an entry before it expires, at a random moment that fits the time a load takes."""

import math
import random
import time

from redislab.caching.cache_aside import CacheAside
from redislab.caching.checked import Checked
from redislab.keys.numbers import within
from redislab.keys.records import BROKEN, is_record, pack, unpack


class EarlyRefresh(CacheAside):
    """Each reader may refresh an entry before it expires, with a probability that grows as the end comes near.

    A reader refreshes if  −Δ·β·ln(u) ≥ the time left,  with Δ the seconds that the last load took and u uniform in (0, 1)
    (Vattani, Chierichetti, Lowenstein: "Optimal Probabilistic Cache Stampede Prevention", PVLDB 8(8), 2015). Value and
    time left come in one round trip, Δ is stored with the value, as `[Δ, record]`: the other patterns take that for a
    miss, and this one theirs. There is no lock: of many readers in step a few refresh at the same time, and each waits for
    its own load. As in `CacheAside`, a slow one may store the old row after a write, and it stays for a whole TTL.
    `ServeStale` makes one load, makes no reader wait, and refuses that store.

    Args:
        beta: above 1 refreshes earlier, below 1 later.
        options: of CacheAside.
    """

    beta = Checked(within, "a factor", 0, 1000)

    def __init__(self, client, source, keys, *, beta=1.0, jitter=0.0, **options):
        super().__init__(client, source, keys, jitter=jitter, **options)
        self.beta = beta

    def read(self, key, id):
        pipeline = self.client.pipeline(transaction=False).get(key).pttl(key)
        try:
            cached, left = pipeline.execute()
            seconds, record = unpack(cached)
            fresh = -seconds * self.beta * math.log(1 - random.random()) < left / 1000 and is_record(record)
        except BROKEN:  # nothing is there, or nothing of this pattern's
            fresh = False
        return record if fresh else self.load(key, id)

    def load(self, key, id):
        began = time.perf_counter()
        record = self.source.find(id)
        seconds = time.perf_counter() - began
        if life := self.life_ms(missing=record is None):
            self.client.set(key, f"[{seconds}, {pack(record)}]", px=life)
        return record
