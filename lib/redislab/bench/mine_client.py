"""The client that a learner's code is given: connections of its own, on which nothing is sent that others would suffer from."""

import copy
from collections.abc import Callable

import redis

FORBIDDEN = {
    "ACL", "AUTH", "CLUSTER", "CONFIG", "DEBUG", "FAILOVER", "FLUSHALL", "FLUSHDB", "HELLO", "MONITOR", "PSUBSCRIBE", "QUIT",
    "REPLICAOF", "RESET", "SELECT", "SHUTDOWN", "SLAVEOF", "SUBSCRIBE", "SWAPDB",
}  # fmt: skip
ONE = 1, 1, 1  # key, right after the name
BY_NUMBER = {
    "EVAL",
    "EVALSHA",
    "EVAL_RO",
    "EVALSHA_RO",
    "FCALL",
    "FCALL_RO",
}  # the second argument says how many keys follow


def guarded(given: tuple, wrong: Callable) -> tuple:
    """The same arguments, with a client of its own in the place of a client.

    Args:
        wrong: makes the error to be raised from a sentence.
    """
    prefix = next((each.prefix for each in given if hasattr(each, "prefix")), "")
    return tuple(own(each, prefix, wrong) if isinstance(each, redis.Redis) else each for each in given)


def own(client, prefix: str, wrong: Callable):
    """A client like this one, which keeps to its prefix; its connections are no one else's."""
    mine = copy.copy(client)
    mine.connection_pool = pool = copy.copy(client.connection_pool)
    pool.connection_class = careful(pool.connection_class, KeysOf(client, prefix, wrong).check)
    pool.reset()
    mine.__class__, pool.__class__ = kept_open(type(mine), wrong), kept_open(type(pool), wrong)
    return mine


def kept_open(plain: type, wrong: Callable) -> type:
    """A client or a pool like `plain` that is not closed by those who use it."""

    def close(*_, **__):
        raise wrong("It closed its client, which other requests use too: leave it open.")

    return type(plain.__name__, (plain,), {"close": close, "disconnect": close, "__del__": lambda self: None})


class KeysOf:
    """Where a command has its keys, as the server says, and whether they are this learner's."""

    def __init__(self, client, prefix: str, wrong: Callable):
        self._prefix, self._wrong = prefix, wrong
        at = client.connection_pool.connection_kwargs
        self._places = places(client, at.get("host"), at.get("port"))

    def check(self, command) -> None:
        if self._places.get(command[0]) == ONE and str(command[1]).startswith(self._prefix):
            return  # as most are
        words = [*str(command[0]).upper().split(), *command[1:]]
        if words[0] in FORBIDDEN:
            raise self._wrong(f"It sent {words[0]}, which changes more than its own keys: leave it out.")
        for key in self._keys(words):
            key = key.decode(errors="replace") if isinstance(key, bytes) else str(key)
            if not key.startswith(self._prefix):
                raise self._wrong(f"It used the key {key!r:.60}, which is not its own: build names with `keys`.")

    def _keys(self, words):
        if words[0] in BY_NUMBER and len(words) > 2:
            return words[3 : 3 + int(words[2])]
        first, last, step = self._places.get(words[0], (0, 0, 0))
        return words[first : len(words) if last == -1 else last + 1 : step] if first else ()


_known: dict = {}


def places(client, *address) -> dict:
    """Of each command, by name, where its first and its last key are, and how far apart; asked once of a server."""
    if address not in _known:
        found = client.command()
        _known[address] = {
            name.upper(): (at["first_key_pos"], at["last_key_pos"], at["step_count"]) for name, at in found.items()
        }
    return _known[address]


def careful(plain: type, check: Callable) -> type:
    """A connection like `plain` that has each command checked before it is sent; its own greeting is not."""

    class Careful(plain):
        greeting = False

        def on_connect_check_health(self, *arguments, **options):
            self.greeting = True
            try:
                super().on_connect_check_health(*arguments, **options)
            finally:
                self.greeting = False

        def send_command(self, *arguments, **options):
            if not self.greeting:
                check(arguments)
            return super().send_command(*arguments, **options)

        def pack_commands(self, commands):
            commands = list(commands)
            for command in commands:
                check(command)
            return super().pack_commands(commands)

    return Careful
