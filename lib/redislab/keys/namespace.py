"""Where every key is born: one method a key, with its shape and its type."""

import re

from redislab.keys.slots import hash_tag


class KeyNamespace:
    """Names keys under a prefix, from the general to the specific: `prefix:kind:id`.

    keys = KeyNamespace("shop")
    keys.user(42)                          # shop:user:42
    keys.beside(keys.user(42), "lease")    # shop:lease:{shop:user:42}

    keys = KeyNamespace.of(environment="prod", application="shop")
    keys.tenant("acme").user(42)           # prod:shop:acme:user:42
    """

    def __init__(self, prefix: str):
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
        parts = [_part(part) for part in (environment, application, tenant) if part]
        if not parts:
            raise ValueError(
                "A namespace without a part is everybody's. Name an environment, an application or a tenant."
            )
        return cls(":".join(parts))

    def tenant(self, name: str, *, together: bool = False) -> "KeyNamespace":
        """`prefix:name`, the same keys for one tenant; `together`: `prefix:{name}`, all of them in one slot of a cluster.

        Raises:
            ValueError: as `of`.
        """
        return type(self)(f"{self.prefix}:{{{_part(name)}}}" if together else f"{self.prefix}:{_part(name)}")

    def entity(self, kind: str, id) -> str:
        """`prefix:kind:id`: one thing of a kind, a string of JSON unless a pattern says otherwise."""
        return f"{self.prefix}:{kind}:{id}"

    def user(self, id) -> str:
        """`prefix:user:id`, a string of JSON."""
        return self.entity("user", id)

    def product(self, id) -> str:
        """`prefix:product:id`, a string of JSON."""
        return self.entity("product", id)

    def order(self, id) -> str:
        """`prefix:order:id`, a string of JSON."""
        return self.entity("order", id)

    def unique(self, kind: str, field: str, value) -> str:
        """`prefix:unique:kind:field:value`, a string: the id of the one record that has the value (see UniqueIndex).

        It does not begin as the records do: who walks `prefix:kind:*` must not come upon indexes.
        """
        return f"{self.prefix}:unique:{kind}:{field}:{value}"

    def index(self, kind: str, field: str, value) -> str:
        """`prefix:index:kind:field:value`, a set: the ids of all records that have the value (see Index)."""
        return f"{self.prefix}:index:{kind}:{field}:{value}"

    def profile(self, id) -> str:
        """`prefix:profile:id`, a hash: a field for each thing known of a user, all of them text."""
        return self.entity("profile", id)

    def leaderboard(self, name: str) -> str:
        """`prefix:leaderboard:name`, a sorted set: players by their scores."""
        return self.entity("leaderboard", name)

    def session(self, id) -> str:
        """`prefix:session:id`, a hash with a TTL, which every use of the session begins anew."""
        return self.entity("session", id)

    def catalog(self, kind: str, name) -> str:
        """`prefix:{catalog}:kind:name`: a product is a hash, a category a sorted set, a tag a set, both of product ids.

        Of kind `pruning` are `deadlines`, a sorted set of product ids, and `entries`, a hash: who is listed where.
        All in one slot of a cluster, so that an intersection or a script may use several; and so on one node of it.
        """
        return f"{self.prefix}:{{catalog}}:{kind}:{name}"

    def feed(self, owner) -> str:
        """`prefix:feed:owner`, a stream: an entry an item, the oldest cut off."""
        return self.entity("feed", owner)

    def limit(self, rule: str, subject) -> str:
        """`prefix:limit:rule:subject`: what a rate limiter knows of a subject; a hash, a sorted set or a string by its kind."""
        return f"{self.prefix}:limit:{rule}:{subject}"

    def counter(self, name) -> str:
        """`prefix:counter:name`, a string that holds a whole number."""
        return self.entity("counter", name)

    def stream(self, kind: str) -> str:
        """`prefix:stream:kind`, a stream: the writes of a kind that wait for the database, one message each.

        Its field `record` is JSON with the row's id and version; the message's ID is `version-0`.
        """
        return self.entity("stream", kind)

    def beside(self, key: str, role: str) -> str:
        """`prefix:role:{key}`: a companion of `key` in the same slot, so that a script may use both on a cluster.

        A cluster hashes only what stands between the first braces (the hash tag); a key that has one keeps it.

        Raises:
            ValueError: `key` has a closing brace but no hash tag, so that no companion can share its slot.
        """
        if hash_tag(key):
            return f"{self.prefix}:{role}:{key}"
        if "}" in key:
            raise ValueError(
                f"{key!r} has a brace that closes no hash tag. Leave braces out of names, or write {{tag}}."
            )
        return f"{self.prefix}:{role}:{{{key}}}"

    def __repr__(self) -> str:
        return f"KeyNamespace({self.prefix!r})"


def _part(part: str) -> str:
    if not re.fullmatch(r"[\w.-]+", part, re.ASCII):
        raise ValueError(
            f"{part!r} cannot be a part of a prefix: write letters, digits, '_', '-' and '.', nothing else."
        )
    return part
