"""Another writer, or the end of the process, between any two steps of a call."""

import threading

import pytest

from redislab.study.checks import CheckContext, Exercise, die, expire, requirement
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


def test_a_requirement_is_checked_after_every_schedule(context):
    """Given requirements on a counter that another one changes meanwhile. Expect a verdict, and the schedule that led to it."""

    class Meanwhile(Exercise):
        @requirement("it is a number", hint=1, whenever=lambda at, client: client.incrby(at.keys.counter("it"), 10))
        def number(self, context):
            return context.redis.get(context.keys.counter("it")).isdigit(), "it is none"

        @requirement("nothing is lost", hint=1, whenever=lambda at, client: client.incrby(at.keys.counter("it"), 10))
        def kept(self, context):
            value = context.redis.get(context.keys.counter("it"))
            return value == "11", f"10 and 1 make {value}"

        @requirement("it is there, though the process may die", hint=1, whenever=die)
        def there(self, context):
            return context.redis.exists(context.keys.counter("it")) == 1, "there is none"

        @requirement("or it may expire", hint=1, whenever=expire, given=lambda at: at.redis.set("other", 1, ex=9))
        def fresh(self, context):
            return context.redis.exists("other") == 1, "the other one is gone"

    at = context(adds_by_two_commands)
    it, verdicts = at.keys.counter("it"), [check(Meanwhile(), at) for check in Meanwhile.requirements()]
    assert verdicts == [
        (True, "in none of 3 schedules"),
        (False, f"10 and 1 make 1, in 1 of 3 schedules. The shortest: A: GET {it} → nil; B: INCRBY {it} 10 → 10; "
                f"A: SET {it} 1 EX 60 → OK"),
        (False, "there is none, in 2 of 3 schedules. The shortest: A: † dies"),
        (False, f"the other one is gone, in 2 of 3 schedules. The shortest: A: GET {it} → nil; other expires; "
                f"A: SET {it} 1 EX 60 → OK"),
    ]  # fmt: skip


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
