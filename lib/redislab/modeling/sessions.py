"""Sessions: a hash for each, which lives as long as its user comes back in time."""

import secrets

from redislab.keys.numbers import milliseconds, stored
from redislab.keys.permits import need
from redislab.keys.replies import text
from redislab.lua import script


class Sessions:
    """A session is a hash with a time to live that restarts with each touch (sliding expiry).

        sessions = Sessions(client, keys, ttl=1800)
        id = sessions.create(42, role="admin")
        sessions.touch(id)  # False: it is over, ask for the password again

    Each call is one round trip, and atomic. HSET and EXPIRE apart are not: an application that dies between them
    leaves a session for good. Nor is EXISTS, then HSET: a session may expire between them, and HSET makes a key
    that is not there, so the late write brings it back, without its user. `ModuleSessions` has both.

    What only keeps a session alive needs no script: EXPIRE makes nothing, and EXPIRE … XX touches only what has a TTL
    (Redis 7). From Redis 8 HSETEX … FXX sets a field only where it is there already; it gives the field a TTL, though,
    and not the session.

    A server that evicts keys (any policy but noeviction) may end sessions early.

    Args:
        ttl: seconds that a session lives without a touch.

    Raises:
        ValueError: a TTL that Redis could not keep, or a user who may not do what is needed.
    """

    def __init__(self, client, keys, *, ttl: float = 1800.0):
        self.client, self.keys, self.ttl = client, keys, ttl
        milliseconds("ttl", ttl)
        need(client, keys.session, script("touch"))
        self._touch = client.register_script(script("touch"))

    def create(self, user, **fields) -> str:
        """A new session of `user`; returns its id, which cannot be guessed (192 random bits)."""
        id = secrets.token_urlsafe(24)
        key = self.keys.session(id)
        pipeline = self.client.pipeline(transaction=True)
        pipeline.hset(key, items=stored({"user": user, **fields})).pexpire(key, milliseconds("ttl", self.ttl)).execute()
        return id

    def touch(self, id: str, /, **fields) -> bool:
        """Keep it alive for another TTL, set `last_activity` (s, the server's time) and `fields`; False if it is over."""
        return self._touch([self.keys.session(id)], [milliseconds("ttl", self.ttl), *stored(fields)]) == 1

    def get(self, id: str) -> dict | None:
        """Its fields; None if it has expired, was ended, or never was. Its time to live goes on."""
        return text(self.client.hgetall(self.keys.session(id))) or None

    def end(self, id: str) -> bool:
        """Log out. No request that is still under way can bring it back."""
        return self.client.delete(self.keys.session(id)) == 1
