"""One walk through a keyspace, read-only, in short steps: what all audits look at."""

from collections.abc import Iterator
from contextlib import contextmanager
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
ASKS = ("kind", "ttl", "size")  # what may be asked of a key; its encoding and its elements come with its kind
LENGTHS = {"hash": b"HLEN", "list": b"LLEN", "set": b"SCARD", "zset": b"ZCARD", "stream": b"XLEN"}


class Fact(NamedTuple):
    """What is known of one key.

    Attributes:
        key: its name, in bytes: it need not be text. Of one longer than `LONGEST`, the beginning.
        kind, encoding: such as "hash" and "listpack"; empty where the server does not say, or was not asked.
        ttl: milliseconds; -1 if it has none, None if it was not asked.
        size: bytes by MEMORY USAGE; 0 where it may not be, or was not, asked.
        length: elements of a collection that may have many, else -1; it takes kind and size to know that.
    """

    key: bytes
    kind: str
    encoding: str
    ttl: int | None
    size: int
    length: int


def nodes(client) -> list[tuple[redis.Redis, int]]:
    """A client for each node that holds keys, and how many those are."""
    cluster = hasattr(client, "get_primaries")
    places = [client.get_redis_connection(node) for node in client.get_primaries()] if cluster else [client]
    return [(node, node.dbsize()) for node in places]


def walk(node, asks=ASKS, *, scripts: bool = True) -> Iterator[list[Fact]]:
    """Every key of one server, in pages of some hundred facts: its name, and what it is asked.

    With scripts, SCAN and its questions run on the server (walk.lua), for `STEP` at a time, so that nobody waits for long;
    while a page is looked at here, the next one is already under way. Where EVAL_RO is refused, pipelines ask the
    same, which takes about twice as long. What SCAN promises holds: a key that is there from beginning to end is met,
    and one that moves about may be met twice.

    Nothing is written. Reading does not count as use either (CLIENT NO-TOUCH), so that eviction goes on as before; a
    server before 7.2 has no such thing, and there the elements of larger collections count as read.

    Raises:
        redis.RedisError: it may not be scanned, or went away.
        ValueError: something is asked that is not in `ASKS`.
    """
    if unknown := set(asks) - set(ASKS):
        raise ValueError(f"Of a key one may ask {', '.join(ASKS)}, not {', '.join(sorted(unknown))}.")
    with _connection(node) as connection:
        pages = _by_script(connection, asks) if scripts else _by_pipeline(connection, asks)
        try:
            first = next(pages, [])
        except redis.ResponseError:
            if not scripts:
                raise
            pages = _by_pipeline(connection, asks)
            first = next(pages, [])
        yield first
        yield from pages


@contextmanager
def _connection(node):
    """One of the pool's, to itself; it is closed afterwards, so that no setting and no late reply stays behind."""
    connection = node.connection_pool.get_connection()
    try:
        try:
            connection.send_command("CLIENT", "NO-TOUCH", "ON")
            connection.read_response()
        except redis.ResponseError:
            pass  # an old server, or not allowed
        yield connection
    finally:
        connection.disconnect()
        node.connection_pool.release(connection)


def _by_script(connection, asks) -> Iterator[list[Fact]]:
    def ask(cursor):
        connection.send_command("EVAL_RO", script("walk"), 0, cursor, STEP, COUNT, HEAVY, LONGEST, *asks)

    ask(cursor := b"0")
    while True:
        cursor, names, marks, ttls, sizes, lengths = connection.read_response(disable_decoding=True)
        if cursor != b"0":
            ask(cursor)
        kinds, encodings = zip(*map(_MARKS.__getitem__, marks), strict=True) if marks else (repeat(""), repeat(""))
        yield [*map(Fact, names, kinds, encodings, ttls or repeat(None), sizes or repeat(0), lengths or repeat(-1))]
        if cursor == b"0":
            return


class _Marks(dict):
    """Type and encoding by what the script says of them."""

    def __missing__(self, mark: bytes) -> tuple[str, str]:
        kind, _, encoding = mark.decode().rpartition(" ")
        self[mark] = kind or KINDS.get(encoding, ""), encoding
        return self[mark]


_MARKS = _Marks()


# Where scripts are not allowed

QUESTIONS = {
    "ttl": b"*2\r\n$4\r\nPTTL\r\n$%d\r\n%b\r\n",
    "kind": b"*3\r\n$6\r\nOBJECT\r\n$8\r\nENCODING\r\n$%d\r\n%b\r\n",
    "size": b"*3\r\n$6\r\nMEMORY\r\n$5\r\nUSAGE\r\n$%d\r\n%b\r\n",
}
SCAN = b"*4\r\n$4\r\nSCAN\r\n$%d\r\n%b\r\n$5\r\nCOUNT\r\n$3\r\n%d\r\n"
NOT_ASKED = {"ttl": None, "kind": b"", "size": 0}
ONE = b"*2\r\n$%d\r\n%b\r\n$%d\r\n%b\r\n"


def _by_pipeline(connection, asks) -> Iterator[list[Fact]]:
    """The next SCAN and the questions about the last one's keys go together."""
    questions, count = b"".join(QUESTIONS[each] for each in asks), len(asks)
    cursor, page = b"0", []
    while cursor is not None or page:
        packed = [questions % ((len(key), key) * count) for key in page]
        if cursor is not None:
            packed.insert(0, SCAN % (len(cursor), cursor, PAGE))
        answers = _answers(connection, packed, len(page) * count + (cursor is not None))
        following = []
        if cursor is not None:
            if isinstance(answers[0], Exception):
                raise answers[0]
            cursor, following = answers.pop(0)
            cursor = None if cursor == b"0" else cursor
        if page:
            columns = {each: answers[place::count] for place, each in enumerate(asks)}
            facts = map(
                _fact, page, *(columns.get(each) or repeat(NOT_ASKED[each]) for each in ("ttl", "kind", "size"))
            )
            facts = [fact for fact in facts if fact]
            yield _completed(connection, facts) if "kind" in asks else [*map(_cut, facts)]
        page = following


def _fact(key: bytes, ttl, encoding, size) -> Fact | None:
    if not isinstance(ttl, int | None) or ttl == -2 or encoding is None or size is None:
        return None  # gone, or in a slot that has just moved to another node
    encoding = encoding.decode() if isinstance(encoding, bytes) else ""
    return Fact(key, KINDS.get(encoding, ""), encoding, ttl, size if isinstance(size, int) else 0, -1)


def _cut(fact: Fact) -> Fact:
    return fact if len(fact.key) <= LONGEST else fact._replace(key=fact.key[:LONGEST])


def _completed(connection, facts: list[Fact]) -> list[Fact]:
    """The same, with their types where the encoding does not tell, and their elements where there may be many."""
    vague = [place for place, fact in enumerate(facts) if not fact.kind]
    for place, kind in zip(vague, _ask(connection, [(b"TYPE", facts[place].key) for place in vague]), strict=True):
        facts[place] = facts[place]._replace(kind=kind.decode() if isinstance(kind, bytes) else "")
    large = [
        place
        for place, fact in enumerate(facts)
        if fact.size >= HEAVY and fact.kind in LENGTHS and fact.encoding not in COMPACT
    ]
    lengths = _ask(connection, [(LENGTHS[facts[place].kind], facts[place].key) for place in large])
    for place, length in zip(large, lengths, strict=True):
        facts[place] = facts[place]._replace(length=length if isinstance(length, int) else -1)
    there = (fact for fact in facts if fact.kind != "none")  # else it has gone since it was asked for the first time
    return [*map(_cut, there)]


def _ask(connection, questions: list[tuple[bytes, bytes]]) -> list:
    return _answers(connection, [ONE % (len(word), word, len(key), key) for word, key in questions], len(questions))


def _answers(connection, packed: list[bytes], count: int) -> list:
    """In order; an error is one of them. Packed here: redis-py would take longer to pack than Redis to answer."""
    if packed:
        connection.send_packed_command([b"".join(packed)])
    read, answers = connection.read_response, []
    for _ in range(count):
        try:
            answers.append(read(disable_decoding=True))
        except redis.ResponseError as refusal:
            answers.append(refusal)
    return answers
