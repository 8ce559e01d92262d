import pytest

from redislab.lessons.data_modeling.feed.feeds import CURSOR, GROWING, POSITION
from redislab.lessons.data_modeling.feed.reader import Reader
from redislab.lessons.labs import FeedLab
from tests.lessons.conftest import late, mean


def test_pages_by_position_repeat_what_the_cursor_does_not(running):
    lab = running(FeedLab(rate=60.0))
    lab.until(lambda sample: sample["twice_position"] is not None)
    samples = lab.stretch(lambda samples: mean(samples, "twice_position") > 10)
    assert {sample[key] for sample in lab.samples for key in ("twice_cursor", "skipped_cursor")} <= {None, 0}
    assert lab.experiment.judge(samples[-1]).startswith("False by position")
    assert samples[-1]["ms_position"] > 0 and samples[-1]["ms_cursor"] > 0


def test_where_items_are_withdrawn_pages_by_position_pass_some_over(running):
    lab = running(FeedLab(rate=15.0, withdrawn=100.0, pause=0.1))
    seen = lab.until(lambda sample: (sample["skipped_position"] or 0) > 0.3, timeout=40)
    assert seen["skipped_cursor"] == seen["twice_cursor"] == 0


def test_a_cap_bounds_the_memory_of_list_and_stream(running):
    lab = running(FeedLab(rate=200.0, cap=100))
    sample = lab.until(lambda sample: sample["posted"] > 800)
    trimmed, growing, stream = (sample[name][-1][1] for name in (POSITION, GROWING, CURSOR))
    assert growing > 3 * trimmed and growing > 2 * stream
    # If the cap is raised, both may grow again
    lab.experiment.cap = 1000
    more = lab.until(lambda sample: sample["posted"] > 1400)
    assert more[POSITION][-1][1] > 2 * trimmed and more[CURSOR][-1][1] > 2 * stream
    assert max(len(more[name]) for name in (POSITION, GROWING, CURSOR)) <= 100


def test_larger_pages_and_calmer_feeds_repeat_less(running):
    lab = running(FeedLab(rate=60.0, page_size=5, pause=0.1))
    lab.until(lambda sample: sample["twice_position"] is not None)
    small = late(lab.go_on(3), "twice_position")
    lab.experiment.page_size, lab.experiment.rate = 50, 2.0
    lab.until(lambda sample: sample["twice_position"] < small / 3)


class Pages:
    """A feed that gives the pages that it was made of."""

    def __init__(self, *pages):
        self.pages = pages

    def page(self, owner, size, *, after=None):
        number = after or 0
        return [{"number": n} for n in self.pages[number]], number + 1 if number + 1 < len(self.pages) else None


@pytest.mark.parametrize(
    ("pages", "withdrawn", "twice", "skipped"),
    [
        ([[9, 8, 7], [6, 5, 4]], set(), 0, 0),
        ([[9, 8, 7], [8, 7, 6]], set(), 2, 0),
        ([[9, 8, 7], [4, 3, 2]], set(), 0, 2),
        ([[9, 8, 7], [4, 3, 2]], {5, 6}, 0, 0),
        ([[], []], set(), 0, 0),
    ],
)
def test_a_reader_counts_what_came_twice_and_what_never_came(pages, withdrawn, twice, skipped):
    reader, again = Reader(Pages(*pages), 42), 0
    while not reader.done:
        again += reader.turn(3)[1]
    assert (again, reader.skipped(withdrawn)) == (twice, skipped)
