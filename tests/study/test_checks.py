"""Another writer, or the end of the process, just before each command of a call."""

import threading

import pytest

from redislab.study.checks import CheckContext, Exercise, die, requirement
from redislab.world import Lab


@pytest.fixture(scope="module")
def private(lab):
    """A lab on a server of its own."""
    server = lab.private_server()
    yield Lab(server, "checks")
    server.close()


@pytest.fixture
def context(private):
    """`context(function)` is where a function is checked."""
    return lambda function: CheckContext(function, private, "check", pytest.fail)


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


def test_another_one_comes_before_each_command_in_turn(context):
    """Given 1, and one who adds 10 just before the call, and then between its two commands."""
    at = context(adds_by_two_commands)
    key = at.keys.counter("it")
    calls = at.moments(lambda at: at.redis.incrby(key, 10), given=lambda at: at.redis.set(key, 1, ex=60))
    assert [int(at.redis.get(key)) for _ in calls] == [12, 2]


def test_a_dead_process_sends_nothing_more(context):
    at = context(adds_and_notes)
    left = [sorted(name.rpartition(":")[2] for name in at.names()) for _ in at.moments(die)]
    assert left == [[], ["it"], ["it", "other"]]


def test_a_call_that_another_call_interrupts(context):
    at, others = context(adds_by_two_commands), []
    assert list(at.moments(lambda at: others.append(at.call()))) == [None, None]
    assert len(others) == 2 and at.redis.get(at.keys.counter("it")) == "1"


def test_a_requirement_is_checked_after_each_moment(context):
    """Given two requirements on a counter to which another one adds 10 meanwhile. Expect a verdict, and why."""

    class Meanwhile(Exercise):
        @requirement("it is there", hint=1, whenever=CheckContext.empty)
        def there(self, context):
            return context.redis.exists(context.keys.counter("it")) == 1, "it is gone"

        @requirement("nothing is lost", hint=1, whenever=lambda at: at.redis.incrby(at.keys.counter("it"), 10))
        def kept(self, context):
            value = context.redis.get(context.keys.counter("it"))
            return value == "11", f"10 and 1 make {value}"

    at = context(adds_by_two_commands)
    verdicts = [check(Meanwhile(), at) for check in Meanwhile.requirements()]
    assert verdicts == [(True, "tried at 2 moments, and all was well"), (False, "10 and 1 make 1")]


def test_what_a_call_costs_once_its_script_is_loaded(context):
    def counts(client, keys):
        script = client.register_script("return {redis.call('INCR', KEYS[1]), 'and', 'more'}")
        return script([keys.counter("it")])

    assert context(counts).cost() == (1, 1, 3)


def test_what_was_sent_trip_by_trip(context):
    def sends(client, keys):
        client.get(keys.counter("it"))
        client.pipeline(transaction=False).get(keys.counter("it")).exists(keys.counter("other")).execute()

    at = context(sends)
    at.call()
    it, other = at.keys.counter("it"), at.keys.counter("other")
    assert at.round_trips() == [[["GET", it]], [["GET", it], ["EXISTS", other]]]
    assert at.round_trips() == []


def test_every_context_begins_on_an_empty_server(context):
    at = context(adds_by_two_commands)
    at.call()
    at.redis.set("elsewhere", 1)
    assert at.names() == [at.keys.counter("it"), "elsewhere"]
    assert context(adds_by_two_commands).names() == []


def test_a_server_that_was_killed_is_there_again(context):
    context(adds_by_two_commands).server.kill()
    at = context(adds_by_two_commands)
    at.call()
    assert at.redis.get(at.keys.counter("it")) == "1"


def test_a_thread_that_a_function_has_left_sends_nothing_after_its_requirement(context, capfd, monkeypatch):
    """Given a thread that waits. If the requirement is over, expect that it ends without a word."""
    monkeypatch.setattr(threading, "excepthook", threading.__excepthook__)  # not pytest's
    over = threading.Event()

    def leaves_a_thread(client, keys):
        return threading.Thread(target=lambda: over.wait() and client.set("late", 1))

    at = context(leaves_a_thread)
    thread = at.call()
    thread.start()
    at.close()
    over.set()
    thread.join()
    assert at.names() == [] and capfd.readouterr().err == ""


def test_requirements_are_tried_in_their_order():
    class Two(Exercise):
        @requirement("first", hint=2)
        def zebra(self, context): ...

        @requirement("second", hint=1)
        def ape(self, context): ...

        def helper(self): ...

    assert [(each.says, each.hint) for each in Two.requirements()] == [("first", 2), ("second", 1)]
