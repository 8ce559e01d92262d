"""A learner's function as one more choice: it is called in the bench, and what goes wrong with it is said."""

import functools
import gc
import multiprocessing
import os
import pickle
import sys
import threading
import time
from types import SimpleNamespace

import cloudpickle
import pytest
import redis

from redislab.bench import YOURS, Experiment, Yours, a_number, bars, choice, on
from redislab.bench.mine_client import lent
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


class Static:
    def __init__(self, client):
        pass

    @staticmethod
    def add(a, b):
        return FACTOR * (a + b)


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
     lambda *given: 3 * sum(given[1:]), Static],
    ids=["class", "callable", "bound method", "partial", "closure, decorated", "lambda", "static"],
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


class Half:
    def __init__(self, client):
        pass

    add = Adder.add

    def take(self, a):
        return a


LARGE = bytes(30_000_000)


def carries(client, a, b):
    return len(LARGE)


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (too_few, "is given (client, a, b): too many positional arguments"),
        (keyword_only, "is given (client, a, b): too many positional arguments"),
        (os.getenv, "is given (client, a, b): too many positional arguments"),
        (is_async, "it is async def"),
        (generator, "it has a yield"),
        (holds, "uses `LOCK`, which cannot leave this notebook"),
        (carries, "uses `LARGE`, which cannot leave this notebook (it takes 30 MB, of 20 at most)"),
        (Empty, "Your class Empty has no method add(a, b)"),
        (Half, "Your take is given (self, a, b): too many positional arguments"),
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


class Odd:
    def __bool__(self):
        raise RuntimeError

    __repr__ = __iter__ = __bool__


def returns_what_cannot_be_shown(client, a, b):
    return Odd()


class UnreadableError(BaseException):
    __str__ = Odd.__repr__


def raises_what_cannot_be_shown(client, a, b):
    raise UnreadableError


def raises_in_a_thread(client, a, b):
    threading.Thread(target=lambda: a / 0).start()
    return a


def uses_another_server(client, a, b):
    redis.Redis(port=1).ping()


def waits_for_ever(client, a, b):
    return client.blpop(["nothing"], 0)


def stalls_the_server(client, a, b):
    return client.eval("while true do end", 0)


def flushes_by_script(client, a, b):
    return client.eval("return redis.call('FLUSHALL')", 0)


def flushes_in_bytes(client, a, b):
    return client.execute_command(b"flushall")


def cuts_off_others(client, a, b):
    return client.client_kill_filter(_type="normal")


def spawns_by_a_pool(client, a, b):
    multiprocessing.get_context("spawn").Process(target=print).start()


def spawns_in_a_thread(client, a, b):
    threading.Thread(target=os.system, args=("true",)).start()
    return a


def leaves_its_settings(client, a, b):
    gc.disable()
    return a


def replaces_in_the_library(client, a, b):
    KeyNamespace.user = None
    return a


def sleeps(client, a, b):
    time.sleep(3600)


def ends_all(client, a, b):
    os._exit(3)


def closes_all_files(client, a, b):
    os.closerange(3, 1000)
    return a


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
        (returns_what_cannot_be_shown, "It returned <Odd instance"),
        (raises_what_cannot_be_shown, "It raised UnreadableError, in line"),
        (raises_in_a_thread, "It raised ZeroDivisionError"),
        (uses_another_server, "It raised ConnectionError"),
        (lambda client, a, b: float("nan"), "It returned nan, where a number is wanted"),
        (waits_for_ever, "It sent BLPOP with a timeout of 0 s"),
        (stalls_the_server, "Its script kept the server from every other client for too long, and was stopped."),
        (flushes_by_script, "It sent FLUSHALL"),
        (flushes_in_bytes, "It sent FLUSHALL"),
        (cuts_off_others, "It sent CLIENT KILL"),
        (spawns_by_a_pool, "It wanted to start or end a process"),
        (spawns_in_a_thread, "It wanted to start or end a process (os.system)"),
        (leaves_its_settings, "It changed gc.isenabled()"),
        (replaces_in_the_library, "It changed redislab.keys.namespace.KeyNamespace.user"),
        (replaces, "It changed the names in redis.client.Redis"),
        (sleeps, "It did not return within 5 s and was stopped."),
        (closes_all_files, "It ended the process that it ran in"),
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
    mine = SimpleNamespace(wrong=lambda sentence: said.append(sentence) or ValueError(sentence), patience=5.0)
    own, _ = lent((client, KeyNamespace(prefix)), mine)
    own.set(f"{prefix}:mine", 1, ex=60)
    own.pipeline().mget(f"{prefix}:mine", f"{prefix}:too").execute()
    own.eval("return redis.call('MGET', KEYS[1], KEYS[2])", 2, f"{prefix}:mine", f"{prefix}:too", "an argument")
    for use in (
        lambda: own.set("other", 1),
        lambda: own.mget(f"{prefix}:mine", "other"),
        lambda: own.pipeline().hset("other", "field", 1).execute(),
        lambda: own.eval("return redis.call('SET', KEYS[1], 1)", 1, "other"),
        lambda: own.sort(f"{prefix}:list", store="other"),
        lambda: own.xread({"other": 0}),
    ):
        with pytest.raises(ValueError, match="'other', which is not its own"):
            use()
    assert not client.exists("other") and len(said) == 6


def test_what_it_is_lent_cannot_be_set(running_client):
    _, prefix = running_client
    keys = KeyNamespace(prefix)
    (its,) = lent((keys,), None)
    assert its.user(1) == keys.user(1)
    with pytest.raises(AttributeError, match="prefix of KeyNamespace cannot be set"):
        its.prefix = "other"


@pytest.fixture
def running_client(lab):
    return lab.client(), f"{lab.prefix}:guarded"
