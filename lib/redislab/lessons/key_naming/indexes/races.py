"""Two users claim one address."""

from redislab.bench.races import races
from redislab.keys import UniqueIndex

ADDRESS = "ann@example.com"


def look_then_set(id):
    def register(client, keys):
        if client.get(keys.unique("user", "email", ADDRESS)) is None:
            client.set(keys.unique("user", "email", ADDRESS), id)
            client.hset(keys.record("user", id), "email", ADDRESS)
            return True

    return register


def claim(id):
    def register(client, keys):
        return UniqueIndex(client, keys, "user", "email").claim(id, ADDRESS)

    return register


def one_owner(returned):
    return "both users have been given the address" if all(returned) else ""


def two_users(register, title: str):
    return races(register(1), register(2), expect=one_owner, otherwise="give the address to both", title=title)


double_owned = two_users(look_then_set, "An address by GET, then SET")
better_owned = two_users(claim, "A claim by a script")
