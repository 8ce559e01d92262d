"""One contract for all siblings, and each against its definition, its promise, and the `limits` package."""

import itertools
import threading
import time
from functools import partial
from types import SimpleNamespace

import limits
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from limits.storage import MemoryStorage, memory
from limits.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter, SlidingWindowCounterRateLimiter

from redislab.bench import watch
from redislab.bench.races import races
from redislab.keys import KeyNamespace
from redislab.modeling import FixedWindow, SlidingCounter, SlidingLog, TokenBucket
from tests.conftest import settles
from tests.modeling.limiters import Bucket, Counter, Fixed, Log, most

WINDOWED = [FixedWindow, SlidingLog, SlidingCounter]
SIBLINGS = [*WINDOWED, TokenBucket]
MODELS = {FixedWindow: Fixed, SlidingLog: Log, SlidingCounter: Counter, TokenBucket: Bucket}
# keys expire by the server's own clock, whatever clock is handed in: long windows outlive a test
LENGTH = 1_000_000_000  # µs of a window, or of a token
subjects = itertools.count()
each_sibling = pytest.mark.parametrize("sibling", SIBLINGS, ids=lambda sibling: sibling.__name__)


class Hands:
    """A clock that is set by hand, in whole µs."""

    def __init__(self, now: int = 0):
        self.now = now

    def __call__(self) -> float:
        return self.now / 1e6


def made(sibling, client, keys, limit: int, seconds: float, clock=None):
    """A limiter of `limit` in `seconds`; of the bucket, that is what a token takes."""
    if sibling is TokenBucket:
        return TokenBucket(client, keys, capacity=limit, rate=1 / seconds, clock=clock)
    return sibling(client, keys, limit=limit, window=seconds, clock=clock)


@pytest.fixture(scope="module")
def keys(lab):
    return KeyNamespace(f"{lab.prefix}:rates")


@pytest.fixture(scope="module")
def client(lab):
    return lab.client()


@each_sibling
class TestContract:
    @pytest.fixture
    def limiter(self, sibling, client, keys):
        return made(sibling, client, keys, 3, 1000)

    @pytest.fixture
    def subject(self):
        return f"contract {next(subjects)}"

    def test_it_admits_up_to_the_limit_and_counts_down(self, limiter, subject):
        decisions = [limiter.allow(subject) for _ in range(5)]
        assert [decision.allowed for decision in decisions] == [True, True, True, False, False]
        assert [decision.remaining for decision in decisions] == [2, 1, 0, 0, 0]
        assert [bool(decision) for decision in decisions] == [decision.allowed for decision in decisions]
        assert {decision.retry_after for decision in decisions[:3]} == {0}
        assert all(0 < decision.retry_after <= 1000.000001 for decision in decisions[3:])

    def test_subjects_do_not_share(self, limiter, subject):
        for _ in range(4):
            limiter.allow(subject)
        assert not limiter.allow(subject)
        assert limiter.allow(f"{subject}, another").remaining == 2

    def test_rules_do_not_share(self, limiter, subject, sibling, client, keys):
        other = made(sibling, client, keys, 3, 50)
        for _ in range(4):
            limiter.allow(subject)
        assert other.allow(subject).remaining == 2

    def test_a_decision_is_one_round_trip_and_one_key_that_expires(self, limiter, subject):
        limiter.allow(subject)
        with watch(limiter.client) as sent:
            limiter.allow(subject)
        assert (len(sent.commands), sent.round_trips) == (1, 1)
        assert set(limiter.client.scan_iter(f"*{subject}*", count=1000)) == {limiter.key(subject)}
        assert 0 < limiter.client.pttl(limiter.key(subject)) <= 3_000_000

    def test_what_is_refused_writes_nothing(self, limiter, subject):
        for _ in range(3):
            limiter.allow(subject)
        before = limiter.client.dump(limiter.key(subject))
        limiter.allow(subject)
        assert limiter.client.dump(limiter.key(subject)) == before

    def test_the_key_is_gone_once_it_knows_nothing_more(self, sibling, client, keys, subject):
        limiter = made(sibling, client, keys, 3, 0.05)
        limiter.allow(subject)
        deadline = time.monotonic() + 10
        while client.exists(limiter.key(subject)) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not client.exists(limiter.key(subject))

    def test_it_works_on_a_cluster(self, sibling, cluster, subject):
        limiter = made(sibling, cluster.client(), KeyNamespace("shop"), 3, 1000)
        assert [limiter.allow(subject).allowed for _ in range(4)] == [True, True, True, False]

    @pytest.mark.parametrize("limit", [0, -1, 2.5])
    def test_a_limit_that_is_none_is_refused_at_the_door(self, sibling, client, keys, limit):
        with pytest.raises(ValueError, match="choose a whole number from 1"):
            made(sibling, client, keys, limit, 60)

    @pytest.mark.parametrize("seconds", [1e-9, -1, 1e12])
    def test_so_is_a_time_that_is_none(self, sibling, client, keys, seconds):
        with pytest.raises(ValueError, match=r"choose (seconds|tokens)"):
            made(sibling, client, keys, 10, seconds)

    def test_and_what_lua_could_not_count(self, sibling, client, keys):
        with pytest.raises(ValueError, match="more than Lua counts exactly"):
            made(sibling, client, keys, 10**10, 1e6)

    def test_clients_at_once_get_no_more_than_one_would_in_any_order(self, sibling, lab):
        def ask_twice(client, keys):
            limiter = made(sibling, client, keys, 3, 1000, clock=Hands(5 * LENGTH))
            return [bool(limiter.allow("ann")) for _ in range(2)]

        race = races(ask_twice, ask_twice, expect=lambda returned: sum(map(sum, returned)) == 3, lab=lab)
        assert race.safe and race.schedules == 6

    def test_on_the_servers_clock_a_crowd_gets_no_more_in_a_window_than_is_promised(self, sibling, lab, keys, subject):
        # If eight clients ask without pause for some windows, however fast or slow this machine is
        limiter, admitted, end = made(sibling, lab.client(), keys, 10, 0.2), [], time.monotonic() + 1.0

        def work():
            while time.monotonic() < end:
                sent = time.monotonic()
                if limiter.allow(subject):
                    admitted.append((sent, time.monotonic()))

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        # Expect that of those which were sent and answered within one window there are no more than it promises
        surely = [sum(sent > last - 0.2 and done <= last for sent, done in admitted) for _, last in admitted]
        assert 10 <= max(surely) <= limiter.at_most(0.2)


gaps = st.one_of(
    st.just(0),
    st.integers(1, 3),
    st.integers(0, LENGTH // 2),
    st.sampled_from([LENGTH - 1, LENGTH, LENGTH + 1, LENGTH // 2, LENGTH // 3]),
    st.integers(LENGTH, 3 * LENGTH),
)
steps = st.lists(st.tuples(gaps, st.booleans()), min_size=1, max_size=25)
quiet = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@each_sibling
class TestAgainstItsDefinition:
    @quiet
    @given(steps=steps, limit=st.integers(1, 5), start=st.integers(0, 10**15))
    def test_it_decides_as_defined_and_keeps_its_promise(self, sibling, client, keys, steps, limit, start):
        clock, subject = Hands(start), f"defined {next(subjects)}"
        limiter, model = made(sibling, client, keys, limit, LENGTH / 1e6, clock), MODELS[sibling](limit, LENGTH)
        for gap, patient in steps:
            clock.now += gap
            decision = limiter.allow(subject)
            assert decision.allowed == model.allow(clock.now)
            assert decision.remaining == model.remaining(clock.now)
            if patient and not decision:
                # If it waits as long as it was told to, but for a µs, expect a refusal; and then to be admitted
                clock.now += round(1e6 * decision.retry_after) - 1
                assert not limiter.allow(subject)
                clock.now += 1
                assert limiter.allow(subject) and model.allow(clock.now)
        for length in (1, LENGTH // 3, LENGTH - 1, LENGTH, LENGTH + 1, 2 * LENGTH, 5 * LENGTH // 2):
            assert most(model.admitted, length) <= limiter.at_most(length / 1e6)

    def test_the_promise_is_not_too_modest(self, sibling, client, keys):
        # Given a burst at a window's very end, and after it whoever comes back as soon as he may
        clock, subject = Hands(8 * LENGTH - 1), f"greedy {next(subjects)}"
        limiter, admitted = made(sibling, client, keys, 6, LENGTH / 1e6, clock), []
        while clock.now < 9 * LENGTH - 1:
            if decision := limiter.allow(subject):
                admitted.append(clock.now)
            clock.now += round(1e6 * decision.retry_after)
        # Expect all that the promise allows, or one less
        assert limiter.at_most(LENGTH / 1e6) - len(admitted) in (0, 1)


@pytest.mark.parametrize("sibling", WINDOWED, ids=lambda sibling: sibling.__name__)
def test_a_clock_that_steps_back_opens_no_window_anew(sibling, client, keys):
    clock, subject = Hands(7 * LENGTH + 5), f"back {next(subjects)}"
    limiter = made(sibling, client, keys, 4, LENGTH / 1e6, clock)
    assert sum(limiter.allow(subject).allowed for _ in range(6)) == 4
    clock.now -= 10
    refused = limiter.allow(subject)
    assert not refused
    clock.now += round(1e6 * refused.retry_after) - 1
    assert not limiter.allow(subject)
    clock.now += 1
    assert limiter.allow(subject)


@pytest.mark.parametrize("sibling", SIBLINGS, ids=lambda sibling: sibling.__name__)
@pytest.mark.parametrize("used", [1, 3], ids=["some", "all"])
def test_a_servers_clock_that_stepped_back_by_a_year_locks_no_subject_out(sibling, used, client, keys):
    # Given what a server has kept whose clock was a year ahead: the state, and when it ends
    year, subject = 365 * 86_400, f"year {next(subjects)}"
    ahead = made(sibling, client, keys, 3, 0.2, lambda: time.time() + year)
    assert all(ahead.allow(subject) for _ in range(used))
    client.pexpire(ahead.key(subject), 1000 * year)
    limiter = made(sibling, client, keys, 3, 0.2)
    # Expect no more than were left, and then a wait of at most two windows, or until the bucket is full
    admitted = sum(bool(limiter.allow(subject)) for _ in range(3))
    assert admitted <= 3 - used
    refused = limiter.allow(subject)
    assert not refused and refused.retry_after <= 0.6
    assert not settles(lambda: not limiter.allow(subject), refused.retry_after + 5)


def test_a_bucket_does_not_refill_while_the_clock_is_back(client, keys):
    clock, subject = Hands(7 * LENGTH), f"back {next(subjects)}"
    bucket = made(TokenBucket, client, keys, 2, LENGTH / 1e6, clock)
    assert [bucket.allow(subject).allowed for _ in range(3)] == [True, True, False]
    clock.now -= LENGTH
    assert bucket.allow(subject).retry_after == pytest.approx(2 * LENGTH / 1e6)


def test_two_admissions_of_one_moment_are_two_members_even_if_the_clock_has_stepped_back(client, keys):
    clock, subject = Hands(10 * LENGTH), f"members {next(subjects)}"
    log = made(SlidingLog, client, keys, 9, LENGTH / 1e6, clock)
    for step, times in ((-LENGTH // 2, 2), (LENGTH // 2, 3), (LENGTH // 2, 1), (-LENGTH // 2, 2)):
        clock.now += step
        assert all(log.allow(subject) for _ in range(times))
    # the first two had left when the clock stepped back
    assert client.zcard(log.key(subject)) == 6


def test_on_the_boundary_only_the_fixed_window_gives_a_second_burst(client, keys):
    # Given a limit of 100, and bursts of 150 a µs before and a µs after the boundary
    clock = Hands(3 * LENGTH - 1)
    limiters = {sibling: made(sibling, client, keys, 100, LENGTH / 1e6, clock) for sibling in WINDOWED}
    limiters[TokenBucket] = TokenBucket(client, keys, capacity=100, rate=100e6 / LENGTH, clock=clock)
    subject = f"boundary {next(subjects)}"
    before = {sibling: sum(bool(each.allow(subject)) for _ in range(150)) for sibling, each in limiters.items()}
    clock.now += 2
    after = {sibling: sum(bool(each.allow(subject)) for _ in range(150)) for sibling, each in limiters.items()}
    assert before == dict.fromkeys(SIBLINGS, 100)
    assert after == {FixedWindow: 100, SlidingLog: 0, SlidingCounter: 1, TokenBucket: 0}


class Theirs:
    """A limiter of the `limits` package, in memory, on a clock set by hand.

    Its storage cleans up by a timer that would look at that clock from another thread; what it decides does not
    depend on it.
    """

    def __init__(self, strategy, limit: int, seconds: int, clock, patch):
        patch.setattr(memory, "time", SimpleNamespace(time=clock))
        patch.setattr(MemoryStorage, "_MemoryStorage__schedule_expiry", lambda self: None)
        storage = MemoryStorage()
        storage.timer.cancel()
        self.allow = partial(strategy(storage).hit, limits.RateLimitItemPerSecond(limit, seconds))


class TestAgainstLimits:
    """The same traces through the `limits` package. Its windows are of whole seconds: 10 of them here.

    Definitions differ in two places, which the traces keep clear of, or meet on purpose:

    - its fixed window begins with a subject's first request, ours at the multiples of its length, so that traces send one
      request at each multiple;
    - its moving window includes both of its ends, ours only the last, so that no two requests lie 10 s apart.
    """

    SECONDS, START = 10, 1_000_000

    def compare(self, sibling, strategy, trace, limit, client, keys, *, boundaries=False):
        clock, subject = Hands(), f"compared {next(subjects)}"
        times = [self.START * 10**6 + 300_000 * place + 13_700 for place in itertools.accumulate(trace)]
        if boundaries:
            ends = range(self.START * 10**6, times[-1] + 1, self.SECONDS * 10**6)
            times = sorted([*times, *ends])
        with pytest.MonkeyPatch.context() as patch:
            ours = made(sibling, client, keys, limit, self.SECONDS, clock)
            theirs = Theirs(strategy, limit, self.SECONDS, clock, patch)
            for clock.now in times:
                assert ours.allow(subject).allowed == theirs.allow(subject)

    traces = given(trace=st.lists(st.integers(0, 40), min_size=1, max_size=40), limit=st.integers(1, 12))

    @quiet
    @traces
    def test_fixed_windows_decide_alike(self, trace, limit, client, keys):
        self.compare(FixedWindow, FixedWindowRateLimiter, trace, limit, client, keys, boundaries=True)

    @quiet
    @traces
    def test_moving_windows_decide_alike(self, trace, limit, client, keys):
        self.compare(SlidingLog, MovingWindowRateLimiter, trace, limit, client, keys)

    @quiet
    @traces
    def test_sliding_counters_decide_alike(self, trace, limit, client, keys):
        self.compare(SlidingCounter, SlidingWindowCounterRateLimiter, trace, limit, client, keys)

    @pytest.mark.parametrize(
        ("sibling", "strategy", "gap", "ours", "theirs"),
        [
            (FixedWindow, FixedWindowRateLimiter, 7.0, True, False),
            (SlidingLog, MovingWindowRateLimiter, 10.0, True, False),
        ],
        ids=["a window of the clock, or of the subject", "at the end of a window"],
    )
    def test_where_the_definitions_differ(self, sibling, strategy, gap, ours, theirs, client, keys, monkeypatch):
        clock, subject = Hands(self.START * 10**6 + 5_000_000), f"differs {next(subjects)}"
        mine = made(sibling, client, keys, 1, self.SECONDS, clock)
        other = Theirs(strategy, 1, self.SECONDS, clock, monkeypatch)
        assert mine.allow(subject) and other.allow(subject)
        clock.now += round(1e6 * gap)
        assert (mine.allow(subject).allowed, other.allow(subject)) == (ours, theirs)
