"""Change a value only if it still is what it was thought to be."""

import redis

from redislab.keys.replies import suited
from redislab.lua import script


class CompareAndSet:
    """Optimistic locking on one key in one round trip; the key keeps its TTL.

        swap = CompareAndSet(client)
        swap("config:version", "1.2.3", "1.2.4")     # True, or False: another client was faster

    Redis 8.4 and Valkey 8.1 can do it by themselves, `SET key new IFEQ old KEEPTTL`; elsewhere a script does. WATCH does it
    everywhere in three round trips, and again whenever it was disturbed.

    A value that goes from A to B and back to A looks unchanged. Where that matters, compare versions, which only grow.

    Args:
        native: whether to use IFEQ; None tries it at the first call, and remembers what the server said.
    """

    def __init__(self, client, *, native: bool | None = None):
        self.client, self.native = suited(client), native
        self._script = client.register_script(script("compare_and_set"))

    def __call__(self, key: str, expected: str, new: str) -> bool:
        """Store `new` if the key holds `expected`. A key that is not there holds nothing: use `SET NX` for that."""
        if self.native is not False:
            try:
                swapped = bool(self.client.execute_command("SET", key, new, "IFEQ", expected, "KEEPTTL"))
                self.native = True
                return swapped
            except redis.ResponseError as refusal:
                if "syntax error" not in str(refusal):
                    raise
                self.native = False  # the server does not know IFEQ, and has done nothing
        return self._script(keys=[key], args=[expected, new]) == 1
