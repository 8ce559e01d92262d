"""A child process: called, told, heard, and gone when its owner is, however the owner was started."""

import os
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client

import cloudpickle
import pytest

from redislab.world.child import Child, emit
from tests.conftest import alive, settles


class Shop:
    """Counts; announces what it is told."""

    def __init__(self, first=0):
        self.count = first

    def add(self, amount):
        self.count += amount
        return self.count

    def wait(self, seconds):
        time.sleep(seconds)
        return "slept"

    def announce(self, amount):
        print("not an event")
        os.write(1, b"nor is this")
        emit(("announced", self.add(amount)))

    def announce_and_die(self):
        emit("the last word")
        os._exit(7)

    def same(self, value):
        return value

    def lock(self):
        return threading.Lock()

    def read(self):
        return sys.stdin.read()

    def start(self):
        return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]).pid


def ends_at_once():
    os._exit(3)


cloudpickle.register_pickle_by_value(sys.modules[__name__])  # as a notebook's cell would be


@pytest.fixture
def child():
    child = Child(Shop, "shop")
    yield child
    child.close()


def test_what_is_emitted_arrives_in_order_and_whole(child):
    for amount in range(1, 101):
        child.tell("announce", amount)
    events = child.events()
    assert [next(events) for _ in range(100)] == [("announced", n * (n + 1) // 2) for n in range(1, 101)]


def test_what_was_emitted_before_it_died_still_arrives(child):
    child.tell("announce", 1)
    child.tell("announce_and_die")
    assert list(child.events()) == [("announced", 1), "the last word"]
    assert not settles(lambda: child.alive)
    with pytest.raises(ConnectionError, match=r"The shop has ended \(exit 7\)"):
        child.call("add", 1)
    child.tell("announce", 1)  # nobody is there to do it, which is no error


def test_an_answer_that_cannot_travel_is_an_error_of_that_call_alone(child):
    with pytest.raises(TypeError, match=r"cannot pickle"):
        child.call("lock")
    assert child.call("add", 1) == 1


def test_a_call_that_was_interrupted_leaves_no_answer_for_the_next_one(child):
    child.ready()
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        child.call("wait", 5)
    assert child.call("add", 1) == 1


@pytest.mark.quiet
@pytest.mark.parametrize("size", [100, 20_000, 60_000, 1_000_000])
def test_a_call_takes_no_longer_than_its_size_needs(child, size):
    """Nagle's algorithm would hold up what is neither small nor large for 40 ms."""
    value, taken = "x" * size, []
    for _ in range(21):
        began = time.perf_counter()
        assert child.call("same", value) == value
        taken.append(time.perf_counter() - began)
    assert statistics.median(taken) < 0.02


def test_what_it_cannot_do_when_told_does_not_end_it(child):
    child.tell("no_such_method")
    assert child.call("add", 1) == 1


def test_it_has_a_session_of_its_own_so_that_an_interrupt_of_its_owner_is_none_of_it(child):
    assert os.getsid(child.process.pid) == child.process.pid != os.getsid(0)


def test_its_stdin_is_empty(child):
    assert child.call("read") == ""


def test_what_it_has_started_is_killed_with_it(child):
    started = child.call("start")
    child.kill()
    assert not settles(lambda: alive(started))


def test_only_who_has_the_key_gets_in_and_a_silent_stranger_holds_up_nobody(child):
    child.ready()
    with socket.create_connection(child._address), pytest.raises((AuthenticationError, EOFError, OSError)):
        Client(child._address, authkey=b"a guess").recv()
    with socket.create_connection(child._address):
        assert child.call("add", 1) == 1


def test_a_process_that_ends_before_it_is_ready_is_an_error():
    with pytest.raises(ConnectionError, match=r"ended \(exit 3\)"):
        Child(ends_at_once).ready()


OWNER = """
import collections
from redislab.world.child import Child
print("imported", flush=True)
child = Child(collections.OrderedDict).ready()
child.call("update", {1: 2})
print(child.call("pop", 1), flush=True)
"""


@pytest.mark.parametrize("how", ["-c", "script", "-m"])
def test_the_main_module_is_not_run_again_and_the_exit_waits_for_nothing(how, tmp_path):
    """Given a script without a main guard. If it starts a child and ends without closing it, expect one run and an end."""
    (tmp_path / "owner.py").write_text(OWNER)
    arguments = {"-c": ["-c", OWNER], "script": ["owner.py"], "-m": ["-m", "owner"]}[how]
    ended = subprocess.run([sys.executable, *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=30)
    assert (ended.stdout.split(), ended.stderr) == (["imported", "2"], "")


def test_it_loads_nothing_that_it_does_not_need(child):
    code = "import sys, redislab.world.child; print(*{'redis', 'cloudpickle', 'numpy', 'pandas'} & sys.modules.keys())"
    assert not subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
