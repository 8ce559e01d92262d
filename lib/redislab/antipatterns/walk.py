"""One walk through a keyspace, read-only, in short steps: what all audits look at."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import repeat
from typing import NamedTuple

import redis

from redislab.lua import script

STEP = 2500  # µs that one call of the script may keep the server
COUNT = 64  # keys of one SCAN inside the script
PAGE = 400  # keys of one pipeline, where scripts are not allowed
HEAVY = 1024  # bytes from which on elements are counted
LONGEST = 1024  # bytes of a name that are kept
COMPACT = ("listpack", "listpackex", "ziplist", "intset")
KINDS = {  # where the encoding tells
    "raw": "string",
    "embstr": "string",
    "int": "string",
    "quicklist": "list",
    "skiplist": "zset",
    "intset": "set",
    "stream": "stream",
}
QUESTIONS = {  # what is asked of each key, in this order, here and in walk.lua
    "ttl": ("PTTL",),
    "kind": ("OBJECT ENCODING", f"TYPE unless {' '.join(KINDS)}"),
    "size": ("MEMORY USAGE",),
}
ASKS = tuple(QUESTIONS)  # what may be asked of a key; its encoding and its elements come with its kind
LENGTHS = {"hash": b"HLEN", "list": b"LLEN", "set": b"SCARD", "zset": b"ZCARD", "stream": b"XLEN"}


class Fact(NamedTuple):
    """What is known of one key.

    Attributes:
        key: its name, in bytes: it need not be text. Of one longer than `LONGEST`, the beginning.
        kind, encoding: such as "hash" and "listpack"; empty where the server does not say, or was not asked.
        ttl: milliseconds; -1 if it has none, None if that is unknown.
        size: bytes by MEMORY USAGE, None if they are unknown.
        length: elements of a collection that may have many, else -1; it takes kind and size to know that, and where the
            size is refused, those of all that have left their compact encoding.
    """

    key: bytes
    kind: str
    encoding: str
    ttl: int | None
    size: int | None
    length: int


class Page(list):
    """The facts of some keys.

    Attributes:
        cursor: SCAN's, from which the walk goes on after them; "0" at the end.
        refused: how many more keys there were, of which every question was refused.
        unknown: of how many keys something was refused, by what was asked.
        why: the server's words of a refusal; empty without one.
    """

    def __init__(self, facts=(), cursor: str = "0", refused: int = 0, why: str = ""):
        super().__init__(facts)
        self.cursor, self.refused, self.why = cursor, refused, why
        self.unknown: dict[str, int] = {}


def walk(node, asks=ASKS, *, scripts: bool = True, match: str = "*", cursor: str = "0") -> Iterator[Page]:
    """Every key of one server, in pages of some hundred facts: its name, and what it is asked.

    With scripts, SCAN and its questions run on the server (walk.lua), for `STEP` at a time, so that no client waits long;
    while a page is looked at here, the next one is already under way. Where EVAL_RO is refused, or the script was
    refused an answer, pipelines ask the same, which takes about twice as long. What SCAN promises holds: a key that is
    there from beginning to end is met, and one that moves about may be met twice.

    Nothing is written. Reading does not count as use either (CLIENT NO-TOUCH), so that eviction goes on as before; a
    server before 7.2 has no such thing, and there the elements of larger collections count as read. No value is
    transferred: about 40 bytes a key and its name; by pipelines the name four times.

    Args:
        match: a glob; only keys whose names match it are asked anything.
        cursor: where to begin: that of a page whose successors are still to be seen.

    Raises:
        redis.RedisError: it may not be scanned, or went away.
        ValueError: something is asked that is not in `ASKS`.
    """
    if unknown := set(asks) - set(ASKS):
        raise ValueError(f"Of a key one may ask {', '.join(ASKS)}, not {', '.join(sorted(unknown))}.")
    asked = [each for each in ASKS if each in asks]
    if scripts:
        with _connection(node) as connection:
            pages = _pages(_Scripts(connection, asked, match), asked, cursor)
            try:
                first = next(pages)
            except redis.ResponseError as failure:
                first = Page(why=str(failure))
            if not first.why:
                yield first
                yield from pages
                return
    with _connection(node) as connection:
        yield from _pages(_Pipelines(connection, asked, match), asked, cursor)


@contextmanager
def _connection(node):
    """One of the pool's, to itself; it is closed afterwards, so that no setting and no late reply stays behind."""
    connection = node.connection_pool.get_connection()
    try:
        with suppress(redis.ResponseError):  # an old server, or not allowed
            connection.send_command("CLIENT", "NO-TOUCH", "ON")
            connection.read_response()
        yield connection
    finally:
        connection.disconnect()
        node.connection_pool.release(connection)


def _pages(road, asked: list[str], cursor: str) -> Iterator[Page]:
    """Pages by one of the two roads; the lengths of a page's collections are asked together with the next page."""
    road.send([road.request(cursor.encode())])
    cursor = None
    while cursor != b"0":
        try:
            cursor, refused, why, names, *columns = road.read()
            answers = dict(zip(road.questions, columns, strict=True))
        except (TypeError, ValueError):
            raise redis.InvalidResponse("what it answers is not what Redis does") from None
        ttls, sizes = answers.get("PTTL"), answers.get("MEMORY USAGE")
        kinds, encodings = _kinds(answers) if "kind" in asked else ((), ())
        many = _many(names, kinds, encodings, sizes)
        packed = [ONE % (len(word), word, len(names[place]), names[place]) for place, word in many]
        road.send(packed if cursor == b"0" else [*packed, road.request(cursor)])
        lengths = dict(zip((place for place, _ in many), road.answers(len(many)), strict=True))
        counted = [_whole(lengths.get(place)) for place in range(len(names))] if lengths else repeat(-1)
        columns = kinds or repeat(""), encodings or repeat(""), ttls or repeat(None), sizes or repeat(None), counted
        page = Page(map(Fact, names, *columns), cursor.decode(), refused, why.decode(errors="replace"))
        refusals = {
            "ttl": (ttls or ()).count(None),
            "kind": max(each.count("") for each in (encodings, kinds)),
            "size": (sizes or ()).count(None),
        }
        page.unknown = {ask: count for ask, count in refusals.items() if count}
        yield page


def _kinds(answers: dict) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Type and encoding of each key."""
    encodings, kinds = (answers[question] for question in QUESTIONS["kind"])
    known = [*map(_KINDS.__getitem__, zip(encodings, kinds, strict=True))]
    return tuple(zip(*known, strict=True)) if known else ((), ())


class _Kinds(dict):
    """Type and encoding in text, by what was answered of both."""

    def __missing__(self, answers):
        encoding, kind = ((answer or b"").decode() for answer in answers)
        self[answers] = kind or KINDS.get(encoding, ""), encoding
        return self[answers]


_KINDS = _Kinds()


def _many(names, kinds, encodings, sizes) -> list[tuple[int, bytes]]:
    """The places of collections that may have many elements, and what counts them; a name that was cut asks for nothing."""
    if sizes is None or not kinds:
        return []
    facts = enumerate(zip(names, kinds, encodings, sizes, strict=True))
    return [
        (place, LENGTHS[kind])
        for place, (name, kind, encoding, size) in facts
        if kind in LENGTHS and encoding not in COMPACT and (size is None or size >= HEAVY) and len(name) < LONGEST
    ]


def _whole(answer) -> int:
    return answer if isinstance(answer, int) else -1  # it has changed its type since, or may not be counted


GONE = frozenset((None, -2, b"none"))  # an answer of a key that is not there any more
ONE = b"*2\r\n$%d\r\n%b\r\n$%d\r\n%b\r\n"


def _is_refusal(answer) -> bool:
    return isinstance(answer, Exception)


def _words(refusal: Exception) -> bytes:
    """The server's; of a key whose slot has moved meanwhile, redis-py leaves out the first."""
    return f"{'MOVED ' if isinstance(refusal, redis.exceptions.AskError) else ''}{refusal}".encode()


class _Road:
    """A connection, and the questions to ask. Packed here: redis-py would take longer to pack than Redis to answer."""

    def __init__(self, connection, asked: list[str], match: str):
        self.connection, self.match = connection, match.encode("utf-8", "surrogateescape")
        self.questions = [question for ask in asked for question in QUESTIONS[ask]]

    def send(self, packed: list[bytes]) -> None:
        if packed:
            self.connection.send_packed_command([b"".join(packed)])

    def answers(self, count: int) -> list:
        """In order; an error is one of them."""
        read, answers = self.connection.read_response, []
        for _ in range(count):
            try:
                answers.append(read(disable_decoding=True))
            except redis.ResponseError as refusal:
                answers.append(refusal)
        return answers


class _Scripts(_Road):
    """On the server, for `STEP` at a time."""

    def request(self, cursor: bytes) -> bytes:
        arguments = (script("walk"), 0, cursor, STEP, COUNT, self.match, LONGEST, *self.questions)
        return b"".join(self.connection.pack_command("EVAL_RO", *arguments))

    def read(self) -> list:
        return self.connection.read_response(disable_decoding=True)


class _Pipelines(_Road):
    """From here, where scripts are not allowed: SCAN, and then all questions about its keys at once."""

    def __init__(self, connection, asked: list[str], match: str):
        super().__init__(connection, asked, match)
        self.count = PAGE
        words = [question.partition(" unless ")[0].encode().split() for question in self.questions]
        heads = [b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in each) for each in words]
        self.packed = b"".join(
            b"*%d\r\n%b$%%d\r\n%%b\r\n" % (len(each) + 1, head) for each, head in zip(words, heads, strict=True)
        )

    def request(self, cursor: bytes) -> bytes:
        return b"".join(self.connection.pack_command("SCAN", cursor, "MATCH", self.match, "COUNT", self.count))

    def read(self) -> list:
        cursor, keys = self.connection.read_response(disable_decoding=True)
        longest = max(map(len, keys), default=0)
        self.count = PAGE if longest <= LONGEST else max(1, PAGE * LONGEST // longest)
        width = len(self.questions)
        self.send([self.packed % ((len(key), key) * width) for key in keys] if width else [])
        answers = self.answers(len(keys) * width)
        if GONE.isdisjoint(answers) and not any(map(_is_refusal, answers)):
            return [cursor, 0, b"", [key[:LONGEST] for key in keys], *(answers[place::width] for place in range(width))]
        return [cursor, *self._sorted_out(keys, answers, width)]

    def _sorted_out(self, keys: list[bytes], answers: list, width: int) -> list:
        """The same without the keys that have gone, or refused everything; what else was refused is None."""
        names, rows, refused, why = [], [], 0, b""
        for place, key in enumerate(keys):
            row = answers[place * width : (place + 1) * width]
            if not GONE.isdisjoint(row):
                continue
            refusals = [*filter(_is_refusal, row)]
            why = why or (_words(refusals[0]) if refusals else b"")
            if width and len(refusals) == width:
                refused += 1
                continue
            names.append(key[:LONGEST])
            rows.append([None if _is_refusal(answer) else answer for answer in row])
        return [refused, why, names, *(map(list, zip(*rows, strict=True)) if rows else [[]] * width)]
