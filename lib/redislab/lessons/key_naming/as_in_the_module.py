"""The module's own versions, for comparison: right while no other client interferes, and nothing dies."""

from redislab.keys.replies import text


class ModuleIndex:
    """A unique index as the module has it: three commands, one after the other.

    Between the second and the third the record is under no address. A process that dies there leaves it so for good. The last
    SET does not check the owner, so that an address in use is taken over, and two records claim to have it. `UniqueIndex` mends all three.
    """

    def __init__(self, client, keys, kind: str, field: str):
        self.client, self.keys, self.kind, self.field = client, keys, kind, field

    def move(self, id, old, new) -> bool:
        self.client.hset(self.keys.record(self.kind, id), self.field, new)
        self.client.delete(self.keys.unique(self.kind, self.field, old))
        self.client.set(self.keys.unique(self.kind, self.field, new), id)
        return True

    def find(self, value):
        return text(self.client.get(self.keys.unique(self.kind, self.field, value)))


class TransactionIndex(ModuleIndex):
    """The same three commands in MULTI: no client sees the gap, or can die in it, and the takeover still succeeds.

    A transaction cannot decide anything on the way: that takes a WATCH and a second try, or a script.
    """

    def move(self, id, old, new) -> bool:
        pipeline = self.client.pipeline(transaction=True)
        pipeline.hset(self.keys.record(self.kind, id), self.field, new)
        pipeline.delete(self.keys.unique(self.kind, self.field, old))
        pipeline.set(self.keys.unique(self.kind, self.field, new), id)
        pipeline.execute()
        return True


def delete_expired(client, pattern: str, count: int = 100) -> int:
    """The module's loop that "deletes all expired cache"; returns how many keys it deleted.

    It deletes what has no TTL, −1, which is what was meant to stay. What has expired answers −2, and is gone by itself. It
    asks and deletes one key at a time: two round trips each.
    """
    deleted = 0
    for key in client.scan_iter(pattern, count=count):
        if client.ttl(key) == -1:
            deleted += client.delete(key)
    return deleted
