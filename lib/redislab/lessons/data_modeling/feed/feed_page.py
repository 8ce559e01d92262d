"""Page through a feed while it grows: no item twice, none left out."""

from redislab.study.checks import Exercise, Scene, count, requirement

OWNER, ITEMS, SIZE = "ada", 45, 10
MOST_PAGES = 20


class FeedPage(Exercise):
    """The cursor is the id of the last item seen, and the next page begins below it."""

    name = "feed-page"

    @requirement(f"The first page holds the {SIZE} newest items, the newest first", hint=1)
    def first(self, scene: Scene):
        self.have(scene)
        items, _ = scene.call(OWNER, SIZE)
        return numbers(items) == list(range(ITEMS, ITEMS - SIZE, -1)), f"it holds {spelt(numbers(items))}"

    @requirement("Page by page each item comes once, and after the last one the cursor is None", hint=3)
    def follows(self, scene: Scene):
        self.have(scene)
        seen, ended = self.read(scene, lambda: None)
        return seen == list(range(ITEMS, 0, -1)) and ended, told(seen, range(ITEMS, 0, -1), ended)

    @requirement("Also while new ones arrive between the pages", hint=2)
    def grows(self, scene: Scene):
        self.have(scene)
        seen, ended = self.read(scene, lambda: self.post(scene, 3))
        return seen == list(range(ITEMS, 0, -1)) and ended, told(seen, range(ITEMS, 0, -1), ended)

    @requirement("And while the oldest are cut off, which was the last one seen too", hint=2)
    def shrinks(self, scene: Scene):
        self.have(scene)
        _, cursor = scene.call(OWNER, SIZE)
        scene.server.xtrim(scene.keys.feed(OWNER), maxlen=5, approximate=False)
        self.post(scene, 3)
        items, _ = scene.call(OWNER, SIZE, cursor)
        return (
            items == [],
            f"the page after that holds {spelt(numbers(items))}; wanted nothing, what came before is gone",
        )

    @requirement("It reads a page, not the feed, in one round trip", hint=1)
    def sparing(self, scene: Scene):
        self.have(scene)
        _, cursor = scene.call(OWNER, SIZE)
        sent = scene.cost(OWNER, SIZE, cursor)
        seen = f"{count(sent.values, 'value')} came back for {SIZE} items, in {count(sent.trips, 'round trip')}"
        return sent.trips == 1 and sent.values <= 5 * SIZE, seen

    def have(self, scene: Scene) -> None:
        """Items 1 to ITEMS, of which some have come in the same millisecond."""
        key = scene.keys.feed(OWNER)
        scene.note(key)
        scene.server.delete(key)
        self.post(scene, ITEMS)

    def post(self, scene: Scene, items: int) -> None:
        key = scene.keys.feed(OWNER)
        newest, pipeline = scene.server.xlen(key), scene.server.pipeline()
        for number in range(newest + 1, newest + items + 1):
            pipeline.xadd(key, {"number": number})
        pipeline.execute()

    def read(self, scene: Scene, between) -> tuple[list, bool]:
        """The items page by page, with `between()` after each; and whether an end was said."""
        seen, cursor = [], None
        for _ in range(MOST_PAGES):
            items, cursor = scene.call(OWNER, SIZE, *([cursor] if cursor is not None else []))
            seen += numbers(items)
            if cursor is None:
                return seen, True
            between()
        return seen, False


def numbers(items) -> list[int]:
    return [int(item["number"]) for item in items]


def spelt(numbers: list[int]) -> str:
    return f"items {numbers[0]} to {numbers[-1]}" if numbers else "nothing"


def told(seen: list[int], wanted, ended: bool) -> str:
    """What went wrong, or that nothing did."""
    twice, missing = len(seen) - len(set(seen)), len(set(wanted) - set(seen))
    end = "" if ended else f", and after {MOST_PAGES} pages there was no end"
    return f"of {len(wanted)} items {missing} did not come, and {twice} came again{end}"
