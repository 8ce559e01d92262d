"""A learner's function as one more choice: it is called in the bench, and what goes wrong with it is said."""

import functools
import os
import pickle
import sys
import threading
import time

import cloudpickle
import pytest
import redis

from redislab.bench import YOURS, Experiment, Yours, a_number, bars, choice, on
from redislab.bench.mine_client import guarded
from redislab.errors import KnobError
from redislab.keys import KeyNamespace

FACTOR = 3


class AddLab(Experiment):
    method = choice("sum", ["sum", "add"], label="Method",
                    yours=Yours("client, a, b", add="a, b", take="a, b", returns=a_number))  # fmt: skip
    charts = (bars("Results", "", yours=f"n {YOURS}", **{"n sum": "sum", "n add": "add"}),)
    rate = 100.0
    workers = 4
    sentence = "{method} gives {result}."
    result = None

    def setup(self, lab):
        self.client = lab.client()

    @on("method")
    def choose(self):
        self.add = self.mine(self.client).add if self.method == YOURS else int.__add__

    def request(self):
        self.result = self.add(1, 2)
        return "added"

    def sample(self, window):
        return {"result": self.result, "added": window.rate("added")}


def helped(client, a, b):
    return FACTOR * (a + b)


class Adder:
    def __init__(self, client):
        self.client, self.times = client, 0

    def add(self, a, b):
        self.times += 1
        return FACTOR * (a + b)


def with_closure():
    calls = 0

    def nested(client, a, b):
        nonlocal calls
        calls += 1
        return FACTOR * (a + b)

    nested.__module__ = "__main__"
    return functools.lru_cache(nested)


class Summand:
    def __call__(self, client, a, b):
        return FACTOR * (a + b)

    def add(self, client, a, b):
        return FACTOR * (a + b)


@pytest.fixture
def trying(opened):
    """A session on the lab with code that is not importable there, as a notebook's is not."""

    def try_(code):
        session, ear = opened(AddLab(mine=code))
        session.start()
        return session, ear

    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    yield try_
    cloudpickle.unregister_pickle_by_value(sys.modules[__name__])


def test_it_is_chosen_first_and_brings_along_what_it_uses_of_the_notebook(trying):
    session, ear = trying(helped)
    assert session.experiment.method == YOURS and session.experiment.settings() == {"method": YOURS}
    sample = ear.sample(lambda event: event.values["result"] == 9)
    assert session.experiment.say(sample.values) == "yours gives 9."
    # If another choice is made, expect that one, and then the learner's again
    for choice_, result in (("sum", 3), (YOURS, 9)):
        session.experiment.method = choice_
        ear.events.clear()
        ear.sample(lambda event, result=result: event.values["result"] == result)


@pytest.mark.parametrize(
    "code",
    [Adder, Summand(), Summand().add, functools.partial(lambda x, c, a, b: x * (a + b), 3), with_closure(),
     lambda *given: 3 * sum(given[1:])],
    ids=["class", "callable", "bound method", "partial", "closure, decorated", "lambda"],
)  # fmt: skip
def test_whatever_can_be_called_so_is(code):
    mine = pickle.loads(cloudpickle.dumps(AddLab(mine=code).mine))
    mine.number = 0
    assert mine(None).add(1, 2) == mine(None).add(1, 2) == 9 and not mine.trouble
    assert hasattr(mine(None), "take") is False  # no class here has it


def test_it_has_a_bar_beside_the_others():
    (chart,) = AddLab(mine=helped).charts
    assert [(line.key, line.label) for line in chart.lines][-1] == ("n yours", YOURS)
    assert [line.label for line in AddLab.charts[0].lines] == ["sum", "add"]


def test_without_one_there_is_no_such_choice():
    with pytest.raises(KnobError, match="choose one of 'sum', 'add'"):
        AddLab(method=YOURS)
    with pytest.raises(KnobError, match="leave out `mine`"):
        Experiment(mine=helped)


def too_few(client, a):
    return a


def keyword_only(*, client, a, b):
    return a


async def is_async(client, a, b):
    return a


def generator(client, a, b):
    yield a


LOCK = threading.Lock()


def holds(client, a, b):
    return LOCK.locked()


class Empty:
    pass


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (too_few, "is given (client, a, b): too many positional arguments"),
        (keyword_only, "is given (client, a, b): too many positional arguments"),
        (os.getenv, "is given (client, a, b): too many positional arguments"),
        (is_async, "it is async def"),
        (generator, "it has a yield"),
        (holds, "uses `LOCK`, which cannot leave this notebook"),
        (Empty, "Your class Empty has no method add(a, b)"),
        (Empty(), "is no function. Give a function, or a class: Empty"),
        (type("Other", (), {"add": too_few}), "Your class is given (client)"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_cannot_be_called_so_is_said_before_it_is(code, says):
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    assert says in AddLab(mine=code).mine.trouble
    cloudpickle.unregister_pickle_by_value(sys.modules[__name__])


def raises(client, a, b):
    return {}[a]


def leaves(client, a, b):
    raise SystemExit


def spins(client, a, b):
    while True:
        try:
            time.sleep(0)
        except Exception:
            pass


def hoards(client, a, b):
    held = []
    while True:
        held.append("x" * 10_000_000)


def spawns(client, a, b):
    os.system("true")


def multiplies(client, a, b):
    for _ in range(30):
        threading.Thread(target=time.sleep, args=(1e6,), daemon=True).start()
    return a


def returns_nothing(client, a, b):
    print(a)


async def waits(a):
    return a


def selects(client, a, b):
    client.execute_command("SELECT", 1)


def closes(client, a, b):
    client.close()


def replaces(client, a, b):
    redis.Redis.ping = None
    return a


def sleeps(client, a, b):
    time.sleep(3600)


def ends_all(client, a, b):
    os._exit(3)


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (raises, "It raised KeyError: 1, in line"),
        (leaves, "It raised SystemExit"),
        (spins, "It did not return within 5 s and was stopped."),
        (hoards, "It took more memory than the 500 MB"),
        (spawns, "It wanted to start or end a process (os.system)"),
        (multiplies, "It started more than 300 threads"),
        (returns_nothing, "It returned None, where a number is wanted"),
        (lambda client, a, b: waits(a), "It returned <coroutine object waits"),
        (selects, "It sent SELECT"),
        (closes, "It closed its client"),
        (replaces, "It replaced redis.Redis.ping"),
        (sleeps, "It did not return within 5 s and was stopped."),
        (ends_all, "It ended the process that it ran in (exit 3)"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_goes_wrong_is_said_and_the_other_choices_go_on(trying, function, says):
    session, ear = trying(function)
    sample = ear.sample(lambda event: event.values.get("mine", "").startswith(f"Yours: {says}"))
    assert session.experiment.say(sample.values).startswith(f"Yours: {says}")
    session.experiment.method = "add"
    ear.events.clear()
    ear.sample(lambda event: event.knobs["method"] == "add" and event.values["added"] > 50)


def test_a_key_that_is_not_its_own_is_refused_by_name(running_client):
    client, prefix = running_client
    said = []
    wrong = lambda sentence: said.append(sentence) or ValueError(sentence)  # noqa: E731
    (own, _) = guarded((client, KeyNamespace(prefix)), wrong)
    own.set(f"{prefix}:mine", 1, ex=60)
    own.pipeline().mget(f"{prefix}:mine", f"{prefix}:too").execute()
    for use in (
        lambda: own.set("other", 1),
        lambda: own.mget(f"{prefix}:mine", "other"),
        lambda: own.pipeline().hset("other", "field", 1).execute(),
        lambda: own.eval("return redis.call('SET', KEYS[1], 1)", 1, "other"),
    ):
        with pytest.raises(ValueError, match="'other', which is not its own"):
            use()
    assert not client.exists("other") and len(said) == 4


@pytest.fixture
def running_client(lab):
    return lab.client(), f"{lab.prefix}:guarded"
