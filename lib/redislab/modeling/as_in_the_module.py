"""The module's own versions, for comparison: right while nothing goes wrong."""

import math
import time

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
        return self.keys.limit("module-fixed", f"{subject}:{int(self.clock() / self.window)}")


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
    `user:42:session_token` looks like one more user to whoever scans for them. `Profile` mends it.
    """

    def __init__(self, client, keys):
        self.client, self.keys = client, keys

    def save(self, id, fields) -> None:
        self.client.hset(self.keys.profile(id), mapping=fields)

    def get(self, id) -> dict:
        return self.client.hgetall(self.keys.profile(id))

    def put_for(self, id, field, value, ttl) -> None:
        self.client.set(f"{self.keys.profile(id)}:{field}", value, ex=int(ttl))
