"""A feed: the newest items of an owner, read a page at a time while more arrive."""

import json
import re

from redislab.keys.numbers import milliseconds, whole
from redislab.keys.records import BROKEN, pack
from redislab.keys.replies import suited, text


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
        self.client, self.keys, self.cap, self.ttl = suited(client), keys, whole("cap", cap), ttl
        milliseconds("ttl", ttl)

    def post(self, owner, item: dict) -> str:
        """Add an item in front; returns its id, `ms-number` by the server's clock.

        Raises:
            TypeError: JSON cannot hold the item, or would bring it back different.
        """
        key, life = self.keys.feed(owner), milliseconds("ttl", self.ttl)
        pipeline = self.client.pipeline(transaction=True)  # no feed is left without its TTL
        pipeline.xadd(key, {"item": pack(item)}, maxlen=self.cap, approximate=False)
        return text(pipeline.pexpire(key, life).execute()[0])

    def page(self, owner, size: int = 20, *, after: str | None = None) -> tuple[list[dict], str | None]:
        """At most `size` items, the newest first, and the cursor of the next page; None: there is none.

        Args:
            after: the cursor that the page before gave; None begins with the newest.

        Raises:
            ValueError: a page of no items, or `after` is no cursor.
        """
        size, first = whole("size", size), "+" if after is None else f"({_id(after)}"
        found = text(self.client.xrevrange(self.keys.feed(owner), first, "-", count=size + 1))
        page = found[:size]
        cursor = page[-1][0] if len(found) > size else None
        return [item for _, fields in page if (item := _item(fields)) is not None], cursor

    def remove(self, owner, id: str) -> bool:
        """Withdraw an item; False if it is not there. Cursors stay where they are, also one that points at it."""
        return self.client.xdel(self.keys.feed(owner), _id(id)) == 1


def _id(id) -> str:
    """The id of an item, or a cursor, if it can be one."""
    found = re.fullmatch(r"(\d{1,20})-(\d{1,20})", str(text(id)), re.ASCII)
    if not found or max(map(int, found.groups())) >= 2**64:
        raise ValueError(f"{id!r:.40} is no cursor: pass what `page` gave, or None for the newest items.")
    return found[0]


def _item(fields: dict):
    """What was posted; None for an entry that another program has added, or damaged."""
    try:
        return json.loads(fields["item"])
    except (KeyError, *BROKEN):
        return None
