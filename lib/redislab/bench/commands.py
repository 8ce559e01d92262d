"""What a command does to others: which ones change the server or the connection, which ones block, and where keys stand."""

import redis

SERVER = set(
    "ACL AUTH BGREWRITEAOF BGSAVE CLUSTER DEBUG FAILOVER FUNCTION HELLO MIGRATE MODULE PSYNC QUIT REPLICAOF RESET SAVE SHUTDOWN "
    "SLAVEOF SYNC".split()
) | {
    "CONFIG RESETSTAT",
    "CONFIG REWRITE",
    "CONFIG SET",
    "CLIENT KILL",
    "CLIENT PAUSE",
    "CLIENT REPLY",
    "CLIENT UNBLOCK",
}
PAIRS = {"CLIENT", "CONFIG", "LATENCY", "SCRIPT", "SLOWLOG"}  # those of which only some subcommands are refused
BLOCKING = {  # where the timeout stands among the words
    "BLPOP": -1, "BRPOP": -1, "BZPOPMIN": -1, "BZPOPMAX": -1, "BRPOPLPUSH": -1, "BLMOVE": -1, "BLMPOP": 1, "BZMPOP": 1,
}  # fmt: skip
MOMENT = 0.001  # s that a blocking command really blocks, in a race


def plain(words) -> tuple:
    """The words of a command, its name a text in capitals, as redis-py sends it."""
    name = words[0]
    if type(name) is str and name.isupper():
        return words
    return (name.decode() if isinstance(name, bytes) else str(name)).upper(), *words[1:]


def found_in(refused, words) -> str | None:
    """Under which name a command is among those that are refused: "CONFIG SET", or "CONFIG"."""
    name, *more = words[0].split(" ")
    if name in refused or name not in PAIRS:
        return name if name in refused else None
    second = (more or words[1:2] or [""])[0]
    pair = f"{name} {second.decode(errors='replace') if isinstance(second, bytes) else second}".upper()
    return pair if pair in refused else None


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


def keys_in(client, words) -> list | None:
    """The keys in a command, as the server finds them; None if it has none, or the server cannot tell."""
    try:
        return client.execute_command("COMMAND GETKEYS", *words[0].split(" "), *words[1:])
    except redis.ResponseError:
        return None


def apart(plain: type) -> type:
    """A connection like `plain` whose `greeting` says that what it sends now is of its own accord: AUTH, HELLO, SELECT."""
    if hasattr(plain, "greeting"):
        return plain

    class Apart(plain):
        greeting = False

        def on_connect_check_health(self, *arguments, **options):
            self.greeting = True
            try:
                super().on_connect_check_health(*arguments, **options)
            finally:
                self.greeting = False

    return Apart
