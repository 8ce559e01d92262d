"""Where every key is born: one method a key, with its shape and its type."""


class KeyNamespace:
    """Names keys under a prefix, from the general to the specific: `prefix:kind:id`.

    keys = KeyNamespace("shop")
    keys.user(42)                          # shop:user:42
    keys.beside(keys.user(42), "lease")    # shop:lease:{shop:user:42}
    """

    def __init__(self, prefix: str):
        self.prefix = prefix

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

    def limit(self, rule: str, subject) -> str:
        """`prefix:limit:rule:subject`: what a rate limiter knows of a subject; a hash, a sorted set or a string by its kind."""
        return f"{self.prefix}:limit:{rule}:{subject}"

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
        inside = key.partition("{")[2].partition("}")
        if inside[0] and inside[1]:
            return f"{self.prefix}:{role}:{key}"
        if "}" in key:
            raise ValueError(
                f"{key!r} has a brace that closes no hash tag. Leave braces out of names, or write {{tag}}."
            )
        return f"{self.prefix}:{role}:{{{key}}}"

    def __repr__(self) -> str:
        return f"KeyNamespace({self.prefix!r})"
