"""XFetch: refresh before the end, at a random moment that fits the time a refresh takes."""

import json
import math
import random
import time

from redislab.caching.cache_aside import CacheAside


class EarlyRefresh(CacheAside):
    """Each reader may refresh an entry before it expires, with a chance that grows towards the end.

    A reader refreshes if  −Δ·β·ln(u) ≥ the time left,  with Δ the seconds that the last load took and
    u uniform in (0, 1) (Vattani, Chierichetti, Lowenstein: "Optimal Probabilistic Cache Stampede
    Prevention", PVLDB 8(8), 2015). Value and time left come in one round trip, Δ is stored with the
    value. There is no lock: of many readers in step a few refresh at once, and each waits for its own
    load. `ServeStale` makes one load, and nobody wait.

    Args:
        beta: above 1 refreshes earlier, below 1 later.
    """

    def __init__(self, client, source, keys, *, beta=1.0, **options):
        super().__init__(client, source, keys, **{"single_flight": False, "jitter": 0.0, **options})
        self.beta = beta

    def _get(self, key, id):
        cached, left = self.client.pipeline(transaction=False).get(key).pttl(key).execute()
        if cached is not None:
            entry = json.loads(cached)
            if left / 1000 > -entry["seconds"] * self.beta * math.log(1 - random.random()):
                return entry["record"]
        began = time.perf_counter()
        record = self.source.find(id)
        entry = {"seconds": time.perf_counter() - began, "record": record}
        self._store(key, json.dumps(entry), None, self.ttl if record else self.missing_ttl)
        return record
