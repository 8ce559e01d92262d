"""The module's own versions, for comparison: right while nothing goes wrong."""

import json
import math
import secrets
import time

from redislab.keys.replies import text
from redislab.lua import script


class ModuleFixedWindow:
    """The module's fixed window: INCR, and EXPIRE after the first.

    The boundary admits twice the limit, as that of `FixedWindow` does. Each application counts in the window of its own
    clock; and one that dies between its two commands leaves a counter behind for good.

    Args:
        window: seconds; the module's is an hour.
        clock: seconds, the application's own.
    """

    def __init__(self, client, keys, *, limit, window=3600, clock=time.time):
        self.client, self.keys, self.limit, self.window, self.clock = client, keys, limit, window, clock

    def allow(self, subject) -> bool:
        key = self.key(subject)
        count = self.client.incr(key)
        if count == 1:
            self.client.pexpire(key, math.ceil(1000 * self.window))
        return count <= self.limit

    def key(self, subject) -> str:
        return self.keys.limit(f"module-fixed-{int(self.clock() / self.window)}", subject)


class ModuleSlidingWindow(ModuleFixedWindow):
    """The module's sliding window: four commands, and anybody else's between them.

    All clients that count before the first of them adds are admitted: at worst the limit is exceeded by one less than
    there are clients. The member is the time, so that two requests of one moment are logged as one. `SlidingLog`
    mends both.
    """

    def allow(self, subject) -> bool:
        key, now = self.key(subject), self.clock()
        self.client.zremrangebyscore(key, 0, now - self.window)
        if self.client.zcard(key) >= self.limit:
            return False
        self.client.zadd(key, {str(now): now})
        self.client.pexpire(key, math.ceil(1000 * self.window))
        return True

    def key(self, subject) -> str:
        return self.keys.limit("module-sliding", subject)


class ModuleSlidingScript(ModuleSlidingWindow):
    """The module's sliding window in Lua: no command comes between, but the member is still the time, and that the caller's.

    With clocks that count milliseconds, what comes within one is logged once: a fast burst is admitted whole.
    """

    def __init__(self, client, keys, **options):
        super().__init__(client, keys, **options)
        self._script = client.register_script(script("module_sliding_window"))

    def allow(self, subject) -> bool:
        return self._script([self.key(subject)], [self.clock(), self.window, self.limit]) == 0


class ModuleTokenBucket:
    """The module's token bucket, mended so far that it compiles: its comments were Python's.

    The time is the caller's. One application whose clock is a minute fast dates the bucket a minute ahead, and for all
    others it loses tokens until that minute is over. `TokenBucket` asks Redis for the time.
    """

    def __init__(self, client, keys, *, capacity, rate, clock=time.time):
        self.client, self.keys, self.capacity, self.rate, self.clock = client, keys, capacity, rate, clock
        self._script = client.register_script(script("module_token_bucket"))

    def allow(self, subject) -> bool:
        return self._script([self.key(subject)], [self.capacity, self.rate, self.clock()]) == 0

    def key(self, subject) -> str:
        return self.keys.limit("module-bucket", subject)


class ModuleProfile:
    """The module's profile as a hash, and its "fields with a TTL", which are keys.

    What is nested cannot go into a hash: redis-py refuses it, so the module's good version holds three fields of what its
    bad one held in over 150, and says nothing of it. HSET leaves the fields of before. A TTL counts whole seconds, and
    `user:42:session_token` looks like one more user to code that scans for them. `Profile` mends it.
    """

    def __init__(self, client, keys):
        self.client, self.keys = client, keys

    def save(self, id, fields) -> None:
        self.client.hset(self.keys.profile(id), mapping=fields)

    def get(self, id) -> dict:
        return text(self.client.hgetall(self.keys.profile(id)))

    def put_for(self, id, field, value, ttl) -> None:
        self.client.set(f"{self.keys.profile(id)}:{field}", value, ex=int(ttl))


class ModuleSessions:
    """The module's sessions: HSET, then EXPIRE, to begin one and to keep it alive.

    A touch does not look whether the session is still there, and looking first would leave a gap: one that has expired
    comes back with nothing but its last activity. One whose application dies between the two commands stays for good.
    """

    def __init__(self, client, keys, *, ttl=1800.0):
        self.client, self.keys, self.ttl = client, keys, ttl

    def create(self, user, **fields) -> str:
        id = secrets.token_urlsafe(24)
        self.client.hset(self.keys.session(id), mapping={"user": user, **fields})
        self.client.pexpire(self.keys.session(id), round(1000 * self.ttl))
        return id

    def touch(self, id) -> bool:
        self.client.hset(self.keys.session(id), "last_activity", str(time.time()))
        return self.client.pexpire(self.keys.session(id), round(1000 * self.ttl))

    def get(self, id) -> dict | None:
        return text(self.client.hgetall(self.keys.session(id))) or None


class ModuleCatalog:
    """The module's catalogue: a product expires, and its id stays in the category and under the tags, for good.

    What comes back under an old id has the old tags as well. It lies under the keys of `Catalog`, for comparison; the
    module's own, `product:1` and `tag:new`, are in slots of their own, where a cluster refuses SINTER.
    """

    def __init__(self, client, keys, *, ttl=3600.0):
        self.client, self.keys, self.ttl = client, keys, ttl

    def add(self, id, fields, *, category, tags=()) -> None:
        product = self.keys.catalog("product", id)
        self.client.hset(product, mapping={**fields, "category": category})
        self.client.pexpire(product, round(1000 * self.ttl))
        self.client.zadd(self.keys.catalog("category", category), {id: time.time()})
        for tag in tags:
            self.client.sadd(self.keys.catalog("tag", tag), id)

    def recent(self, category, n=20) -> list:
        return text(self.client.zrange(self.keys.catalog("category", category), 0, n - 1, desc=True))

    def tagged(self, *tags) -> list:
        return list(text(self.client.sinter([self.keys.catalog("tag", tag) for tag in tags])))


class ModuleFeed:
    """The module's feed: a list, and pages by their number. `after` is the number of the page before.

    Each item that arrives moves all others one place on, so that the next page begins with what the last one ended
    with; each one that is withdrawn moves them back, and some are never shown. Between LPUSH and EXPIRE an
    application may die. `Feed` mends it.

    Args:
        cap: None: never trimmed.
    """

    def __init__(self, client, keys, *, cap=100, ttl=86_400.0):
        self.client, self.keys, self.cap, self.ttl = client, keys, cap, ttl

    def post(self, owner, item) -> None:
        key = self.keys.feed(owner)
        self.client.lpush(key, json.dumps(item))
        if self.cap is not None:
            self.client.ltrim(key, 0, self.cap - 1)
        self.client.pexpire(key, round(1000 * self.ttl))

    def page(self, owner, size=20, *, after=None) -> tuple[list, int]:
        number = (after or 0) + 1
        found = self.client.lrange(self.keys.feed(owner), (number - 1) * size, number * size - 1)
        return [json.loads(item) for item in found], number if found else None
