"""A token that expires, as a field of a hash and as a key of its own."""

import functools

from redislab.modeling import Profile
from redislab.modeling.profile import DEADLINES

TTL = 3.0  # s
TOKEN, NATIVE, APART = "token", "in the hash", "apart"  # the field, and the ids of the two profiles that have it


class Token:
    """Kept for 3 s in a profile's hash, where the server can (`able`), and as a key of its own."""

    value = "9F3A"

    def __init__(self, client, keys):
        self._native, self._client, self._key = Profile(client, keys), client, keys.entity("token", APART)
        self.able, self.bytes = self._native.field_ttl != DEADLINES, {}
        self._hash = keys.profile(NATIVE)

    def keep(self) -> None:
        self._client.set(self._key, self.value, px=round(1000 * TTL))
        weigh = functools.partial(self._client.memory_usage, samples=0)
        self.bytes = {"key_bytes": weigh(self._key)}
        if self.able:
            self._client.delete(self._hash)
            self._native.update(NATIVE, name="Ann")
            alone = weigh(self._hash)
            self._native.put_for(NATIVE, TOKEN, self.value, TTL)
            self.bytes["field_bytes"] = weigh(self._hash) - alone

    def overwrite(self) -> None:
        """By a plain HSET, which takes the field's TTL away."""
        if self.able:
            self._native.update(NATIVE, **{TOKEN: "77B1"})

    def figures(self) -> dict:
        """Seconds left, as "field_left" and "key_left", and whether the field "stays" for good."""
        left = self._native.left(NATIVE, TOKEN) if self.able else None
        left_apart = self._client.pttl(self._key)
        return self.bytes | {
            "able": self.able,
            "field_left": left,
            "key_left": left_apart / 1000 if left_apart > 0 else None,
            "stays": self.able and left is None and self._native.fields(NATIVE, TOKEN)[TOKEN] is not None,
        }


def told(values: dict) -> list[str]:
    """What there is to say of it, from its figures."""
    if not values["able"]:
        return ["This server has no TTL for fields (Redis 7.4 and Valkey 9 have): the token is a key of its own."]
    if values["stays"]:
        return ["The token's field has no TTL any more: the plain HSET took it away, and the token stays for good."]
    if values.get("field_left") is not None:
        return [f"The token's field is gone in {values['field_left']:.1f} s, and the rest of the hash stays."]
    return []
