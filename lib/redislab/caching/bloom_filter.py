"""Bloom filters in Redis: a few bits an id tell for certain that an id was never added, and nearly for certain that it was."""

import hashlib
import itertools
import math
import secrets

import redis

from redislab.errors import CapabilityError
from redislab.keys.numbers import whole, within
from redislab.keys.replies import UNREACHABLE, suited, text

FILLED = ""  # goes into each filter last: one without it is not the whole of the ids, and must turn no id away
HEAD = 64  # bits before a BitmapFilter's own


class BloomFilter:
    """The ids that may exist, in the server's own Bloom type (Redis 8, or the module before it).

        known = BloomFilter(client, keys, "user", capacity=10_000)
        known.fill(database.users.ids)
        known.may_hold(42)

    `may_hold` is one round trip. It never denies an id that was added, and confirms `error_rate` of the others. A filter
    that is not there (Redis was emptied, say) confirms every id. An id cannot be taken out again: fill it again, now and then.
    Ids that are inserted while `fill` runs have to be added after it. `BitmapFilter` needs no module.

    Like any key, a filter may be evicted under an allkeys-* policy; it then confirms every id, until it is filled again.

    Args:
        capacity: ids to expect; with more of them the server adds a further filter, which costs memory and time.
        error_rate: the share of false positives that is wanted at that capacity, between 0 and 1.

    Raises:
        CapabilityError: this server has no Bloom type.
        ValueError: there can be no such filter, or none that fits into a string of Redis.
    """

    def __init__(self, client, keys, kind: str, *, capacity: int, error_rate: float = 0.01):
        self.capacity, self.error_rate = whole("capacity", capacity), error_rate
        self.bits, self.hashes = size(self.capacity, error_rate)
        self.client, self.keys, self.key = suited(client), keys, keys.bloom(kind)
        self.look()

    def look(self) -> None:
        """Make sure that there can be such a filter here; a server that does not answer is not asked again."""
        try:
            self.client.execute_command("BF.EXISTS", self.key, FILLED)
        except redis.ResponseError as refusal:
            if "unknown command" in str(refusal):
                raise CapabilityError(
                    "This server has no Bloom type: use BitmapFilter, which any server can hold, or Redis 8."
                ) from None
        except UNREACHABLE:
            pass

    def fill(self, ids) -> None:
        """Hold these ids and no others; until they are all in, the former filter answers."""
        new, rest = self.keys.beside(self.key, f"new_{secrets.token_hex(4)}"), iter(ids)
        self.client.execute_command("BF.RESERVE", new, self.error_rate, self.capacity)
        self.client.expire(new, 600)  # if this process ends before it is done
        while batch := list(itertools.islice(map(_item, rest), 1000)):
            self.client.execute_command("BF.MADD", new, *batch)
        self.client.execute_command("BF.ADD", new, FILLED)
        self.client.persist(new)
        self.client.rename(new, self.key)

    def add(self, *ids) -> None:
        """Hold these ids too."""
        try:
            self.client.execute_command("BF.INSERT", self.key, "NOCREATE", "ITEMS", *map(_item, ids))
        except redis.ResponseError as refusal:
            if "not found" not in str(refusal):
                raise  # with no filter there, every id may be held as it is

    def may_hold(self, id) -> bool:
        filled, held = self.client.execute_command("BF.MEXISTS", self.key, FILLED, _item(id))
        return bool(held) or not filled


class BitmapFilter(BloomFilter):
    """The same in a plain string, for a server without the type: an id is `hashes` of its `bits`, by BITFIELD.

    The places of an id are h₁ + i·h₂ mod `bits` (A. Kirsch, M. Mitzenmacher: "Less Hashing, Same Performance: Building a
    Better Bloom Filter", ESA 2006). With more ids than `capacity` the false positives grow. `fill` sends the whole string.

    The first word of the string says for which size it was filled. A filter that is opened with another one confirms every
    id, since it would look in the wrong places, and takes no new ones.
    """

    def look(self) -> None:
        self.shape = self.bits << 16 | self.hashes  # never 0, as which a string begins that `add` has made

    def fill(self, ids) -> None:
        string = bytearray(self.shape.to_bytes(HEAD // 8, "big") + bytes(self.bits // 8 + 1))
        for place in itertools.chain.from_iterable(map(self._places, ids)):
            string[place // 8] |= 128 >> place % 8
        self.client.set(self.key, bytes(string))

    def add(self, *ids) -> None:
        """Hold these ids too.

        Raises:
            ValueError: the filter there was filled for another size.
        """
        places = itertools.chain.from_iterable(map(self._places, ids))
        words = (word for place in places for word in ("SET", "u1", place, 1))
        shape, *_ = self.client.execute_command("BITFIELD", self.key, "GET", f"i{HEAD}", 0, *words)
        if shape not in (0, self.shape):
            raise ValueError(
                f"{self.key} was filled for another capacity or error_rate. Open it with the same, or fill it again."
            )

    def may_hold(self, id) -> bool:
        asked = (word for place in self._places(id) for word in ("GET", "u1", place))
        shape, *held = self.client.execute_command("BITFIELD_RO", self.key, "GET", f"i{HEAD}", 0, *asked)
        return all(held) or shape != self.shape

    def _places(self, id) -> list[int]:
        digest = hashlib.blake2b(_item(id).encode(), digest_size=16).digest()
        first, second = (int.from_bytes(half, "big") for half in (digest[:8], digest[8:]))
        return [HEAD + (first + i * second) % self.bits for i in range(self.hashes)]


def _item(id) -> str:
    """An id as it stands in the name of its entry, whether it is a number, text, or bytes."""
    return str(text(id))


def size(capacity: int, error_rate: float) -> tuple[int, int]:
    """The bits m and the hashes k that a filter of n ids needs for a false-positive rate p.

    m = −n·ln p / (ln 2)², k = m/n·ln 2, for p = (1 − exp(−kn/m))ᵏ is then least (A. Broder, M. Mitzenmacher: "Network
    Applications of Bloom Filters: A Survey", Internet Mathematics 1(4), 2004; the filter is B. Bloom's, CACM 13(7), 1970).

    Raises:
        ValueError: there is no such filter, or it is larger than a string of Redis may be.
    """
    if within("error_rate", error_rate, "a rate between 0 and 1", 0, 1) in (0, 1):
        raise ValueError(f"error_rate = {error_rate} does not work: choose a rate between 0 and 1.")
    bits = math.ceil(-capacity * math.log(error_rate) / math.log(2) ** 2)
    if bits + HEAD >= 2**32:
        raise ValueError(
            f"{capacity:,} ids need {bits / 2**33:.1f} GB; a string holds 0.5. Choose a higher error_rate."
        )
    return bits, max(1, round(bits / capacity * math.log(2)))
