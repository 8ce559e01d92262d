"""Secondary indexes: found by another field than the id, moved together with it or not at all."""

from redislab.keys.eviction import warn_of_eviction
from redislab.keys.permits import need
from redislab.keys.replies import suited, text
from redislab.keys.slots import share_a_slot
from redislab.lua import script

TRIES = 100  # how often a record may change between being read and being moved until that is an error


class UniqueIndex:
    """Finds the one record that has a value in a field. Records are hashes, `keys.record(kind, id)`; entries hold an id.

        emails = UniqueIndex(client, keys, "user", "email")
        emails.claim(42, "ada@example.com")     # False: it belongs to another record
        emails.get("ada@example.com")           # user 42's hash

    To claim costs two round trips: the record says which entry it has, then one script checks that it still does, takes
    the new entry if it is free (NX), changes the field, and drops the old entry. A process that dies in between has done all
    of it or nothing, so that a value is never owned twice, and an owner is found by the value that he has.

    Where several records may have the same value, take `Index`.

    On a cluster a record and its entries have to share a slot, so the prefix needs a hash tag. One for each tenant,
    `keys.tenant("acme", together=True)`, keeps a tenant's users together, and the tenants spread. If that is too much for
    one node, no script can do it: claim the entry first by `SET NX`, then change the record, then delete the old entry,
    and trust only the record, in which an entry without an owner can be seen.

    Entries have no TTL. A server with an allkeys-… policy evicts them all the same, and then a value can have two
    owners; where the policy may be asked for, a RuntimeWarning says so.

    Args:
        keys: a KeyNamespace.
        kind, field: what is found, and by what.

    Raises:
        ValueError: on a cluster, and the prefix has no hash tag; or the user may not use a command of the scripts.
    """

    script = "claim"

    def __init__(self, client, keys, kind: str, field: str):
        self.client, self.keys, self.kind, self.field = suited(client), keys, kind, str(text(field))
        scripts = [script(self.script), script("prune")]
        self._move, self._prune = map(client.register_script, scripts)
        if hasattr(client, "get_nodes") and not share_a_slot(self.key(1), self.entry(2)):
            raise ValueError(
                f"On a cluster a {kind} and its entries spread over slots. Give the prefix a hash tag: '{{{keys.prefix}}}'."
            )
        need(client, self.key, *scripts)
        warn_of_eviction(client, f"entries of the index of each {kind} by {field}")

    def key(self, id) -> str:
        return self.keys.record(self.kind, id)

    def entry(self, value) -> str:
        return self.keys.unique(self.kind, self.field, value)

    def claim(self, id, value) -> bool:
        """Give the value to the record, instead of the one that it had; False: it is another record's, nothing is changed."""
        return self._give(id, _checked(value))

    def move(self, id, old, new) -> bool:
        """As `claim`, if the record still has `old`; False if not, or if `new` is another record's."""
        return self._set(id, _checked(old), _checked(new)) == 1

    def release(self, id) -> None:
        """Take the value from the record. Before the record is deleted, lest the entry stay behind."""
        self._give(id, "")

    def find(self, value):
        """The id of the record that has the value, as text, or None. One round trip."""
        return text(self.client.get(self.entry(value)))

    def get(self, value) -> dict | None:
        """The record that has the value. Two round trips; two more if the value changed hands between them."""
        for _ in range(TRIES):
            if (id := self.find(value)) is None:
                return None
            record = text(self.client.hgetall(self.key(id)))
            if record.get(self.field) == str(text(value)):
                return record
            self.prune(id, value)
        raise RuntimeError(f"The {self.field} {value!r} changed hands {TRIES} times while it was looked up; try again.")

    def prune(self, id, value) -> bool:
        """Remove the entry if the record does not bear it out, having expired, say; whether it was removed."""
        return self._prune(keys=[self.key(id), self.entry(value)], args=[str(text(id)), self.field, value]) == 1

    def _give(self, id, new) -> bool:
        for _ in range(TRIES):
            old = text(self.client.hget(self.key(id), self.field)) or ""
            done = self._set(id, old, new)
            if done == 1:
                return True
            if done == 0 and not self._was_stale(new):
                return False
        raise RuntimeError(f"The {self.field} of {self.kind} {id} changed {TRIES} times while it was moved; try again.")

    def _set(self, id, old, new) -> int:
        entries = [self.entry(old or new), self.entry(new or old)]
        return self._move(keys=[self.key(id), *entries], args=[str(text(id)), self.field, old, new])

    def _was_stale(self, value) -> bool:
        """Is the entry that was in the way gone by now?"""
        holder = self.find(value)
        return holder is None or self.prune(holder, value)


class Index(UniqueIndex):
    """Finds all records that have a value in a field: a set of ids for each value.

        cities = Index(client, keys, "user", "city")
        cities.claim(42, "Paris")
        cities.find("Paris")        # {"42", …}

    Moves cost what they cost in `UniqueIndex`, and are as safe. An entry grows with its records, some 10 to 40 B each.
    """

    script = "file"

    def entry(self, value) -> str:
        return self.keys.index(self.kind, self.field, value)

    def find(self, value) -> set:
        """The ids of the records that have the value, as text. One round trip, O(n)."""
        return set(text(self.client.smembers(self.entry(value))))

    def get(self, value) -> list[dict]:
        """The records that have the value, in a pipeline; what does not bear its entry out is removed from the index."""
        ids = sorted(self.find(value))
        pipeline = self.client.pipeline(transaction=False)
        for id in ids:
            pipeline.hgetall(self.key(id))
        found = []
        for id, record in zip(ids, text(pipeline.execute()), strict=True):
            if record.get(self.field) == str(text(value)):
                found.append(record)
            else:
                self.prune(id, value)
        return found


def _checked(value) -> str:
    if value is None or not (wanted := str(text(value))):
        raise ValueError("An empty value cannot be found by anybody. To take a value away, release(id).")
    return wanted
