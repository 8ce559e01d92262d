"""A user's profile: a hash with a field for each of its parts, and its twin, one string of JSON."""

import functools
import json

HSETEX, HPEXPIRE, KEYS = "HSETEX", "HPEXPIRE", "separate keys"


class Profile:
    """A profile as a hash: each field is read, written and counted by itself, in one round trip.

        users = Profile(client, keys, types={"visits": int})
        users.save(42, {"name": "Ann", "visits": 0})
        users.update(42, name="Anne")            # HSET: writes the field, reads nothing
        users.add(42, "visits")                  # HINCRBY
        users.put_for(42, "code", "9F3A", 300)   # gone in five minutes, and the rest stays

    A blind write undoes nobody else's: fields do not meet. To read a field, compute, and write it back loses what others
    wrote in between, just as with JSON; for numbers, `add` leaves that to Redis.

    What it costs: reading *all* of many fields takes longer than reading one string, and more than 512 fields, or a
    value over 64 bytes, make Redis change to a form that takes about twice the memory. `JsonProfile` avoids both.

    Args:
        types: what a field becomes when it is read, such as `int`; Redis keeps text, and `str` is what comes out of it
            otherwise. Values to be stored are str, int or float.
        field_ttl: how a field expires, "HSETEX", "HPEXPIRE" or "separate keys"; without it, the server is asked.
    """

    def __init__(self, client, keys, *, types=None, field_ttl: str | None = None):
        self.client, self.keys, self.types = client, keys, types or {}
        if field_ttl:
            self.field_ttl = field_ttl

    @functools.cached_property
    def field_ttl(self) -> str:
        """The best that the server can: HSETEX (Redis 8, Valkey 9), HPEXPIRE (Redis 7.4), else keys. Asked once."""
        for command in (HSETEX, HPEXPIRE):
            if self.client.execute_command("COMMAND LIST", "FILTERBY", "PATTERN", command.lower()):
                return command
        return KEYS

    def save(self, id, fields: dict) -> None:
        """Put these fields in the place of all there were, and of their TTLs.

        Raises:
            ValueError: there are none, or a value is not a str, int or float.
        """
        if not fields:
            raise ValueError(
                f"Profile {id} has no fields, and a hash without fields does not exist. Delete it instead."
            )
        key, fields = self.keys.profile(id), _texts(fields)
        with self.client.pipeline(transaction=True) as both:
            both.unlink(key)
            both.hset(key, mapping=fields)
            both.execute()

    def get(self, id) -> dict | None:
        """All of it, O(fields); None if there is none. What lives in keys of its own is not in it."""
        return self._typed(self.client.hgetall(self.keys.profile(id))) or None

    def fields(self, id, *names: str) -> dict:
        """These fields, by name; None for what is not there."""
        found = dict(zip(names, self.client.hmget(self.keys.profile(id), names), strict=True))
        missing = [name for name in names if found[name] is None]
        if missing and self.field_ttl == KEYS:
            found |= zip(missing, self.client.mget([self._own(id, name) for name in missing]), strict=True)
        return self._typed(found)

    def update(self, id, /, **fields) -> None:
        """Write these fields and leave the others alone; if there is no such profile, there is one now.

        Warning: a field that was put for a while stays for good after this, as a key does after a plain SET.
        """
        self.client.hset(self.keys.profile(id), mapping=_texts(fields))

    def add(self, id, field: str, by: int | float = 1) -> int | float:
        """Add to a number, atomically, and return the sum; a field that is not there counts as 0."""
        key = self.keys.profile(id)
        return self.client.hincrby(key, field, by) if isinstance(by, int) else self.client.hincrbyfloat(key, field, by)

    def put_for(self, id, field: str, value, ttl: float) -> None:
        """Write a field that is gone after `ttl` seconds.

        One command with HSETEX, one transaction with HPEXPIRE. A server that knows neither keeps it as a key of its own:
        some 100 bytes more, not part of `get`, and not removed by `save`.
        """
        if ttl <= 0:
            raise ValueError(f"ttl = {ttl!r} does not work: choose seconds above 0.")
        key, text, life = self.keys.profile(id), _texts({field: value}), max(1, round(1000 * ttl))
        if self.field_ttl == HSETEX:
            self.client.hsetex(key, mapping=text, px=life)
            return
        with self.client.pipeline(transaction=True) as both:
            if self.field_ttl == HPEXPIRE:
                both.hset(key, mapping=text)
                both.hpexpire(key, life, field)
            else:
                both.set(self._own(id, field), value, px=life)
                both.hdel(key, field)
            both.execute()

    def left(self, id, field: str) -> float | None:
        """Seconds until the field is gone; None if it has no end, or is not there."""
        key = self.keys.profile(id)
        if self.field_ttl != KEYS:
            left = (self.client.hpttl(key, field) or [-2])[0]
        else:
            left = -1 if self.client.hexists(key, field) else self.client.pttl(self._own(id, field))
        return left / 1000 if left >= 0 else None

    def _own(self, id, field: str) -> str:
        return self.keys.beside(self.keys.profile(id), f"profile-{field}")

    def _typed(self, found: dict) -> dict:
        for name, type in self.types.items():
            if found.get(name) is not None:
                found[name] = type(found[name])
        return found


class JsonProfile:
    """The same interface on one string of JSON, under `keys.user(id)`.

    Types and nesting travel by themselves, one GET reads everything, and no form takes less memory. But to change a
    field is to read, parse, build and write all of it: two round trips, every byte of it over the network twice, and
    whatever somebody else wrote in between is lost, in this field or in any other. Its parts cannot expire by
    themselves. `Profile` avoids all of that.
    """

    def __init__(self, client, keys):
        self.client, self.keys = client, keys

    def save(self, id, fields: dict) -> None:
        self.client.set(self.keys.user(id), json.dumps(fields))

    def get(self, id) -> dict | None:
        text = self.client.get(self.keys.user(id))
        return None if text is None else json.loads(text)

    def fields(self, id, *names: str) -> dict:
        """These fields, by name; None for what is not there. All of the profile travels for it."""
        profile = self.get(id) or {}
        return {name: profile.get(name) for name in names}

    def update(self, id, /, **fields) -> None:
        """Read, change, write. Not atomic: a write of somebody else's in between is undone."""
        self._write(id, (self.get(id) or {}) | fields)

    def add(self, id, field: str, by: int | float = 1) -> int | float:
        """Add to a number and return the sum. Not atomic either."""
        profile = self.get(id) or {}
        profile[field] = profile.get(field, 0) + by
        self._write(id, profile)
        return profile[field]

    def _write(self, id, profile: dict) -> None:
        self.client.set(self.keys.user(id), json.dumps(profile), keepttl=True)


def _texts(fields: dict) -> dict:
    """The fields, if a hash can hold them."""
    for name, value in fields.items():
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise ValueError(
                f"{name} = {value!r} has no place in a hash, whose values are text. Write a str, int or float: "
                "name what is nested by its path (settings.theme), leave out a None, write 0 or 1 for a bool."
            )
    return fields
