"""The search leaves out nothing: against itself without pruning, and against brute force that shares no code with it."""

import itertools
import json
import time

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from redislab.bench.race_run import Step
from redislab.bench.race_search import orders
from redislab.bench.races import races

KEYS = "abc"
key = st.sampled_from(KEYS)
STEPS = st.one_of(
    st.tuples(st.just("get"), key),
    st.tuples(st.just("incr"), key),
    st.tuples(st.just("append"), key),
    st.tuples(st.just("copy"), key, key),
    st.tuples(st.just("move"), key, key),
    st.tuples(st.just("expire"), key),
    st.tuples(st.just("row"), st.sampled_from([1, 2])),
    st.tuples(st.just("save"), st.sampled_from([1, 2])),
    st.tuples(st.just("sleep"), st.sampled_from([0.001, 10.0])),
    st.tuples(st.just("watch"), key, key),
)


class Program:
    """A client that takes these steps, and returns what it saw."""

    def __init__(self, letter, steps):
        self.letter, self.steps, self.__name__ = letter, steps, letter

    def __call__(self, client, products):
        seen = []
        for name, *where in self.steps:
            seen.append(getattr(self, name)(client, products, *where))
        return seen

    def get(self, client, products, key):
        return client.get(key)

    def incr(self, client, products, key):
        try:
            return client.incr(key)
        except redis.ResponseError:
            return "no number"

    def append(self, client, products, key):
        return client.append(key, self.letter)

    def copy(self, client, products, key, other):
        client.set(other, f"{client.get(key) or ''}{self.letter}"[-4:])

    def move(self, client, products, key, other):
        return client.pipeline().getdel(key).set(other, self.letter).execute()

    def expire(self, client, products, key):
        return client.set(key, self.letter, ex=9)

    def row(self, client, products, id):
        return products.find(id)["stock"]

    def save(self, client, products, id):
        return products.save(id, products.find(id) | {"stock": ord(self.letter)})

    def sleep(self, client, products, seconds):
        time.sleep(seconds)

    def watch(self, client, products, key, other):
        try:
            with client.pipeline() as pipe:
                pipe.watch(key)
                pipe.multi()
                return pipe.append(other, self.letter).execute()
        except redis.WatchError:
            return "changed"


programs = st.lists(st.lists(STEPS, min_size=1, max_size=3), min_size=2, max_size=3).filter(
    lambda lists: sum(1 + (step[0] in ("copy", "save", "watch")) for steps in lists for step in steps) <= 7
)
events = st.fixed_dictionaries(
    {"dies": st.booleans(), "expires": st.sampled_from([(), ("a",)]), "loses": st.sampled_from([(), ("append",)])}
)


def searched(*clients, **options):
    """What a search has found, and all that keys and rows held at the end and that the clients returned."""
    ends = set()

    def note(client, products, returned):
        ends.add(repr(([client.get(key) for key in KEYS], [products.find(id) for id in (1, 2)], returned)))
        return True

    return races(*clients, expect=note, limit=20_000, **options).search(), ends


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(programs, events)
def test_pruning_loses_no_end_state(lab, lists, events):
    clients = [Program(letter, steps) for letter, steps in zip("ABC", lists, strict=False)]
    if sum(len(steps) for steps in lists) > 4:  # without pruning, events multiply the schedules
        events = {}
    every, all_ends = searched(*clients, prune=False, lab=lab, **events)
    pruned, ends = searched(*clients, lab=lab, **events)
    assert not every.bound and not pruned.bound
    assert ends == all_ends
    assert pruned.tried <= every.tried
    if not any(step[0] == "sleep" for steps in lists for step in steps):
        assert pruned.schedules == every.tried


@given(st.lists(st.tuples(st.sampled_from("AB"), st.frozensets(key, max_size=2)), max_size=7))
def test_the_number_of_orders_is_that_of_all_permutations_that_keep_what_depends_in_order(steps):
    trace = [Step(turn, footprint=footprint) for turn, footprint in steps]
    pairs = [(i, j) for j in range(len(trace)) for i in range(j) if trace[i].depends_on(trace[j])]
    places = itertools.permutations(range(len(trace)))
    assert orders(trace) == sum(all(at[i] < at[j] for i, j in pairs) for at in places)


# Six races by brute force: clients as generators that stop before each step, in every order of these steps.
# A client is written once, with `do` for each step: in the race `do` is the client itself, by force it yields first.


def add(do):
    likes = yield do("GET", "n")
    yield do("SET", "n", int(likes or 0) + 1)


def profile(field):
    def update(do):
        profile = json.loads((yield do("GET", "profile")) or "{}")
        yield do("SET", "profile", json.dumps(profile | {field: "new"}, sort_keys=True))

    return update


def lock(name):
    def work(do):
        if (yield do("SET", "lock", name, "NX")) and (yield do("GET", "lock")) == name:
            yield do("DEL", "lock")

    return work


def hold(do):
    if (yield do("SET", "lock", "holder", "NX")):
        yield do("SET", "held", 1)


def lapse(do):
    yield do("DEL", "lock")


def visit(do):
    if (yield do("EXISTS", "session")):
        yield do("HSET", "session", "page", "cart")


def log_out(do):
    yield do("DEL", "session")


def admit(name):
    def allow(do):
        if (yield do("ZCARD", "window")) < 1:
            yield do("ZADD", "window", 1, name)

    return allow


def register(name):
    def claim(do):
        if (yield do("GET", "address")) is None:
            yield do("SET", "address", name)
            yield do("RPUSH", "owners", name)

    return claim


SIX = {
    "counter": ([add, add, add], [], lambda ask: ask("GET", "n") != "3"),
    "profile": ([profile("city"), profile("name")], [], lambda ask: len(json.loads(ask("GET", "profile"))) != 2),
    "lock": ([lock("first"), lapse, hold], [], lambda ask: bool(ask("GET", "held")) and not ask("GET", "lock")),
    "session": ([visit, log_out, visit], [("HSET", "session", "user", "7")], lambda ask: ask("EXISTS", "session")),
    "window": ([admit("a"), admit("b"), admit("c")], [], lambda ask: ask("ZCARD", "window") > 1),
    "address": ([register("a"), register("b")], [], lambda ask: ask("LLEN", "owners") > 1),
}


def by_force(client, programs, prepare, broken) -> tuple[int, int]:
    """How many orders of the steps there are, and how many of them are `broken` at the end."""

    def after(order) -> set[int]:
        """Who still has a step to take, once the steps were taken in this order."""
        client.flushall()
        for words in prepare:
            client.execute_command(*words)
        running = {number: program(lambda *words: words) for number, program in enumerate(programs)}
        pending = {number: next(steps) for number, steps in running.items()}
        for number in order:
            try:
                pending[number] = running[number].send(client.execute_command(*pending[number]))
            except StopIteration:
                del pending[number]
        return set(pending)

    ends, orders_ = [], [()]
    while orders_:
        order = orders_.pop()
        left = after(order)
        orders_ += [(*order, number) for number in left]
        if not left:
            ends.append(bool(broken(client.execute_command)))
    return len(ends), sum(ends)


def stepped(program):
    """The same client, as a function for `races`."""

    def client_of(client):
        steps = program(client.execute_command)
        try:
            reply = next(steps)
            while True:
                reply = steps.send(reply)
        except StopIteration:
            pass

    return client_of


@pytest.mark.parametrize("name", SIX)
def test_brute_force_finds_the_same_number_of_failing_schedules(lab, private, name):
    programs, prepare, broken = SIX[name]
    schedules, failing = by_force(private.client(), programs, prepare, broken)

    def given(client):
        for words in prepare:
            client.execute_command(*words)

    race = races(
        *map(stepped, programs), given=given, expect=lambda client: not broken(client.execute_command), lab=lab
    )
    assert 0 < failing < schedules
    assert (race.schedules, race.found.failed) == (schedules, failing)
