"""Naming rules as data, each with its reason and what it costs to break it; and the shapes that names usually have."""

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from redislab.keys.finding import Finding
from redislab.keys.slots import hash_tag

LONG = 100  # bytes; beyond it a name costs more than many a value
SHOWN = 80  # characters of a name that a finding shows
HINT, WARNING, DANGER = 1, 2, 3

# Each of these, and of those below, takes linear time for any name: no two ways to match the same characters.
ID = re.compile(r"[^:\d@.]*[\d@.][^:]*")  # has a digit, an @ or a dot: a value, not a word
ANY = re.compile(r".+", re.DOTALL)
WORD = re.compile(r"[^\W\d]+(-[^\W\d]+)*")  # an underscore is one of the letters
PERIOD = re.compile(r"\d{4}(-\d\d){0,2}(T\d\d)?|\d{4}-W\d\d")
VERSION = re.compile(r"v\d+")
ODD_VERSION = re.compile(r"V\d[\d.]*|v\d+\.[\d.]+|(?i:ver|version|rev|schema)[_-]?\d[\d.]*")
SECRETS = set(
    "otp pin password passwd secret token access_token refresh_token api_key apikey verification_code jwt".split()
)


@dataclass(frozen=True)
class Rule:
    """One rule on one name. `breaks(key)` says what is seen, or None if the name keeps it.

    reason: why there is such a rule. price: what it costs to break it. cure: how to mend it.
    """

    name: str
    reason: str
    price: str
    cure: str
    weight: int
    breaks: Callable[[str], str | None]

    def look(self, key: str) -> Finding | None:
        seen = self.breaks(key)
        return seen and Finding(self.name, shown(key), seen, f"{self.reason} {self.price}", self.cure, self.weight)


@dataclass(frozen=True)
class Pattern:
    """A shape that names usually have: its parts, what lies under such a name, and two examples."""

    name: str
    shape: str
    holds: str
    examples: tuple[str, str]
    fits: Callable[[list[str]], bool]


def lint(key: str | bytes) -> list[Finding]:
    """What is wrong with one name, the gravest first. Nothing is asked of a server."""
    name = key.decode("utf-8", "surrogateescape") if isinstance(key, bytes) else key
    found = [finding for rule in RULES if (finding := rule.look(name))]
    return sorted(found, key=lambda finding: -finding.weight)


def recognise(key: str) -> Pattern | None:
    """The pattern that a name follows; a prefix before it, such as `prod:shop`, does not matter."""
    parts = split(key)
    return next((pattern for pattern in PATTERNS if all(parts) and pattern.fits(parts)), None)


def inconsistent(keys: Iterable[str]) -> list[Finding]:
    """Kinds that are written in two ways among these names, such as `user:1` beside `Users:2`."""
    spellings: dict[str, Counter] = {}
    for key in keys:
        parts = split(key)
        for kind, id in itertools.pairwise(parts):
            if WORD.fullmatch(kind) and ID.fullmatch(id):
                spellings.setdefault(re.sub(r"[_-]", "", kind.lower()).removesuffix("s"), Counter())[kind] += 1
    return [
        Finding(
            "consistent",
            max(ways, key=ways.get),
            "written " + " and ".join(f"{way!r} ({count:,} times)" for way, count in ways.most_common()),
            "Names are found by those who can guess them. A job that counts, clears or permits one spelling misses the other.",
            "Decide on one, let one method make the name, and move the others by RENAME, or let them expire.",
            WARNING,
        )
        for ways in spellings.values()
        if len(ways) > 1
    ]


def split(key: str) -> list[str]:
    """The parts of a name; the braces of a hash tag are not part of them."""
    tag = hash_tag(key)
    return (key.replace(f"{{{tag}}}", tag, 1) if tag else key).split(":")


def shown(key: str) -> str:
    """A name as it can be printed: cut, and with what cannot be printed escaped."""
    cut = key if len(key) <= SHOWN else f"{key[: SHOWN - 1]}…"
    return cut if cut.isprintable() else ascii(cut)[1:-1]


def printable(words: str) -> str:
    """As they are, but for what a terminal would obey: the words of a server, and the names of its keys, are its own."""
    return "".join(mark if mark.isprintable() or mark == "\n" else ascii(mark)[1:-1] for mark in words)


# What each rule looks for


def _separator(key: str) -> str | None:
    if ":" in key:
        return None
    if mark := re.search(r"(?<=[^\W_])[_/.|-](?=\d)|(?<=\d)[_/.|-](?=[^\W_])|/", key):
        return f"parts are set apart by {mark[0]!r}"
    return "a word and a number run into one" if re.fullmatch(r"[^\W\d]{2,}\d+", key) else None


def _order(key: str) -> str | None:
    first, *rest = split(key)
    number = re.fullmatch(r"\d+|[0-9a-f]{8}-[0-9a-f-]{27}", first)
    return f"begins with an id, {first!r}" if number and rest and not hash_tag(key) else None


def _lower_case(key: str) -> str | None:
    parts = split(key)
    words = parts[:-1] if _is_collection(parts) else parts
    mixed = [part for part in words if WORD.fullmatch(part) and part != part.lower()]
    return f"capital letters in {mixed[0]!r}" if mixed else None


def _special(key: str) -> str | None:
    odd = set(re.findall(r"[\s*?\[\]^\\\"'`$;&|<>{}\x00-\x1f\x7f-\x9f\ud800-\udfff]", "".join(split(key))))
    if odd:
        return "holds " + " ".join(sorted(ascii(mark) for mark in odd))
    return "a part is empty" if key and not all(split(key)) else None


def _version(key: str) -> str | None:
    wrong = next((part for part in split(key) if ODD_VERSION.fullmatch(part)), None)
    return wrong and f"a version is written {wrong!r}"


def _index_apart(key: str) -> str | None:
    parts = split(key)
    for kind, by in itertools.pairwise(parts):
        if by.startswith("by_") and WORD.fullmatch(kind) and not kind.endswith("s"):
            return f"{kind}:* matches the records and this index"
    return None


def _secret(key: str) -> str | None:
    parts = split(key)
    for word, value in itertools.pairwise(parts):
        if word.lower() in SECRETS and len(value) >= 4 and ID.fullmatch(value):
            return f"what follows {word!r} looks like the secret itself"
    return "looks like a signed token" if _has_token(key) else None


def _has_token(key: str) -> bool:
    """Whether there is a JSON Web Token in it: eyJ, and on both sides of a dot at least 8 more of its characters."""
    for before, after in itertools.pairwise(key.split(".")):
        run = re.split(r"[^\w-]", before)[-1]
        if run.find("eyJ") in range(len(run) - 10) and re.match(r"[\w-]{8}", after):
            return True
    return False


def _length(key: str) -> str | None:
    length = len(key.encode("utf-8", "surrogateescape"))
    return f"{length:,} bytes" if length > LONG else None


RULES = (
    Rule(
        "separator",
        "Colons are what readers expect: tools draw their trees by them, permissions and patterns are written with them.",
        "It is a convention and no more: SCAN walks the whole keyspace with any separator.",
        "Write kind:id:field, as in user:123:profile.",
        WARNING,
        _separator,
    ),
    Rule(
        "general to specific",
        "What is permitted, counted or moved together is what begins alike.",
        "With the id first no prefix holds all users.",
        "Put the kind before the id: user:123, not 123:user.",
        WARNING,
        _order,
    ),
    Rule(
        "lower case",
        "Names are compared byte by byte: User:1 and user:1 are two keys.",
        "A reader who spells it otherwise finds nothing, and no error.",
        "Write words in lower case; an id stays as it is.",
        HINT,
        _lower_case,
    ),
    Rule(
        "no special characters",
        "Blanks need quotes in redis-cli, * ? [ ] are patterns to SCAN and to permissions, braces decide a cluster's slot.",
        "A name that is also a pattern is cleared together with what it matches.",
        "Keep to letters, digits and : _ - . @, and leave no part empty; encode what users have typed.",
        WARNING,
        _special,
    ),
    Rule(
        "version",
        "A new shape under the old name is read by code that does not know it.",
        "During a rollout both run: one of them fails, or writes the old shape back.",
        "End the name with v and a number, user:123:profile:v2, and let the old ones expire.",
        HINT,
        _version,
    ),
    Rule(
        "index apart",
        "A walk over user:* also returns user:by_email:…, which is of another type.",
        "HGETALL on it is a WRONGTYPE error, and a clean-up of users deletes the index.",
        "Begin indexes with a word of their own: users:by_email:…, or unique:user:email:….",
        WARNING,
        _index_apart,
    ),
    Rule(
        "no secrets",
        "Names are no secret: they stand in MONITOR, SLOWLOG, backups, tools and logs.",
        "Anyone who may list keys can use the code or the token.",
        "Name it by the user, otp:user:123, and keep a hash of the code as its value.",
        DANGER,
        _secret,
    ),
    Rule(
        "length",
        "A name is kept in memory for each key, and sent with each command.",
        "About a byte of memory for each byte of it: from 10 to 120 characters, 93 to 205 B a key.",
        "Shorten what repeats in every name first; hash what users have typed.",
        HINT,
        _length,
    ),
)


# How names usually look, the most particular first


def _ends(parts: list[str], *shape: re.Pattern) -> bool:
    tail = parts[-len(shape) :]
    return len(parts) >= len(shape) and all(form.fullmatch(part) for form, part in zip(shape, tail, strict=True))


def _is_collection(parts: list[str]) -> bool:
    by_field = _ends(parts, WORD, WORD, ANY) and parts[-2].startswith("by_")
    return by_field or (_ends(parts, WORD, WORD, WORD, ANY) and parts[-4] in ("unique", "index"))


PATTERNS = (
    Pattern(
        "versioning",
        "kind:id:v2",
        "The same thing in another shape: old and new code run side by side, the old keys expire.",
        ("user:123:profile:v2", "cache:product:456:v3"),
        lambda parts: _ends(parts, ANY, ANY, VERSION),
    ),
    Pattern(
        "index",
        "kinds:name",
        "A set or a sorted set of ids. A period at its end cuts it into pieces that can expire one by one.",
        ("users:active", "orders:by_date:2024-11"),
        lambda parts: _ends(parts, WORD, WORD) or (_ends(parts, WORD, WORD, PERIOD) and parts[-2].startswith("by_")),
    ),
    Pattern(
        "collection",
        "kinds:by_field:value",
        "A string that holds the id of the one record with this value, or a set of the ids of several.",
        ("users:by_email:john@example.com", "products:by_sku:ABC123"),
        _is_collection,
    ),
    Pattern(
        "aggregation",
        "kind:id:metric:period",
        "A counter (INCR), a set or a HyperLogLog for one period; its TTL is how long it is asked for.",
        ("user:123:pageviews:2024-11-19", "site:visitors:2024-11-19"),
        lambda parts: _ends(parts, WORD, WORD, PERIOD) or _ends(parts, WORD, ID, WORD, PERIOD),
    ),
    Pattern(
        "entity with field",
        "kind:id:field",
        "A part that is read, or expires, by itself. What is read together belongs into one hash.",
        ("user:123:email", "user:123:session"),
        lambda parts: _ends(parts, WORD, ID, WORD),
    ),
    Pattern(
        "entity",
        "kind:id",
        "One thing: a hash, or a string of JSON.",
        ("user:123", "product:456"),
        lambda parts: _ends(parts, WORD, ID),
    ),
)
