"""Two loaders, and a lock that expires while the first one still loads."""

import json

from redislab.bench.race_ground import KEYS
from redislab.bench.races import races
from redislab.lua import script

ID, TTL, LOCK_TTL = 77, 60, 5  # s


def load(give_back):
    """A reader that missed: takes the lock, loads, stores, and gives the lock back in one of three ways."""

    def loader(client, products, keys):
        entry, lock = keys.product(ID), keys.beside(keys.product(ID), "lock")
        if client.set(lock, "A", nx=True, ex=LOCK_TTL):
            client.set(entry, json.dumps(products.find(ID)), ex=TTL)
            give_back(client, lock, "A")

    return loader


def delete(client, lock, owner):
    client.delete(lock)


def get_then_delete(client, lock, owner):
    if client.get(lock) == owner:
        client.delete(lock)


def compare_and_delete(client, lock, owner):
    client.register_script(script("release"))([lock], [owner])


def second_loader(client, keys):
    """It has just begun: at the end it still loads, and its lock has not expired."""
    return client.set(keys.beside(keys.product(ID), "lock"), "B", nx=True)


def lock_is_kept(client, keys, returned):
    if returned[1] and client.get(keys.beside(keys.product(ID), "lock")) != "B":
        return "B loads, and A has given B's lock back: a third reader loads as well"


def two_loaders(give_back, title: str):
    return races(
        load(give_back), second_loader, expires=KEYS.beside(KEYS.product(ID), "lock"), expect=lock_is_kept, title=title,
        otherwise="give back the other loader's lock",
    )  # fmt: skip


lock_deleted = two_loaders(delete, "A lock given back with DEL")
lock_compared = two_loaders(get_then_delete, "A lock given back with GET, then DEL")
better_lock = two_loaders(compare_and_delete, "A lock given back by a script")
