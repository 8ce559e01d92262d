"""Commands that came after Redis 7: asked of the server, each beside what does the same in one step without it."""

from typing import NamedTuple

DELETE_IF_EQUAL = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"
LONGEST = 16  # characters
HASH_OF_VALUE = "return redis.sha1hex(redis.call('GET', KEYS[1]))"


class Newer(NamedTuple):
    """A command and its substitute; `#` stands for a key of its own, and words are set apart by blanks.

    Attributes:
        since: the version of Redis that has it first.
        given: commands that prepare the key.
        instead: one transaction, or one script.
    """

    since: str
    does: str
    given: tuple
    command: str
    instead: tuple


NEWER = {
    "HGETEX": Newer(
        "8.0", "read a field, restart its TTL", ("HSET # token 9f3a",),
        "HGETEX # EX 60 FIELDS 1 token", ("HGET # token", "EXPIRE # 60"),
    ),
    "HGETDEL": Newer(
        "8.0", "read a field, delete it", ("HSET # code 1234",),
        "HGETDEL # FIELDS 1 code", ("HGET # code", "HDEL # code"),
    ),
    "XACKDEL": Newer(
        "8.2", "acknowledge a message, delete it",
        ("XADD # 1-0 order 42", "XGROUP CREATE # workers 0", "XREADGROUP GROUP workers ann STREAMS # >"),
        "XACKDEL # workers IDS 1 1-0", ("XACK # workers 1-0", "XDEL # 1-0"),
    ),
    "DELEX": Newer(
        "8.4", "delete a lock that is still mine", ("SET # mine EX 60",),
        "DELEX # IFEQ mine", (("EVAL", DELETE_IF_EQUAL, 1, "#", "mine"),),
    ),
    "DIGEST": Newer(
        "8.4", "compare a value by its hash", ("SET # espresso EX 60",),
        "DIGEST #", (("EVAL", HASH_OF_VALUE, 1, "#"),),
    ),
    "MSETEX": Newer("8.4", "set values, and a TTL for them", (), "MSETEX 1 # espresso EX 60", ("SET # espresso EX 60",)),
    "HOTKEYS": Newer("8.6", "say which keys are used most", (), "HOTKEYS GET", ()),
    "INCREX": Newer("8.8", "count, with a TTL from the start", (), "INCREX # EX 60 ENX", ("SET # 0 EX 60 NX", "INCR #")),
}  # fmt: skip


def newer_commands(client, keys):
    """A pandas DataFrame with a row for each: what the server replied to it, if it has it, and to its substitute."""
    import pandas as pd

    known, rows = {name.upper() for name in client.command_list()}, {}
    for name, newer in NEWER.items():
        key = keys.entity("newer", name)
        rows[name] = {
            "since": newer.since,
            "what it does": newer.does,
            "its reply here": replies(client, key, newer.given, (newer.command,)) if name in known else "not here",
            "in one step without it": ", ".join(map(word, newer.instead)) or "–",
            "the replies": replies(client, key, newer.given, newer.instead),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def replies(client, key: str, given: tuple, commands: tuple) -> str:
    """What one transaction of these commands returns, on a key that was prepared for it and is deleted again."""
    with client.pipeline(transaction=True) as pipeline:
        for each in (("DEL", key), *given, *commands, ("DEL", key)):
            words = each.split() if isinstance(each, str) else each
            pipeline.execute_command(*(key if part == "#" else part for part in words))
        got = pipeline.execute(raise_on_error=False)
    return ", ".join(short(each) for each in got[len(given) + 1 : -1])


def short(reply) -> str:
    """A reply, of which a table has room for the beginning."""
    return text if len(text := str(reply)) <= LONGEST else f"{text[:LONGEST]}…"


def word(command) -> str:
    """The first word of a command."""
    return command.split()[0] if isinstance(command, str) else command[0]
