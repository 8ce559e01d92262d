"""A connection whose client stops before it sends, and what a race does with each command."""

import redis
from redis.connection import Connection

from redislab.bench.commands import SERVER, apart, blocking, found_in, plain
from redislab.bench.race_turns import RefusedError, StuckError, Turn, current

# they are about the connection, or about the server: no steps
QUIET = {"SCRIPT", "CLIENT", "COMMAND", "READONLY", "INFO", "TIME"}
REFUSED = dict.fromkeys(
    SERVER, "it changes the server or the connection, so that the next schedule would not begin as this one"
) | {
    "SELECT": "a race has one database", "SWAPDB": "a race has one database", "MOVE": "a race has one database",
    "WAIT": "a race has no replicas", "WAITAOF": "a race has no replicas", "MONITOR": "a race shows every command",
}  # fmt: skip


class SteppedConnection(apart(Connection)):
    """A connection whose client stops before it sends."""

    _listening = False
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

    def send_command(self, *words, **options):
        turn = None if self.greeting else current()
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
        commands, turn = [plain(words) for words in commands], None if self.greeting else current()
        if turn is not None and [words for words in commands if not quiet(words, turn)]:
            if commands[0][0] != "MULTI" and (found := [words[0] for words in commands if blocking(words)]):
                raise RefusedError(
                    f"sends {found[0]} in a pipeline, where others cannot go on meanwhile: send it alone"
                )
            turn.send(tuple(commands))
        return super().pack_commands(commands)

    def read_response(self, *arguments, **options):
        turn = None if self.greeting else current()
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


def quiet(words, turn: Turn) -> bool:
    """Whether a command is no step.

    Raises:
        RefusedError: a race cannot have it.
    """
    if name := found_in(REFUSED, words):
        raise RefusedError(f"sends {name}, which cannot be raced: {REFUSED[name]}")
    word = words[0].split(" ")[0]
    turn.spoils = turn.spoils or word == "CLIENT"
    return word in QUIET
