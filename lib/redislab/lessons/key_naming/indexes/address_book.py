"""Users with an address each, and an index from the address to the user, watched from outside."""

import itertools
import random
from collections import deque

from redislab.errors import RedislabError

KIND = "member"  # as in the exercise


class KilledError(RedislabError):
    """The application died before it had sent everything."""


def dies_after(client, messages: int):
    """`client`, whose application dies when it wants to send one message more."""
    left = itertools.count(messages, -1)

    def guard(send):
        def guarded(*arguments, **options):
            if next(left) <= 0:
                raise KilledError
            return send(*arguments, **options)

        return guarded

    client.execute_command, client.pipeline = guard(client.execute_command), guard(client.pipeline)
    return client


class AddressBook:
    """Users who move, through an index on trial; to begin with, each is found by the address in the record.

    Args:
        keys: under which nothing is stored yet.
        inspector: a client for what is not part of the trial.
        client: of the application, and of those who look users up.
        index: makes an index (redislab.keys), as `index(client, keys, KIND, "email")`.

    Attributes:
        addresses: by user, as the application knows them.
        idle: users of whom no move is under way.
    """

    USERS, SHARED = 40, 12

    def __init__(self, keys, inspector, client, index):
        self.keys, self.inspector, self.client, self.new_index = keys, inspector, client, index
        self.index = index(client, keys, KIND, "email")
        self.serial, self.addresses = itertools.count(1), {}
        self.idle = deque(self.add_user() for _ in range(self.USERS))

    def add_user(self) -> str:
        """One more user, at a new address."""
        id, address = str(next(self.serial)), self.new_address()
        self.addresses[id] = address
        self.inspector.hset(self.keys.record(KIND, id), "email", address)
        self.inspector.set(self.entry(address), id)
        return id

    def new_address(self) -> str:
        return f"new{next(self.serial)}@x.org"

    def entry(self, address: str) -> str:
        return self.keys.unique(KIND, "email", address)

    def move(self, id: str, contested: float, index=None) -> bool:
        """Change the user's address: with a probability of `contested` to one that others want too, or have.

        Returns whether the user has it now.
        """
        shared = random.random() < contested
        new = f"team{random.randrange(self.SHARED)}@x.org" if shared else self.new_address()
        old = self.addresses[id]
        if moved := new == old or (index or self.index).move(id, old, new):
            self.addresses[id] = new
        return moved

    def crash(self, client, messages: int) -> None:
        """A new user moves, and the application dies after it has sent so many messages through `client`."""
        id, index = self.add_user(), self.new_index(client, self.keys, KIND, "email")
        dies_after(client, messages)
        try:
            self.move(id, 0.0, index)
        except KilledError:
            self.addresses[id] = self.inspector.hget(self.keys.record(KIND, id), "email")

    def look_up(self, id: str) -> tuple[str, ...]:
        """By the address that the user has at that very moment, which a transaction makes sure of.

        Returns ("lookup",), followed by "nobody" or "other" if the index does not lead to the user.
        """
        address = self.client.hget(self.keys.record(KIND, id), "email")
        ((now, found),) = self.read_together(self.client, {id: address})
        if now != address or found == id:
            return ("lookup",)
        return ("lookup", "nobody" if found is None else "other")

    def read_together(self, client, addresses: dict) -> list[tuple]:
        """For each user the address in the record, and who is found by the one that is given, all at one moment."""
        pipeline = client.pipeline(transaction=True)
        for id, address in addresses.items():
            pipeline.hget(self.keys.record(KIND, id), "email")
            pipeline.get(self.entry(address))
        found = iter(pipeline.execute())
        return list(zip(found, found, strict=True))

    def faults(self) -> dict:
        """How many addresses have more than one owner, and how many users are not found by theirs."""
        known = dict(self.addresses)
        read = zip(known.items(), self.read_together(self.inspector, known), strict=True)
        settled = [(id, now, found) for (id, address), (now, found) in read if now == address]
        owned = [now for _, now, _ in settled]
        return {"twice": len(owned) - len(set(owned)), "lost": sum(found != id for id, _, found in settled)}
