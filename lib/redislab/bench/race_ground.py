"""Where races run: a private server and a private database, brought back to the same state before each schedule."""

import functools
import inspect
import threading
from contextlib import suppress
from weakref import WeakKeyDictionary

import redis

from redislab.bench.commands import keys_in
from redislab.bench.race_connection import SteppedConnection
from redislab.bench.race_turns import SteppedTable
from redislab.keys import KeyNamespace
from redislab.lua import script
from redislab.world import dataset
from redislab.world.database import Database, connect
from redislab.world.supervisor import SupervisedResource

KEYS = KeyNamespace("race")  # the names that races use
EVERYTHING = None  # the footprint of a step that may have to do with every other
TABLES = tuple(dataset.SIZES)
ROWS = 100  # that a table of ours has, the first ones of the data set
KEYLESS = {"PING", "ECHO", "TIME", "MULTI", "EXEC", "UNWATCH", "DISCARD"}
_grounds, _lock = WeakKeyDictionary(), threading.RLock()


def ground_of(lab) -> "Ground":
    """The ground for races beside `lab`; made once, and closed with it."""
    with _lock:
        ground = _grounds.get(lab)
        if ground is None or not ground.server.alive:
            ground = _grounds[lab] = lab.close_with(Ground(lab.private_server()))
        return ground


def forsake(ground: "Ground") -> None:
    """Use another one from now on: a thread that cannot be stopped has this one."""
    with _lock:
        for lab in [lab for lab, other in _grounds.items() if other is ground]:
            del _grounds[lab]


class Ground:
    """A server and, once a table is asked for, a database, for one race at a time.

    Attributes:
        lock: held while a race runs.
        beats: how many turns were taken so far; running: the letter of the client that took the latest one.
        stopped: whether no further turn is to be taken.
        on_reset: called where a schedule begins.
    """

    on_reset = staticmethod(bool)

    def __init__(self, server):
        self.server, self.keys, self.lock = server, KEYS, threading.RLock()
        self.redis = server.client()
        self._connection = self.redis.connection_pool.get_connection()
        self._age = self.redis.register_script(script("age"))
        self._clients = {}
        self._resource = self._database = None
        self._touched: set = set()
        self._footprints = functools.lru_cache(2000)(self._footprint)
        self.beats, self.running, self.stopped = 0, "", False

    def close(self) -> None:
        for client in [client for made in self._clients.values() for client in made]:
            client.close()
            client.connection_pool.disconnect()
        self._connection.disconnect()
        if self._database is not None:
            self._database.close()
            self._resource.close()

    def clients(self, count: int, **options) -> list:
        """Clients that stop before each step, each with a connection of its own."""
        made = self._clients.setdefault(repr(sorted(options.items())), [])
        while len(made) < count:
            pool = self.server.client(connection_class=SteppedConnection, socket_timeout=5.0, **options).connection_pool
            made.append(redis.Redis(connection_pool=pool, single_connection_client=True))
        return made[:count]

    # What a function is given, by the names of its parameters

    def arguments(self, function, client, **more) -> list:
        """What `function` asks for by its parameters' names; the first is the client, unless its name says otherwise."""
        names = parameters(function)
        tables = {name: self.table(name) for name in names if name in TABLES}
        known = {"keys": self.keys, **tables, **more}
        return [known.get(name, client) for name in names]

    def table(self, name: str) -> SteppedTable:
        if self._database is None:
            self._resource = SupervisedResource()
            url = f"sqlite:///{self._resource.folder / 'race.sqlite'}"
            engine = connect(url, create=True)
            dataset.seed(engine, dict.fromkeys(TABLES, ROWS))
            engine.dispose()
            self._database = Database(url)
        return SteppedTable(getattr(self._database, name), name, self._touched)

    # The state

    def reset(self, commands) -> None:
        """Remove all keys, put the rows back that were changed, and send `commands`; each schedule begins so."""
        self.on_reset()
        connection = self._connection
        connection.send_packed_command(connection.pack_commands([("FLUSHALL",), *commands]))
        for _ in range(1 + len(commands)):
            connection.read_response()
        if self._touched:
            with self._database.engine.begin() as connection:
                for name, id in self._touched:
                    dataset.put_back(connection, name, [id], ROWS)
            self._touched.clear()

    def look(self, touched) -> dict:
        """What there is to see: every key by its name, and every row among `touched` by its table and id."""
        names = {name for name in touched if isinstance(name, str)} | set(self.redis.scan_iter(count=1000))
        rows = {place for place in touched if not isinstance(place, str)} | self._touched
        return {name: self.value(name) for name in sorted(names)} | {
            (name, id): getattr(self._database, name).find(id) for name, id in sorted(rows)
        }

    def value(self, key: str, like=None):
        """What a key holds, whatever its type; None if it is not there. `like` a text, it takes one round trip less."""
        if isinstance(like, (str, int, float)):
            with suppress(redis.ResponseError):  # it is something else
                self._connection.send_command("GET", key)
                return self._connection.read_response()
        kind = self.redis.type(key)
        read = {
            "string": lambda: self.redis.get(key),
            "hash": lambda: dict(sorted(self.redis.hgetall(key).items())),
            "list": lambda: self.redis.lrange(key, 0, -1),
            "set": lambda: set(self.redis.smembers(key)),
            "zset": lambda: self.redis.zrange(key, 0, -1, withscores=True),
            "stream": lambda: [fields for _, fields in self.redis.xrange(key)],
        }
        return read.get(kind, lambda: None if kind == "none" else f"a {kind}")()

    def mortal(self, key: str) -> bool:
        """Whether a key is there and has a TTL, so that it may expire."""
        return self.redis.pttl(key) >= 0

    def expire(self, key: str) -> None:
        self.redis.pexpire(key, 0)

    def age(self, seconds: float) -> None:
        """Let time pass for all keys."""
        self._age(args=[round(1000 * seconds)])

    # What a step has to do with

    def footprint(self, commands) -> frozenset | None:
        """The keys and rows that a step touches; EVERYTHING if that cannot be known. The same steps come again and again."""
        try:
            return self._footprints(commands)
        except TypeError:  # a word that cannot be hashed
            return self._footprint(commands)

    def _footprint(self, commands) -> frozenset | None:
        if commands and commands[-1][0] == "EXEC" and commands[0][0] != "MULTI":
            return EVERYTHING  # what was sent before is carried out now
        found = [self._keys_of(words) for words in commands]
        return EVERYTHING if EVERYTHING in found else frozenset(key for keys in found for key in keys)

    def _keys_of(self, words):
        """The keys in a command, as the server finds them; the rows of a call of a table."""
        name = str(words[0]).upper()
        if name == "TABLE":
            _, _, table, ids = words
            return EVERYTHING if ids is None else [(table, id) for id in ids]
        if name in KEYLESS:
            return ()
        found = keys_in(self.redis, (name, *words[1:]))
        return EVERYTHING if found is None else found


def check_parameters(function, *more: str) -> None:
    """
    Raises:
        ValueError: the function asks for what no race can give.
    """
    known = ("client", "keys", *TABLES, *more)
    for name in [name for name in parameters(function)[1:] if name not in known]:
        raise ValueError(
            f"{getattr(function, '__name__', function)} asks for {name!r}. A race can give: {', '.join(known)}. "
            "Give what else it needs beforehand, with functools.partial or a default."
        )


@functools.lru_cache(200)
def parameters(function) -> tuple[str, ...]:
    """The names of the parameters that have no default."""
    those = inspect.signature(function).parameters.values()
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return tuple(each.name for each in those if each.kind in kinds and each.default is each.empty)
