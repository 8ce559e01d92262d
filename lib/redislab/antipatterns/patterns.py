"""Names by their shape: a million keys are a few patterns."""

import re
from collections import Counter
from collections.abc import Iterable

ANY = "*"
BRANCHES = 64  # different words in one place; where there are more, they are ids
MOST = 5000  # different words in all places together
DEPTH = 8  # parts of a name that are told apart
LONG = 200  # bytes of a name that are looked at
KEPT = 20_000  # shapes that are remembered
SAME = bytes.maketrans(b"123456789", b"000000000")
ID = re.compile(r"[.T-]*\d[\d.T-]*|[0-9a-fA-F-]{8,}|.*@.*", re.DOTALL)
DIGITS = re.compile(r"\d+")


class Patterns:
    """`of(key)` is the pattern of a name: `shop:user:42` and `shop:user:43` are both `shop:user:*`.

    Numbers, dates, UUIDs, digests and addresses are ids. So are words where many different ones stand in the same place, as
    with `session:` and a token; which ones those are is known at the end, and `settled` gives the final names.
    A name costs about a microsecond; what is remembered is bounded, whatever the names.
    """

    def __init__(self):
        self._known: dict[bytes, str] = {}
        self._branches: dict[str, set[str]] = {}
        self._words = 0

    def of(self, key: bytes) -> str:
        shape = key.translate(SAME)
        try:
            return self._known[shape]
        except KeyError:
            return self._learn(shape)

    def recall(self, pattern: str) -> None:
        """A pattern that another of these has found."""
        for prefix, word in zip(_prefixes(pattern), pattern.split(":"), strict=False):
            branches = self._branches.setdefault(prefix, set())
            self._words += word != ANY and word not in branches
            branches.add(word)

    def settled(self, counts: dict[str, int]) -> dict[str, str]:
        """The final name of each pattern, by how many keys it has: where there are many words, the rare ones are ids."""
        within = Counter()
        for pattern, count in counts.items():
            for prefix in _prefixes(pattern):
                within[prefix] += count
        return {pattern: ":".join(self._settle(pattern, within)) for pattern in counts}

    def _learn(self, shape: bytes) -> str:
        if len(self._known) >= KEPT:
            self._known.clear()
        parts, prefix = [], ""
        for part in shape[:LONG].decode("utf-8", "surrogateescape").split(":")[:DEPTH]:
            word = ANY if ID.fullmatch(part) else DIGITS.sub(ANY, part)
            word = word if word.isprintable() else ascii(word)[1:-1]
            branches = self._branches.setdefault(prefix, set())
            if word not in branches:
                word = ANY if len(branches) >= BRANCHES or self._words >= MOST else word
                branches.add(word)
                self._words += word != ANY
            parts.append(word)
            prefix = f"{prefix}{word}:"
        pattern = ":".join(parts)
        if len(shape) <= LONG:
            self._known[shape] = pattern
        return pattern

    def _settle(self, pattern: str, within: Counter) -> Iterable[str]:
        for prefix, part in zip(_prefixes(pattern), pattern.split(":"), strict=False):
            crowded = len(self._branches.get(prefix, ())) >= BRANCHES or self._words >= MOST
            rare = within[f"{prefix}{part}:"] * 100 < within[prefix]
            yield ANY if crowded and rare else part


def _prefixes(pattern: str) -> Iterable[str]:
    """The empty one, and one for each part, with its colon."""
    prefix = ""
    yield prefix
    for part in pattern.split(":"):
        prefix = f"{prefix}{part}:"
        yield prefix
