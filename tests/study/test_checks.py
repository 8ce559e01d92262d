"""Another writer, or the end of the process, just before each command of a call."""

import pytest

from redislab.study.checks import Exercise, OwnServer, Scene, requirement
from redislab.study.tap import Tap


@pytest.fixture
def scene(lab):
    """`scene(function)` is where a function is tried."""
    client, prefix = lab.client(), f"{lab.prefix}:scene"
    tap = Tap(client, prefix, pytest.fail, lambda name: None)
    yield lambda function: Scene(function, prefix, tap, client, lab)
    lab.redis.delete(*tap.names)
    tap.close()


def adds_by_two_commands(client, keys):
    client.set(keys.counter("it"), int(client.get(keys.counter("it")) or 0) + 1, ex=60)


def adds_and_notes(client, keys):
    try:
        client.set(keys.counter("it"), 1, ex=60)
        client.set(keys.counter("other"), 1, ex=60)
    except Exception:
        client.set(keys.counter("excuse"), 1, ex=60)
    finally:
        client.set(keys.counter("last"), 1, ex=60)


def test_another_one_comes_before_each_command_in_turn(scene):
    """Given 1, and one who adds 10 just before the call, between its two commands, and not at all."""
    at = scene(adds_by_two_commands)
    key, values = at.keys.counter("it"), []
    for moment in at.moments(lambda: at.server.incrby(key, 10)):
        at.server.set(key, 1, ex=60)
        moment()
        values.append((moment.came, int(at.server.get(key))))
    assert values == [(True, 12), (True, 2), (False, 2)]


def test_a_dead_process_sends_nothing_more(scene):
    at, left = scene(adds_and_notes), []
    for dying in at.deaths():
        at.forget()
        dying()
        left.append(sorted(name.rpartition(":")[2] for name in at.kept()))
    assert left == [[], ["it"], ["it", "other"], ["it", "last", "other"]]


def test_a_call_that_another_call_interrupts(scene):
    at, others = scene(adds_by_two_commands), []
    for moment in at.moments(lambda: others.append(at.call())):
        at.forget()
        moment()
    assert len(others) == 2 and at.server.get(at.keys.counter("it")) == "1"


def test_what_a_call_costs_once_its_script_is_loaded(scene):
    def counts(client, keys):
        script = client.register_script("return {redis.call('INCR', KEYS[1]), 'and', 'more'}")
        return script([keys.counter("it")])

    assert scene(counts).cost() == (1, 1, 3)


def test_what_was_sent_trip_by_trip(scene):
    def sends(client, keys):
        client.get(keys.counter("it"))
        client.pipeline(transaction=False).get(keys.counter("it")).exists(keys.counter("other")).execute()

    at = scene(sends)
    at.call()
    it, other = at.keys.counter("it"), at.keys.counter("other")
    assert at.round_trips() == [[["GET", it]], [["GET", it], ["EXISTS", other]]]
    assert at.round_trips() == []


@pytest.mark.parametrize("alone", [True, False])
def test_a_server_of_its_own_is_nobody_elses(scene, lab, alone):
    """Where there is none, expect the shared one, on which nothing is flushed."""
    shared, private = scene(lambda client, keys: client.set(keys.counter("it"), 1, ex=60)), None
    shared.call()
    if alone:
        private = lab.private_server()
    at = OwnServer(shared.function, shared.keys.prefix, shared.tap, shared.client, lab, private)
    assert at.server.exists(at.keys.counter("it")) == (not alone)
    at.call()
    assert at.kept() == [at.keys.counter("it")]
    at.close()
    assert at.server.exists(at.keys.counter("it")) == (not alone)
    assert shared.server.exists(shared.keys.counter("it"))


def test_requirements_are_tried_in_their_order():
    class Two(Exercise):
        @requirement("first", hint=2)
        def zebra(self, scene): ...

        @requirement("second", hint=1)
        def ape(self, scene): ...

        def helper(self): ...

    assert [(each.says, each.hint) for each in Two.requirements()] == [("first", 2), ("second", 1)]
