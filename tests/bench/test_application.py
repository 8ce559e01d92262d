"""An application in a process of its own: called, killed, started again, and gone when its owner is."""

import functools
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import cloudpickle
import psutil
import pytest

from redislab.bench.application import Application
from redislab.errors import BacklogError, ExperimentError
from tests.conftest import alive, settles


class Shop:
    """Counts in memory, which is what a SIGKILL takes away."""

    def __init__(self, first=0):
        self.count, self.lock = first, threading.Lock()

    def add(self, amount):
        with self.lock:
            self.count += amount
            return self.count

    def pid(self):
        return os.getpid()

    def wait(self, seconds):
        time.sleep(seconds)
        return threading.get_ident()

    def fail(self, failure):
        raise failure

    def nothing_to_pickle(self):
        class LocalError(Exception):
            pass

        raise LocalError("said in words")

    def shout(self):
        print("into the void")
        return "heard"

    def leave(self):
        os._exit(7)


class Broken:
    def __init__(self):
        raise ValueError("no shop today")


cloudpickle.register_pickle_by_value(__import__(__name__, fromlist=["_"]))  # as a notebook's cell would be


@pytest.fixture
def application():
    application = Application(Shop)
    yield application
    application.close()


def test_it_runs_in_another_process_and_remembers(application):
    assert application.call("pid") == application.process.pid != os.getpid()
    assert [application.call("add", n) for n in (1, 2, 3)] == [1, 3, 6]
    assert application.call("shout") == "heard"


def test_many_threads_call_it_at_once(application):
    began = time.monotonic()
    with ThreadPoolExecutor(20) as pool:
        threads = set(pool.map(lambda _: application.call("wait", 0.5), range(20)))
    assert len(threads) == 20
    assert time.monotonic() - began < 20 * 0.5
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: application.call("add", 1), range(400)))
    assert application.call("add", 0) == 400


def test_what_a_method_raises_is_raised_here_and_it_goes_on(application):
    with pytest.raises(KeyError, match="city"):
        application.call("fail", KeyError("city"))
    with pytest.raises(BacklogError, match="5 writes wait") as caught:
        application.call("fail", BacklogError(5))
    assert caught.value.waiting == 5
    with pytest.raises(RuntimeError, match="LocalError: said in words"):
        application.call("nothing_to_pickle")
    with pytest.raises(AttributeError, match="no_such"):
        application.call("no_such")
    assert application.call("add", 1) == 1


def test_killed_it_forgets_and_restarted_it_begins_anew(application):
    application.call("add", 5)
    killed = application.process.pid
    application.kill()
    assert not application.alive
    with pytest.raises(ConnectionError, match="The application has ended"):
        application.call("add", 1)
    application.restart()
    assert application.alive and application.process.pid != killed
    assert application.call("add", 1) == 1
    application.restart(functools.partial(Shop, 100))
    assert application.call("add", 1) == 101


def test_calls_under_way_when_it_is_killed_fail_at_once(application):
    with ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(application.call, "wait", 600) for _ in range(4)]
        application.call("pid")
        application.kill()
        for call in calls:
            with pytest.raises(ConnectionError):
                call.result(timeout=30)


def test_one_that_ends_by_itself_is_noticed(application):
    with pytest.raises(ConnectionError):
        application.call("leave")
    assert not settles(lambda: application.alive)


def test_what_its_factory_raises_is_said():
    with pytest.raises(ExperimentError, match="ValueError: no shop today"):
        Application(Broken)


def test_closed_it_leaves_no_process_and_no_file():
    files = len(os.listdir("/dev/fd"))
    for _ in range(3):
        application = Application(Shop)
        application.call("add", 1)
        application.restart()
        application.call("add", 1)
        application.close()
        assert not psutil.pid_exists(application.process.pid)
        del application
    assert len(os.listdir("/dev/fd")) <= files


OWNER = """
import sys, time, pickle
from redislab.bench.application import Application
application = Application(pickle.load(sys.stdin.buffer))
print(application.process.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_it_ends_with_its_owner_however_that_ends(end):
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    pickle.dump(dict, owner.stdin)  # any callable will do
    owner.stdin.flush()
    pid = int(owner.stdout.readline())
    assert psutil.pid_exists(pid)
    owner.send_signal(end)
    owner.wait(30)
    assert not settles(lambda: alive(pid))
    owner.stdin.close()
    owner.stdout.close()
