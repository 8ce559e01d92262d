"""A user's profile: a hash with a field for each of its parts, and its twin, one string of JSON."""

import functools
import re
import secrets

import redis

from redislab.keys.numbers import milliseconds, stored, within
from redislab.keys.permits import need
from redislab.keys.records import pack, unpack
from redislab.keys.replies import pairs, suited, text
from redislab.lua import script

HSETEX, HPEXPIRE, DEADLINES = "HSETEX", "HPEXPIRE", "by deadlines"


class Profile:
    """A profile as a hash: each field is read, written and counted by itself, in one round trip.

        users = Profile(client, keys, types={"visits": int})
        users.save(42, {"name": "Ann", "visits": 0})
        users.update(42, name="Anne")            # HSET: writes the field, reads nothing
        users.add(42, "visits")                  # HINCRBY
        users.put_for(42, "code", "9F3A", 300)   # gone in five minutes, and the rest stays

    A blind write undoes no other client's: fields do not meet. To read a field, compute, and write it back loses what others
    wrote in between, just as with JSON; for numbers, `add` leaves that to Redis.

    What it costs: reading *all* of many fields takes longer than reading one string, and more than 512 fields, or a
    value over 64 bytes, make Redis change to a form that takes about twice the memory. `JsonProfile` avoids both. On a
    server that knows no TTLs of fields (Redis before 7.4, Valkey before 9) each call is a script, which first deletes
    what has expired.

    Args:
        types: what a field becomes when it is read, such as `int`; Redis keeps text, and `str` is what comes out of it
            otherwise. Values to be stored are str, int or float.
        field_ttl: how a field expires, "HSETEX", "HPEXPIRE" or "by deadlines"; without it, the server is tried.
    """

    def __init__(self, client, keys, *, types=None, field_ttl: str | None = None):
        self.client, self.keys, self.types = suited(client, pipeline=True), keys, types or {}
        self._script = client.register_script(script("profile"))
        if field_ttl:
            self.field_ttl = field_ttl

    @functools.cached_property
    def field_ttl(self) -> str:
        """The best that the server can and this user may: HSETEX (Redis 8, Valkey 9), HPEXPIRE (Redis 7.4), else a script.

        Tried once, on a profile that is not there, so that nothing changes.
        """
        key = self.keys.profile(secrets.token_hex(8))
        tries = {HSETEX: ("FXX", "PX", 1, "FIELDS", 1, "none", "none"), HPEXPIRE: (1, "FIELDS", 1, "none")}
        for command, arguments in tries.items():
            try:
                self.client.execute_command(command, key, *arguments)
                return command
            except (redis.ReadOnlyError, redis.exceptions.OutOfMemoryError):
                return command  # the server knows it, though it takes no writes for now
            except redis.exceptions.NoPermissionError:
                pass
            except (redis.ConnectionError, redis.TimeoutError):
                raise
            except redis.RedisError as refusal:  # a cluster's client may not know it either
                if isinstance(refusal, redis.ResponseError) and not re.search(
                    "unknown|syntax|wrong number", str(refusal)
                ):
                    raise  # it is busy, say: that tells nothing, and what is chosen here is kept
        need(self.client, self.keys.profile, script("profile"))
        return DEADLINES

    def save(self, id, fields: dict) -> None:
        """Put these fields in the place of all there were, and of their TTLs.

        Raises:
            ValueError: there are none, or a value is not a str, int or float.
        """
        if not fields:
            raise ValueError(
                f"Profile {id} has no fields, and a hash without fields does not exist. Delete it instead."
            )
        key, parts = self.keys.profile(id), _parts(fields)
        if self.field_ttl == DEADLINES:
            self._run("save", key, *parts)
            return
        with self.client.pipeline(transaction=True) as both:
            both.unlink(key)
            both.hset(key, items=parts)
            both.execute()

    def get(self, id) -> dict | None:
        """All of it, O(fields); None if there is none."""
        return self._typed(dict(pairs(self._run("HGETALL", self.keys.profile(id))))) or None

    def fields(self, id, *names: str) -> dict:
        """These fields, by name; None for what is not there."""
        found = self._run("HMGET", self.keys.profile(id), *names) if names else ()
        return self._typed(dict(zip(names, found, strict=True)))

    def update(self, id, /, **fields) -> None:
        """Write these fields and leave the others alone; if there is no such profile, there is one now.

        Warning: a field that was put for a while stays for good after this, as a key does after a plain SET.
        """
        if fields:
            self._run("update" if self.field_ttl == DEADLINES else "HSET", self.keys.profile(id), *_parts(fields))

    def add(self, id, field: str, by: int | float = 1) -> int | float:
        """Add to a number, atomically, and return the sum; a field that is not there counts as 0. Its TTL goes on."""
        by = within("by", by, "a number")
        how, type = ("HINCRBY", int) if isinstance(by, int) else ("HINCRBYFLOAT", float)
        return type(self._run(how, self.keys.profile(id), field, by))

    def put_for(self, id, field: str, value, ttl: float) -> None:
        """Write a field that is gone after `ttl` seconds.

        One command with HSETEX, one transaction with HPEXPIRE. A server that knows neither keeps a sorted set of deadlines
        beside the hash, and each call lets the fields go whose time is over; until then they stay in memory.

        Raises:
            ValueError: a TTL that Redis could not keep, or a value that is not a str, int or float.
        """
        key, life, parts = self.keys.profile(id), milliseconds("ttl", ttl), _parts({field: value})
        if self.field_ttl == HSETEX:
            self.client.execute_command(HSETEX, key, "PX", life, "FIELDS", 1, *parts)
        elif self.field_ttl == DEADLINES:
            self._run("put", key, life, *parts)
        else:
            with self.client.pipeline(transaction=True) as both:
                both.hset(key, items=parts)
                both.hpexpire(key, life, field)
                both.execute()

    def left(self, id, field: str) -> float | None:
        """Seconds until the field is gone; None if it has no end, or is not there."""
        key = self.keys.profile(id)
        by_server = self.field_ttl != DEADLINES
        left = (self.client.hpttl(key, field) or [-2])[0] if by_server else self._run("left", key, field)
        return left / 1000 if left >= 0 else None

    def _run(self, what: str, key: str, *arguments):
        """A command on the hash; by the script, where fields that have expired have to go first."""
        if self.field_ttl != DEADLINES:
            return text(self.client.execute_command(what, key, *arguments))
        return text(self._script([key, self.keys.beside(key, "deadlines")], [what, *arguments]))

    def _typed(self, found: dict) -> dict:
        for name, type in self.types.items():
            if found.get(name) is not None:
                found[name] = type(found[name])
        return found


class JsonProfile:
    """The same interface on one string of JSON, under `keys.entity("json_profile", id)`.

    Types and nesting travel by themselves, one GET reads everything, and no form takes less memory. But to change a
    field is to read, parse, build and write all of it: two round trips, every byte of it over the network twice, and
    whatever another client wrote in between is lost, in this field or in any other. Its parts cannot expire by
    themselves. `Profile` avoids all of that.
    """

    def __init__(self, client, keys):
        self.client, self.keys = suited(client), keys

    def save(self, id, fields: dict) -> None:
        self.client.set(self.keys.entity("json_profile", id), pack(fields))

    def get(self, id) -> dict | None:
        stored = self.client.get(self.keys.entity("json_profile", id))
        return None if stored is None else unpack(stored)

    def fields(self, id, *names: str) -> dict:
        """These fields, by name; None for what is not there. All of the profile travels for it."""
        profile = self.get(id) or {}
        return {name: profile.get(name) for name in names}

    def update(self, id, /, **fields) -> None:
        """Read, change, write. Not atomic: another client's write in between is undone."""
        self._write(id, (self.get(id) or {}) | fields)

    def add(self, id, field: str, by: int | float = 1) -> int | float:
        """Add to a number and return the sum. Not atomic either."""
        profile = self.get(id) or {}
        profile[field] = profile.get(field, 0) + within("by", by, "a number")
        self._write(id, profile)
        return profile[field]

    def _write(self, id, profile: dict) -> None:
        self.client.set(self.keys.entity("json_profile", id), pack(profile), keepttl=True)


def _parts(fields: dict) -> list:
    """The fields, each followed by its value, if a hash can hold them."""
    for name, value in fields.items():
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise ValueError(
                f"{name} = {value!r} has no place in a hash, whose values are text. Write a str, int or float: "
                "name what is nested by its path (settings.theme), leave out a None, write 0 or 1 for a bool."
            )
    return stored(fields)
