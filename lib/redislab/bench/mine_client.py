"""What a learner's code is given: a client of its own, on which nothing is sent that others would suffer from, and names and tables
that it can use but not change.
"""

import copy
import functools
import re
import time
import traceback
from collections.abc import Callable

import redis

from redislab.bench.commands import SERVER, apart, blocking, found_in, keys_in, plain

FORBIDDEN = SERVER | {
    "FLUSHALL", "FLUSHDB", "LATENCY RESET", "MONITOR", "PSUBSCRIBE", "SCRIPT FLUSH", "SCRIPT KILL", "SELECT", "SLOWLOG RESET",
    "SSUBSCRIBE", "SUBSCRIBE", "SWAPDB", "WAIT", "WAITAOF",
}  # fmt: skip
SCRIPTS = "EVAL", "EVALSHA", "EVAL_RO", "EVALSHA_RO"
TEXTS = "EVAL", "EVAL_RO", "SCRIPT"
CALL = re.compile(r"""call\s*\(\s*['"](\w+)['"]\s*,?\s*['"]?(\w*)""")  # in a script
BUSY = 0.5  # s without an answer to it, from which on a server is busy with something
DEAF = 8.0  # s; a server that runs a script takes no SCRIPT KILL for 5 s


def lent(given: tuple, mine) -> tuple:
    """The same arguments, for a learner's code (`redislab.bench.mine.Called`)."""
    prefix = next((each.prefix for each in given if hasattr(each, "prefix")), "")

    def one(each):
        if isinstance(each, redis.Redis):
            return own(each, prefix, mine)
        if hasattr(each, "find"):
            return Table(each, mine)
        return Lent(each) if hasattr(each, "prefix") else each

    return tuple(map(one, given))


class Lent:
    """What others use too: whatever it can do it does, and nothing of it can be set."""

    def __init__(self, *its):
        self.__dict__["_its"] = its

    def __getattr__(self, name):
        return getattr(self._its[0], name)

    def __setattr__(self, name, _):
        raise AttributeError(f"{name} of {type(self._its[0]).__name__} cannot be set: the panel uses it, too")


class Table(Lent):
    """What asks a database, too: that takes its time, and none of the learner's."""

    def find(self, id):
        with self._its[1].untimed():
            return self._its[0].find(id)

    def save(self, id, record):
        with self._its[1].untimed():
            return self._its[0].save(id, record)


def own(client, prefix: str, mine):
    """A client like this one, which keeps to its prefix; its connections are no one else's."""
    its = copy.copy(client)
    its.connection_pool = pool = copy.copy(client.connection_pool)
    pool.connection_class = careful(pool.connection_class, Manners(client, prefix, mine))
    pool.reset()
    its.__class__, pool.__class__ = kept_open(type(its), mine.wrong), kept_open(type(pool), mine.wrong)
    return its


def kept_open(plain: type, wrong: Callable) -> type:
    """A client or a pool like `plain` that is not closed by those who use it."""

    def close(*_, **__):
        raise wrong("It closed its client, which other requests use too: leave it open.")

    return type(plain.__name__, (plain,), {"close": close, "disconnect": close, "__del__": lambda self: None})


class Manners:
    """What a learner's code may send through a client: what keeps to its own keys, and ends.

    Args:
        client: the server's, past the one that is lent.
    """

    def __init__(self, client, prefix: str, mine):
        self._client, self._prefix, self.mine = client, prefix, mine
        self._longest = client.connection_pool.connection_kwargs.get("socket_timeout") or mine.patience
        self._places = functools.lru_cache(1000)(self._places)

    def check(self, words) -> None:
        words, wrong = plain(words), self.mine.wrong
        if forbidden := forbidden_in(words):
            raise wrong(f"It sent {forbidden}, which changes more than its own keys: leave it out.")
        if all(type(word) is str and word.startswith(self._prefix) for word in words[1:]):
            return  # keys, all its own
        if (wait := blocking(words)) and not 0 < wait[1] < self._longest:
            raise wrong(
                f"It sent {words[0]} with a timeout of {wait[1]:g} s: give it one between 0 and {self._longest:g} s."
            )
        for key in self._keys(words):
            if not key.startswith(self._prefix):
                raise wrong(f"It used the key {key!r:.60}, which is not its own: build names with `keys`.")

    def _keys(self, words) -> list[str]:
        """Asked of the server once for commands of the same shape: what stands where keys do is left out of it."""
        texts = [word.decode(errors="replace") if isinstance(word, bytes) else str(word) for word in words]
        found = self._places(words[0], *(text if steers(text, len(texts)) else None for text in texts[1:]))
        return [texts[place] if isinstance(place, int) else place for place in found]

    def _places(self, name: str, *shape: str | None) -> list:
        masked = [f"\0{place}" if text is None else text for place, text in enumerate(shape, 1)]
        return [int(key[1:]) if key[:1] == "\0" else key for key in keys_in(self._client, (name, *masked)) or ()]

    def late(self, names) -> None:
        """No answer in time. If that was a script, it may be one that never ends, and keeps every other client waiting."""
        if self.mine.waits or not any(name in SCRIPTS for name in names):
            return
        pool = copy.copy(self._client.connection_pool)
        pool.connection_kwargs = pool.connection_kwargs | {"socket_timeout": DEAF}
        pool.reset()
        self.mine.waits, began = True, time.monotonic()
        try:
            with self.mine.untimed():
                killed = ended(redis.Redis(connection_pool=pool), self._client.ours)
            if killed or time.monotonic() - began > BUSY:
                raise self.mine.stop(
                    "Its script kept the server from every other client for too long, and was stopped."
                )
        finally:
            self.mine.waits = False


def ended(client, ours: bool) -> bool:
    """End the script that the server is busy with; False if there is none by now. One that has written only ends with its server."""
    try:
        return client.script_kill()
    except redis.RedisError as failure:
        if unkillable := "UNKILLABLE" in str(failure) and ours:
            client.shutdown(nosave=True)
        return unkillable


def steers(text: str, words: int) -> bool:
    """Whether a word may say where the keys of its command stand: a count of what follows, or STREAMS, STORE and their like."""
    return (text.isdigit() and int(text) < words) if text[:1].isdigit() else text.isalpha() and len(text) < 10


def forbidden_in(words) -> str | None:
    """The name of what is forbidden in a command; in its script, if it is one."""
    name = words[0].split(" ")[0]
    calls = calls_in(str(words[-1 if name == "SCRIPT" else 1])) if name in TEXTS and len(words) > 1 else ()
    return next(filter(None, (found_in(FORBIDDEN, each) for each in (words, *calls))), None)


@functools.lru_cache(100)
def calls_in(script: str) -> list[tuple]:
    return [(name.upper(), *more.split()) for name, more in CALL.findall(script)]


def careful(plain: type, manners: Manners) -> type:
    """A connection like `plain` that has each command checked before it is sent; its own greeting is not."""

    class Careful(apart(plain), Its):
        def send_command(self, *words, **options):
            if not self.greeting:
                manners.check(words)
                self.sent = [words[0]]
            return super().send_command(*words, **options)

        def pack_commands(self, commands):
            commands = list(commands)
            self.sent = [words[0] for words in commands]
            for words in commands:
                manners.check(words)
            return super().pack_commands(commands)

        def read_response(self, *arguments, **options):
            try:
                return super().read_response(*arguments, **options)
            except redis.TimeoutError:
                manners.late(self.sent)
                raise

    return Careful


class Its:
    """A connection that a learner's code was given."""

    sent = ()


def came_from_outside(failure: BaseException) -> bool:
    """Whether a connection that was given has failed, which its lines could not have done."""
    return any(isinstance(frame.f_locals.get("self"), Its) for frame, _ in traceback.walk_tb(failure.__traceback__))
