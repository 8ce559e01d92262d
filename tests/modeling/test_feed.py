"""Feeds in every order of steps: who posts, who withdraws, and several who read while they do."""

import itertools
import math
import threading

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from redislab.bench import watch
from redislab.keys import KeyNamespace
from redislab.modeling import Feed
from tests.conftest import runs
from tests.modeling.orders import hold_in_every_order


@pytest.fixture
def feed(lab):
    return Feed(lab.client(), KeyNamespace(f"{lab.prefix}:feeds{next(runs)}"), cap=100, ttl=600)


def walk(feed, size, owner=42):
    """All pages, one after the other."""
    items, cursor = feed.page(owner, size)
    yield items
    while cursor is not None:
        items, cursor = feed.page(owner, size, after=cursor)
        yield items


def test_items_come_newest_first_and_as_they_were_posted(feed):
    for number in range(7):
        feed.post(42, {"number": number, "text": "é", "nested": {"a": [1, None]}})
    pages = list(walk(feed, 3))
    assert [len(page) for page in pages] == [3, 3, 1]
    assert [item["number"] for page in pages for item in page] == [6, 5, 4, 3, 2, 1, 0]
    assert pages[0][0]["nested"] == {"a": [1, None]}


def test_an_empty_feed_is_an_empty_page(feed):
    assert feed.page(42) == ([], None)


def test_a_full_last_page_has_no_cursor(feed):
    for number in range(4):
        feed.post(42, {"number": number})
    assert [len(page) for page in walk(feed, 2)] == [2, 2]


def test_it_holds_its_cap_and_lives_for_its_ttl_from_the_last_post_on(feed):
    feed.cap = 5
    for number in range(12):
        feed.post(42, {"number": number})
    key = feed.keys.feed(42)
    assert feed.client.xlen(key) == 5
    assert 500_000 < feed.client.pttl(key) <= 600_000
    feed.client.pexpire(key, 9_000)
    feed.post(42, {"number": 12})
    assert feed.client.pttl(key) > 500_000


def test_a_cursor_whose_item_has_gone_still_works(feed):
    ids = [feed.post(42, {"number": number}) for number in range(5)]
    cursor = feed.page(42, 2)[1]
    assert cursor == ids[3]
    assert feed.remove(42, ids[3]) and not feed.remove(42, ids[3])
    assert [item["number"] for item in feed.page(42, 2, after=cursor)[0]] == [2, 1]


@pytest.mark.parametrize(
    "item", [{7: "a"}, {"at": (1, 2)}, {"n": math.nan}, {"n": -math.inf}, {"s": {1}}, ["a"], "text"]
)
def test_an_item_that_would_come_back_different_is_refused(feed, item):
    with pytest.raises(TypeError, match=r"JSON|A record is a dict"):
        feed.post(42, item)
    assert feed.page(42) == ([], None)


@pytest.mark.parametrize("foreign", ["[" * 100_000, "9" * 5000, "{", ""])
def test_an_entry_of_another_program_stands_in_no_ones_way(feed, foreign):
    feed.post(42, {"number": 0})
    feed.client.xadd(feed.keys.feed(42), {"item": foreign})
    assert feed.page(42) == ([{"number": 0}], None)


def test_a_page_of_nothing_is_refused(feed):
    with pytest.raises(ValueError, match="choose a whole number from 1"):
        feed.page(42, 0)


def test_a_post_is_one_round_trip_and_atomic_and_so_is_a_page(feed):
    with watch(feed.client) as sent:
        feed.post(42, {"number": 0})
    assert sent.round_trips == 1
    assert [command.text.split()[0] for command in sent.commands] == ["MULTI", "XADD", "PEXPIRE", "EXEC"]
    with watch(feed.client) as sent:
        feed.page(42)
    assert sent.round_trips == 1


def test_it_works_on_a_cluster(cluster):
    feed = Feed(cluster.client(), KeyNamespace(f"feeds{next(runs)}"), cap=3)
    ids = [feed.post(42, {"number": number}) for number in range(5)]
    assert [item["number"] for page in walk(feed, 2) for item in page] == [4, 3, 2]
    assert feed.remove(42, ids[-1])


def test_many_who_post_at_once_do_not_confuse_one_who_reads(feed):
    # Given 60 items, and four clients that post 60 more each
    feed.cap = 1000
    for number in range(60):
        feed.post(42, {"number": number})
    threads = [
        threading.Thread(target=lambda: [feed.post(42, {"number": 60}) for _ in range(60)], daemon=True)
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    # If one reads all pages meanwhile
    seen = [item["number"] for page in walk(feed, 7) for item in page]
    for thread in threads:
        thread.join(60)
    # Expect each of the 60 once, in order
    assert [number for number in seen if number < 60] == [*range(59, -1, -1)]


class Steps(RuleBasedStateMachine):
    """A list is the model: the newest first, cut to the cap. Three readers are on their way through it."""

    lab, CAP = None, 6

    def __init__(self):
        super().__init__()
        keys = KeyNamespace(f"{self.lab.prefix}:feeds{next(runs)}")
        self.feed = Feed(self.lab.client(), keys, cap=self.CAP, ttl=60)
        self.number, self.ids, self.items = itertools.count(), {}, []
        self.readers = {}

    @rule(count=st.integers(1, 4))
    def post(self, count):
        for _ in range(count):
            number = next(self.number)
            self.ids[number] = self.feed.post(42, {"number": number})
            self.items = [number, *self.items][: self.CAP]

    @rule(number=st.integers(0, 40))
    def remove(self, number):
        assert self.feed.remove(42, self.ids.get(number, "1-1")) == (number in self.items)
        self.items = [item for item in self.items if item != number]

    @rule(name=st.sampled_from("ABC"), size=st.integers(1, 4))
    def read(self, name, size):
        last, cursor = self.readers.pop(name, (float("inf"), None))
        ahead = [item for item in self.items if item < last]
        items, cursor = self.feed.page(42, size, after=cursor)
        assert [item["number"] for item in items] == ahead[:size]
        assert (cursor is None) == (len(ahead) <= size)
        if cursor is not None:
            self.readers[name] = items[-1]["number"], cursor

    @rule()
    def expire(self):
        newest = int(self.ids[max(self.ids)].partition("-")[0]) if self.ids else 0
        while (now := self.feed.client.time())[0] * 1000 + now[1] // 1000 <= newest:
            pass  # a feed that came back in the same millisecond would give its ids again
        self.feed.client.delete(self.feed.keys.feed(42))
        self.items = []


def test_in_every_order_of_steps_no_item_comes_twice_and_none_is_passed_over(lab):
    hold_in_every_order(Steps, lab, examples=80, length=30)
