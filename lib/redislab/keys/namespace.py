"""Where every key is born: one method a key, with its shape and its type."""

import functools
import re

from redislab.keys.replies import text
from redislab.keys.slots import hash_tag

# a part of a name says its colons, braces and percent signs as in a URL, so that it ends where it seems to
ESCAPES = str.maketrans({mark: f"%{ord(mark):02X}" for mark in "%:{}"})
MARKS, NO_TEXT = (
    re.compile("[%:{}\ud800-\udfff]").search,
    re.compile("[\ud800-\udfff]").search,
)  # halves of UTF-16's pairs
# what names of one type begin with; a kind or a tenant of that name is written with its first letter as in a URL
WORDS = set("record unique index profile leaderboard session catalog feed limit counter bloom stream".split())

WRITTEN = "letters, digits, '_', '-' and '.'"
PREFIX = re.compile(r"[\w.%:-]+|[\w.%:-]*(\{[\w.%:-]+\}[\w.%:-]*)+", re.ASCII)


class KeyNamespace:
    """Names keys under a prefix, from the general to the specific: `prefix:kind:id`.

    keys = KeyNamespace("shop")
    keys.user(42)                          # shop:user:42
    keys.beside(keys.user(42), "lease")    # shop:lease:{shop:user:42}

    keys = KeyNamespace.of(environment="prod", application="shop")
    keys.tenant("acme").user(42)           # prod:shop:acme:user:42

    Two calls that differ give two names: what stands in a kind or an id is escaped as in a URL, `user("a:b")` is
    `shop:user:a%3Ab`, and no tenant or kind is taken for the word that another method's names begin with.

    Raises:
        ValueError: the prefix holds what is not a letter, a digit, `_`, `-`, `.`, a colon or a hash tag; or, from each
            method, an id is no text.
    """

    def __init__(self, prefix: str):
        if not PREFIX.fullmatch(prefix):
            raise ValueError(f"{prefix!r} cannot be a prefix: write {WRITTEN}, colons between, a hash tag in braces.")
        self.prefix = prefix

    @classmethod
    def of(cls, *, environment: str = "", application: str = "", tenant: str = "") -> "KeyNamespace":
        """`environment:application:tenant`, of which any may be left out, but not all.

        The order is that of what is kept apart for longest. An environment is cleared, copied and locked away as a whole; an
        application has a user of its own on the server, whose permission is a prefix (`ACL SETUSER shop ~prod:shop:*`); a
        tenant is counted, exported and deleted inside it. Two environments on one server still share its memory and its
        one thread: a server each is the better wall.

        Raises:
            ValueError: a part that is not letters, digits, `_`, `-` and `.`, or no part at all.
        """
        parts = [_word(_part(part)) for part in (environment, application, tenant) if part]
        if not parts:
            raise ValueError(
                "A namespace without a part separates nothing. Name an environment, an application or a tenant."
            )
        return cls(":".join(parts))

    def tenant(self, name: str, *, together: bool = False) -> "KeyNamespace":
        """`prefix:name`, the same keys for one tenant; `together`: `prefix:{name}`, all of them in one slot of a cluster.

        Raises:
            ValueError: as `of`.
        """
        name = _word(_part(name))
        return type(self)(f"{self.prefix}:{{{name}}}" if together else f"{self.prefix}:{name}")

    def entity(self, kind: str, id) -> str:
        """`prefix:kind:id`: one thing of a kind, a string of JSON unless a pattern says otherwise."""
        return f"{self.prefix}:{_kind(kind)}:{_name(id)}"

    def user(self, id) -> str:
        """`prefix:user:id`, a string of JSON."""
        return self.entity("user", id)

    def product(self, id) -> str:
        """`prefix:product:id`, a string of JSON."""
        return self.entity("product", id)

    def order(self, id) -> str:
        """`prefix:order:id`, a string of JSON."""
        return self.entity("order", id)

    def record(self, kind: str, id) -> str:
        """`prefix:record:kind:id`, a hash: a record that indexes find. Its cached copy, `entity(kind, id)`, is another key."""
        return self._named("record", kind, id)

    def unique(self, kind: str, field: str, value) -> str:
        """`prefix:unique:kind:field:value`, a string: the id of the one record that has the value (see UniqueIndex).

        It does not begin as the records do: who walks `prefix:kind:*` must not come upon indexes.
        """
        return self._named("unique", kind, field, value)

    def index(self, kind: str, field: str, value) -> str:
        """`prefix:index:kind:field:value`, a set: the ids of all records that have the value (see Index)."""
        return self._named("index", kind, field, value)

    def profile(self, id) -> str:
        """`prefix:profile:id`, a hash: a field for each thing known of a user, all of them text."""
        return self._named("profile", id)

    def leaderboard(self, name: str) -> str:
        """`prefix:leaderboard:name`, a sorted set: players by their scores."""
        return self._named("leaderboard", name)

    def session(self, id) -> str:
        """`prefix:session:id`, a hash with a TTL, which every use of the session restarts."""
        return self._named("session", id)

    def catalog(self, kind: str, name) -> str:
        """`prefix:{catalog}:kind:name`: a product is a hash, a category a sorted set, a tag a set, both of product ids.

        Of kind `pruning` are `deadlines`, a sorted set of product ids, and `entries`, a hash: who is listed where.
        All in one slot of a cluster, so that an intersection or a script may use several; and so on one node of it.
        """
        return self._named("{catalog}", kind, name)

    def feed(self, owner) -> str:
        """`prefix:feed:owner`, a stream: an entry an item, the oldest cut off."""
        return self._named("feed", owner)

    def limit(self, rule: str, subject) -> str:
        """`prefix:limit:rule:subject`: what a rate limiter knows of a subject; a hash, a sorted set or a string by its kind."""
        return f"{self.prefix}:limit:{_rule(rule)}:{_name(subject)}"

    def counter(self, name) -> str:
        """`prefix:counter:name`, a string that holds a whole number."""
        return self._named("counter", name)

    def bloom(self, kind: str) -> str:
        """`prefix:bloom:kind`, a bitmap or a Bloom filter: the ids of a kind that there may be."""
        return self._named("bloom", kind)

    def stream(self, kind: str) -> str:
        """`prefix:stream:kind`, a stream: the writes of a kind that wait for the database, one message each.

        Its field `record` is JSON with the row's id and version; the message's ID is `version-0`.
        """
        return self._named("stream", kind)

    def beside(self, key: str, role: str) -> str:
        """`prefix:role:{key}`: a companion of `key` in the same slot, so that a script may use both on a cluster.

        A cluster hashes only what stands between the first braces (the hash tag). A key that has one keeps it, and its
        companion is `prefix:role:(key)`.

        Raises:
            ValueError: no companion can share the key's slot, since it has a closing brace but no hash tag, or lies
                outside a prefix that has one.
        """
        tag = hash_tag(key)
        companion = f"{self.prefix}:{_name(role)}:" + (f"({key})" if tag else f"{{{key}}}")
        if hash_tag(companion) != (tag or key):
            raise ValueError(
                f"No companion of {key!r} under {self.prefix!r} lies in its slot. Leave braces out of names, or have "
                "the namespace name the key too."
            )
        return companion

    def _named(self, word: str, *parts) -> str:
        return ":".join((self.prefix, word, *map(_name, parts)))

    def __repr__(self) -> str:
        return f"KeyNamespace({self.prefix!r})"


def _name(part) -> str:
    """A part of a name, from what it stands for."""
    name = text(part) if isinstance(part, bytes) else str(part)
    if not MARKS(name):
        return name
    if NO_TEXT(name):
        raise ValueError(f"{part!r:.60} cannot be part of a name: UTF-8 has no bytes for it.")
    return name.translate(ESCAPES)


_rule = functools.lru_cache(typed=True)(_name)  # there are few of them


@functools.lru_cache(typed=True)
def _kind(kind) -> str:
    return _word(_name(kind))


def _word(name: str) -> str:
    """A kind or a tenant, which must not be read as one of WORDS."""
    return f"%{ord(name[0]):02X}{name[1:]}" if name in WORDS else name


def _part(part: str) -> str:
    if not re.fullmatch(r"[\w.-]+", part, re.ASCII):
        raise ValueError(f"{part!r} cannot be a part of a prefix: write {WRITTEN}, nothing else.")
    return part
