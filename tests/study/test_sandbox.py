"""Code that hangs, raises, floods or dies is stopped with a sentence, in time, and leaves nothing."""

import contextlib
import dataclasses
import os
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import cloudpickle
import psutil
import pytest

from redislab.lessons import LESSONS
from redislab.study import sandbox
from redislab.study.process import NO_SERVER
from tests.conftest import settles
from tests.test_notebooks import Kernel

cloudpickle.register_pickle_by_value(sys.modules[__name__])  # as a notebook's cell would be

NEGATIVE = LESSONS.exercise("negative-caching")
pytestmark = pytest.mark.usefixtures("lab")


@pytest.fixture(autouse=True)
def childless():
    """Nothing that a check has started is still there after it."""
    yield
    ours = {child.pid for child in psutil.Process().children(recursive=True)}
    running = {process.pid: process.info["cmdline"] for process in psutil.process_iter(["cmdline"])}
    assert not [pid for pid in ours & set(running) if "check" in (running[pid] or [])]


def try_out(function, **options):
    """The report on `function`, which has to come within the deadline and a few seconds of a busy machine."""
    began = time.monotonic()
    report = sandbox.try_out(NEGATIVE, function, **options)
    assert time.monotonic() - began < sandbox.DEADLINE + 20
    assert not report.passed
    return report


def hangs(client, source, keys, id):
    while True:
        pass


def waits_for_nobody(client, source, keys, id):
    threading.Event().wait()


def asks_for_ever(client, source, keys, id):
    while True:
        client.get(keys.user(id))


@pytest.mark.parametrize("function", [hangs, waits_for_nobody, asks_for_ever])
def test_what_does_not_end_is_ended(function):
    report = try_out(function, deadline=3.0)
    assert report.stopped in (
        "It was not done within 3 s and was stopped.",
        "It sent more than 10,000 commands and was stopped: does a loop never pause?",
    )
    # the requirement that was under way is not met, the others were not tried
    assert [finding.met for finding in report.findings] == [False, None, None, None, None]
    assert report.findings[0].seen == report.stopped


def sends_a_million(client, source, keys, id):
    pipeline = client.pipeline(transaction=False)
    for number in range(20_000):
        pipeline.set(keys.user(number), number, ex=60)
    pipeline.execute()


def test_a_flood_is_stopped_before_it_reaches_the_server(lab):
    before = lab.redis.info("stats")["total_net_input_bytes"]
    assert "more than 10,000 commands" in try_out(sends_a_million).stopped
    assert lab.redis.info("stats")["total_net_input_bytes"] - before < 10_000_000


def takes_all_memory(client, source, keys, id):
    kept = []
    while True:
        kept.append(bytearray(50_000_000))


def stores_mountains(client, source, keys, id):
    for number in range(20):
        client.set(keys.user(number), "x" * 50_000_000, ex=60)


def test_what_is_stored_is_limited():
    assert "OutOfMemoryError" in try_out(stores_mountains).findings[0].seen


@pytest.mark.skipif(sys.platform != "linux", reason="memory can be limited on Linux only")
def test_memory_is_limited():
    assert try_out(takes_all_memory).stopped == "It took more than the 1 GB of memory that it may have."


def raises(client, source, keys, id):
    return {}["nothing"]


def leaves(client, source, keys, id):
    sys.exit(3)


def takes_too_few(client):
    return client


def asks_the_user(client, source, keys, id):
    return input("Which one? ")


@pytest.mark.parametrize(
    ("function", "sentence"),
    [
        (raises, "It raised KeyError: 'nothing', in line {line} of raises."),
        (leaves, "It raised SystemExit: 3, in line {line} of leaves."),
        (takes_too_few, "It raised TypeError: takes_too_few() takes 1 positional argument but 4 were given."),
        (asks_the_user, "It raised EOFError: EOF when reading a line, in line {line} of asks_the_user."),
    ],
)
def test_what_is_raised_is_said_once(function, sentence):
    report = try_out(function)
    assert report.findings[0].seen == sentence.format(line=function.__code__.co_firstlineno + 1)
    assert {finding.seen for finding in report.findings[1:]} == {"It raised the same."}
    assert not report.stopped  # every requirement has been tried


def dies(client, source, keys, id):
    os.abort()


def test_a_process_that_dies_is_told_of():
    assert try_out(dies).stopped == "The process that it ran in ended (exit -6)."


def starts_another(client, source, keys, id):
    print(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"]).pid)
    os._exit(0)


def test_what_it_has_started_ends_with_it():
    pid = int(try_out(starts_another).said)
    zombie = psutil.STATUS_ZOMBIE  # until whoever has inherited it takes notice
    assert not settles(lambda: psutil.pid_exists(pid) and psutil.Process(pid).status() != zombie)


def prints_a_lot(client, source, keys, id):
    print("first line")
    for _ in range(100):
        print("x" * 100)
    os.write(1, b'["done"]\n')


def test_what_it_prints_is_shown_up_to_a_point():
    report = try_out(prints_a_lot)
    assert report.said.startswith("first line\nxxx") and report.said.endswith(" …")
    assert len(report.said) < 5000


def flushes(client, source, keys, id):
    client.set(keys.user(id), "soon gone")
    client.flushall()
    client.flushdb()


def shuts_down(client, source, keys, id):
    client.shutdown(nosave=True)
    return source.find(id)


def configures(client, source, keys, id):
    client.config_set("maxmemory", "1mb")
    client.set("user:42", "not a key of the lesson")
    return source.find(id)


@pytest.mark.parametrize("function", [flushes, shuts_down, configures])
def test_nothing_outside_the_check_is_touched(lab, function):
    """Expect a verdict on each requirement, whatever is done to the server that the check has to itself."""
    lab.redis.set(f"{lab.prefix}:bystander", "unharmed", ex=60)
    limit = lab.redis.info("memory")["maxmemory"]
    report = try_out(function)
    assert not report.stopped and report.hint
    assert None not in [finding.met for finding in report.findings]
    assert lab.redis.get(f"{lab.prefix}:bystander") == "unharmed"
    assert lab.redis.info("memory")["maxmemory"] == limit
    assert not lab.redis.exists("user:42")


def test_where_no_server_can_be_started_it_says_what_to_install(lab, monkeypatch):
    elsewhere = SimpleNamespace(address=dataclasses.replace(lab.address, backend="local"))
    monkeypatch.setattr(sandbox, "start", lambda: elsewhere)
    monkeypatch.setenv("PATH", "")
    assert try_out(flushes).stopped == NO_SERVER


def test_what_cannot_travel_is_said(lab):
    def uses_the_notebooks_client(client, source, keys, id):
        return lab.redis.get("anything")

    assert "Take all it needs from its arguments" in try_out(uses_the_notebooks_client).stopped


def reads(client, source, keys, id):
    return source.find(id)


def test_checks_leave_no_thread_and_no_file():
    try_out(reads)
    before = threading.active_count(), len(os.listdir("/dev/fd"))
    for _ in range(5):
        try_out(reads)
    deadline = time.monotonic() + 5
    while (now := (threading.active_count(), len(os.listdir("/dev/fd")))) > before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert now[0] <= before[0] and now[1] <= before[1]


def test_no_row_of_the_lab_is_written(lab, task):
    before = lab.database.users.find(43)
    shown = task("write-order")
    scope = {"__name__": "__main__"}
    exec(shown.text.solution, scope)
    assert shown.check(scope["put_user"]).passed
    assert lab.database.users.find(43) == before


@pytest.mark.usefixtures("untouched")
def test_a_kernel_that_is_killed_takes_a_check_with_it():
    """Given a check that is under way. If the kernel is killed, expect that nothing is left: see `untouched`."""
    with contextlib.closing(Kernel()) as kernel:
        kernel.run(
            "import os; os.environ['REDISLAB_BACKEND'] = 'bundled'; from redislab import exercise, start; start()"
        )
        kernel.run("task = exercise('write-order')\ndef put_user(*_):\n    while True: pass")
        kernel.run("import threading; threading.Thread(target=task.check, args=[put_user], daemon=True).start()")
        kernel.run(
            "import time; from redislab.study import sandbox; import subprocess\n"
            "while 'world.child check' not in subprocess.run(['ps', '-efww'], capture_output=True, text=True).stdout:\n"
            "    time.sleep(0.05)"
        )
        os.kill(int(kernel.run("print(os.getpid())")), 9)


def test_the_process_loads_no_widgets():
    code = "import sys, redislab.study.process; print(*{'ipywidgets', 'anywidget', 'plotly', 'pandas'} & sys.modules.keys())"
    assert not subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()


class Searching:
    """A child that tells of a schedule every `pause` seconds, `count` times or until it is killed."""

    def __init__(self, count: int, pause: float):
        self._count, self._pause, self._killed = count, pause, threading.Event()

    def events(self):
        yield from [("ready",), ("trying", 0)]
        for _ in range(self._count):
            if self._killed.wait(self._pause):
                return
            yield ("schedule",)
        yield from [("found", True, "in no schedule"), ("done",)]

    def kill(self) -> int:
        self._killed.set()
        return -9


def follow(child, deadline: float):
    report = sandbox.Report.of(NEGATIVE)
    sandbox._follow(child, report, deadline)
    return report


def test_a_search_that_a_busy_machine_makes_long_is_not_ended_while_schedules_come_to_their_end():
    report = follow(Searching(12, 0.25), deadline=2.0)
    assert (report.stopped, report.findings[0].met) == ("", True)


def test_but_not_for_ever():
    report = follow(Searching(10_000, 0.02), deadline=0.3)
    assert (report.stopped, report.findings[0].met) == ("It was not done within 1.8 s and was stopped.", False)
