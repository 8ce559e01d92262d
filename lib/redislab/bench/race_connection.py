"""A connection whose client stops before it sends, and what a race does with each command."""

import redis
from redis.connection import Connection

from redislab.bench.race_turns import RefusedError, StuckError, Turn, current

# they are about the connection, or about the server: no steps
QUIET = {"SCRIPT", "CLIENT", "COMMAND", "READONLY", "INFO", "TIME"}
REFUSED = {
    "SELECT": "a race has one database", "SWAPDB": "a race has one database", "MOVE": "a race has one database",
    "WAIT": "a race has no replicas", "WAITAOF": "a race has no replicas", "MONITOR": "a race shows every command",
} | dict.fromkeys(
    ("SHUTDOWN", "DEBUG", "CONFIG SET", "CONFIG RESETSTAT", "REPLICAOF", "SLAVEOF", "FUNCTION", "MODULE", "ACL", "CLIENT KILL",
     "CLIENT PAUSE", "CLIENT REPLY", "HELLO", "AUTH", "QUIT", "RESET", "MIGRATE"),
    "it changes the server or the connection, so that the next schedule would not begin as this one",
)  # fmt: skip
BLOCKING = {  # where the timeout stands among the words
    "BLPOP": -1, "BRPOP": -1, "BZPOPMIN": -1, "BZPOPMAX": -1, "BRPOPLPUSH": -1, "BLMOVE": -1, "BLMPOP": 1, "BZMPOP": 1,
}  # fmt: skip
MOMENT = 0.001  # s that a blocking command really blocks


class SteppedConnection(Connection):
    """A connection whose client stops before it sends."""

    _greeting = _listening = False
    _blocked = ()

    def _connect(self):
        turn = current()
        if turn is None:
            return super()._connect()
        before, turn.connects = turn.connects, True
        try:
            return super()._connect()
        finally:
            turn.connects = before

    def on_connect_check_health(self, *arguments, **options):
        self._greeting = True
        try:
            super().on_connect_check_health(*arguments, **options)
        finally:
            self._greeting = False

    def send_command(self, *words, **options):
        turn = None if self._greeting else current()
        if turn is not None:
            words = plain(words)
            if not quiet(words, turn):
                if turn.killed and words[0] == "UNWATCH":  # redis-py cleans up; it may not send, and need not try again
                    self.disconnect()
                    raise redis.ConnectionError
                turn.send((words,))
                words = self._begin(words, turn)
        super().send_command(*words, **options)

    def _begin(self, words: tuple, turn: Turn) -> tuple:
        """What is to be sent in the place of these words."""
        self._blocked = ()
        if words[0] in ("SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE"):
            turn.listens = turn.spoils = self._listening = True
        if self._listening:
            turn._awaited = 0  # what comes back comes as messages do
        if wait := blocking(words, self._newest):
            self._blocked, words = (words, *wait), wait[0]
        return words

    def _newest(self, stream) -> str:
        """The id of a stream's newest entry: what $ stands for when a client begins to wait."""
        super().send_command("XREVRANGE", stream, "+", "-", "COUNT", 1)
        entries = super().read_response()
        return entries[0][0] if entries else "0-0"

    def pack_commands(self, commands):
        commands, turn = [plain(words) for words in commands], None if self._greeting else current()
        if turn is not None and [words for words in commands if not quiet(words, turn)]:
            if commands[0][0] != "MULTI" and (found := [words[0] for words in commands if blocking(words)]):
                raise RefusedError(
                    f"sends {found[0]} in a pipeline, where others cannot go on meanwhile: send it alone"
                )
            turn.send(tuple(commands))
        return super().pack_commands(commands)

    def read_response(self, *arguments, **options):
        turn = None if self._greeting else current()
        if turn is None:
            return super().read_response(*arguments, **options)
        if self._listening and not turn._awaited and not self.can_read(None):
            raise StuckError("waits for ever for a message")
        read = super().read_response
        reply = turn.take(read, arguments, options)
        while self._blocked and reply is None:
            words, short, timeout = self._blocked
            turn.sleep(0)
            turn.pause((words,))
            if turn.by_time and not timeout:
                raise StuckError(f"waits for ever in {words[0]}")
            if turn.by_time:
                turn.clock += timeout
                turn.replies.append(None)
                break
            turn._awaited = 1
            super().send_command(*short)
            reply = turn.take(read, arguments, options)
        self._blocked = ()
        return reply

    def can_read(self, timeout=0):
        turn = current()
        if turn is None or not self._listening:
            return super().can_read(timeout)
        turn.pause((("LISTEN",),))
        while not (found := super().can_read(0)) and not turn.by_time:
            turn.sleep(timeout or 0)
            turn.pause((("LISTEN",),))
        return found


def plain(words) -> tuple:
    """The words of a command, its name a text in capitals, as redis-py sends it."""
    name = words[0]
    if type(name) is str and name.isupper():
        return words
    return (name.decode() if isinstance(name, bytes) else str(name)).upper(), *words[1:]


def quiet(words, turn: Turn) -> bool:
    """Whether a command is no step.

    Raises:
        RefusedError: a race cannot have it.
    """
    name = words[0]
    word = name.split(" ")[0]
    pair = " ".join([name, *map(str, words[1:2])]).upper().split(" ")[:2] if word in ("CONFIG", "CLIENT") else [word]
    if why := REFUSED.get(word) or REFUSED.get(" ".join(pair)):
        raise RefusedError(f"sends {' '.join(pair)}, which cannot be raced: {why}")
    turn.spoils = turn.spoils or word == "CLIENT"
    return word in QUIET


def blocking(words, newest=None) -> tuple | None:
    """Of a blocking command: the same for a mere moment, and its timeout in s; None of any other.

    Args:
        newest: tells of the newest entry of a stream.
    """
    if (place := BLOCKING.get(words[0])) is not None:
        changed = list(words)
        changed[place] = MOMENT
        return tuple(changed), float(words[place])
    if words[0] not in ("XREAD", "XREADGROUP"):
        return None
    said = [str(word.decode() if isinstance(word, bytes) else word).upper() for word in words]
    if "BLOCK" not in said:
        return None
    place, changed = said.index("BLOCK") + 1, list(words)
    changed[place] = 1
    names = (len(words) - said.index("STREAMS") - 1) // 2
    for number in range(len(words) - names, len(words)) if newest else ():
        if said[number] == "$":
            changed[number] = newest(words[number - names])
    return tuple(changed), int(words[place]) / 1000
