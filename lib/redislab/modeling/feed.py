"""A feed: the newest items of an owner, read a page at a time while more arrive."""

import json


class Feed:
    """A stream for each owner, cut to its newest `cap` items.

        feed = Feed(client, keys, cap=100)
        feed.post(42, {"type": "comment", "text": "Great post!"})
        items, cursor = feed.page(42, 20)
        items, cursor = feed.page(42, 20, after=cursor)

    The server gives each item an id that only grows, and the cursor is the id of the last item seen. So a page begins
    where the last one ended, whatever has arrived or gone since: none comes twice, and none is passed over that is
    still there. Places in a list do not stay: see `ModuleFeed`. A call is one round trip; a page is found in
    O(log N), wherever it lies.

    Args:
        cap: items that are kept; older ones are gone, also for a reader who is on the way to them.
        ttl: seconds after which a feed without a new item goes.
    """

    def __init__(self, client, keys, *, cap: int = 100, ttl: float = 86_400.0):
        self.client, self.keys, self.cap, self.ttl = client, keys, cap, ttl

    def post(self, owner, item: dict) -> str:
        """Add an item in front; returns its id, `ms-number` by the server's clock."""
        key = self.keys.feed(owner)
        pipeline = self.client.pipeline(transaction=True)  # no feed is left without its TTL
        pipeline.xadd(key, {"item": json.dumps(item)}, maxlen=self.cap, approximate=False)
        return pipeline.pexpire(key, round(1000 * self.ttl)).execute()[0]

    def page(self, owner, size: int = 20, *, after: str | None = None) -> tuple[list[dict], str | None]:
        """At most `size` items, the newest first, and the cursor of the next page; None: there is none.

        Args:
            after: the cursor that the page before gave; None begins with the newest.

        Raises:
            ValueError: a page of no items.
        """
        if size < 1:
            raise ValueError(f"A page of {size} items shows nothing: choose 1 or more.")
        found = self.client.xrevrange(self.keys.feed(owner), f"({after}" if after else "+", "-", count=size + 1)
        page = found[:size]
        cursor = page[-1][0] if len(found) > size else None
        return [json.loads(fields["item"]) for _, fields in page], cursor

    def remove(self, owner, id: str) -> bool:
        """Withdraw an item; False if it is not there. Cursors stay where they are, also one that points at it."""
        return self.client.xdel(self.keys.feed(owner), id) == 1
