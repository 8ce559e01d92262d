"""A reader of a feed, and what the pages show twice or never."""

PAGES = 10  # then the reader begins again


class Reader:
    """Goes from the newest item down, a page at a time.

    Attributes:
        shown: numbers of the items so far, in the order in which they were shown.
    """

    def __init__(self, feed, owner):
        self.feed, self.owner = feed, owner
        self.begin()

    def begin(self) -> None:
        self.after, self.pages, self.shown = None, 0, []

    def turn(self, size: int) -> tuple[int, int]:
        """Read the next page; how many items it has, and how many of them were shown before."""
        items, self.after = self.feed.page(self.owner, size, after=self.after)
        known = set(self.shown)
        self.shown += [item["number"] for item in items]
        self.pages += 1
        return len(items), sum(item["number"] in known for item in items)

    @property
    def done(self) -> bool:
        return self.pages > 0 and (self.after is None or self.pages >= PAGES)

    def skipped(self, withdrawn) -> int:
        """Items between the first and the last that were shown, which have not been withdrawn, and were never shown."""
        between = range(min(self.shown), self.shown[0]) if self.shown else ()
        return len(set(between) - withdrawn - set(self.shown))
