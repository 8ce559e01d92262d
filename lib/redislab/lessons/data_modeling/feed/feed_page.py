"""Page through a feed while it grows: no item twice, none left out."""

from redislab.study.checks import CheckContext, Exercise, count, requirement

OWNER, ITEMS, SIZE = "ada", 45, 10
MOST_PAGES = 20
ALL = list(range(ITEMS, 0, -1))


class FeedContext(CheckContext):
    """A feed with the items 1 to ITEMS, of which some came in the same millisecond."""

    def prepare(self) -> None:
        self.feed = self.keys.feed(OWNER)
        self.post(ITEMS)

    def post(self, items: int) -> None:
        newest, pipeline = self.redis.xlen(self.feed), self.redis.pipeline()
        for number in range(newest + 1, newest + items + 1):
            pipeline.xadd(self.feed, {"number": number})
        pipeline.execute()

    def page(self, cursor=None) -> tuple[list[int], object]:
        """The numbers of the items on a page, and the next cursor."""
        items, cursor = self.call(OWNER, SIZE, *([cursor] if cursor is not None else []))
        return [int(item["number"]) for item in items], cursor

    def read(self, posts: int) -> tuple[bool, str]:
        """Whether each item comes once though new ones arrive after each page; and what came."""
        seen, cursor = self.page()
        for _ in range(MOST_PAGES - 1):
            if cursor is None:
                break
            self.post(posts)
            numbers, cursor = self.page(cursor)
            seen += numbers
        twice, missing = len(seen) - len(set(seen)), len(set(ALL) - set(seen))
        end = "" if cursor is None else f", and after {MOST_PAGES} pages there was no end"
        return seen == ALL and not end, f"of {ITEMS} items {missing} did not come, and {twice} came again{end}"


class FeedPage(Exercise):
    """The cursor is the id of the last item seen, and the next page begins below it."""

    name, context = "feed-page", FeedContext

    @requirement(f"The first page holds the {SIZE} newest items, the newest first", hint=1)
    def first(self, context):
        numbers, _ = context.page()
        return numbers == ALL[:SIZE], f"it holds {spelt(numbers)}"

    @requirement("Page by page each item comes once, and after the last one the cursor is None", hint=2)
    def follows(self, context):
        return context.read(posts=0)

    @requirement("Also while new ones arrive between the pages", hint=3)
    def grows(self, context):
        return context.read(posts=3)

    @requirement("And while the oldest are trimmed, the last one seen among them", hint=4)
    def shrinks(self, context):
        _, cursor = context.page()
        context.redis.xtrim(context.feed, maxlen=5, approximate=False)
        context.post(3)
        numbers, _ = context.page(cursor)
        return numbers == [], f"the page after that holds {spelt(numbers)}; wanted nothing, what came before is gone"

    @requirement("It reads a page, not the feed, in one round trip", hint=5)
    def sparing(self, context):
        _, cursor = context.page()
        sent = context.cost(OWNER, SIZE, cursor)
        seen = f"{count(sent.values, 'value')} came back for {SIZE} items, in {count(sent.trips, 'round trip')}"
        return sent.trips == 1 and sent.values <= 5 * SIZE, seen


def spelt(numbers: list[int]) -> str:
    return f"items {numbers[0]} to {numbers[-1]}" if numbers else "nothing"
