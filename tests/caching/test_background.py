import subprocess
import sys
import threading

from redislab.caching.background import Background
from tests.conftest import settles


def test_at_most_so_many_run_at_once_and_all_are_done():
    background, gate, running, most, done = Background(threads=3), threading.Event(), [], [], []

    def call(n):
        running.append(n)
        most.append(len(running))
        gate.wait(10)
        running.remove(n)
        done.append(n)

    assert all(background.submit(call, n) for n in range(20))
    assert not settles(lambda: len(running) < 3)
    gate.set()
    assert not settles(lambda: len(done) < 20)
    assert max(most) == 3


def test_what_does_not_fit_is_refused():
    background, gate = Background(threads=1, waiting=2), threading.Event()
    accepted = [background.submit(gate.wait, 10) for _ in range(10)]
    gate.set()
    assert 2 <= sum(accepted) <= 3  # two wait, and one may already run
    background.close()


def test_a_call_that_raises_stops_nothing():
    background, done = Background(threads=1), threading.Event()
    background.submit(lambda: 1 / 0)
    background.submit(done.set)
    assert done.wait(10)


def test_close_waits_for_what_is_under_way_and_leaves_no_thread():
    before, background, gate, done = threading.active_count(), Background(threads=4), threading.Event(), []
    for n in range(4):
        background.submit(lambda n=n: (gate.wait(10), done.append(n)))
    threading.Timer(0.2, gate.set).start()
    background.close()
    assert len(done) == 4
    assert not background.submit(done.append, 5)
    assert not settles(lambda: threading.active_count() > before)


def test_idle_threads_are_not_kept():
    before, background = threading.active_count(), Background()
    for _ in range(50):
        background.submit(int)
    assert not settles(lambda: threading.active_count() > before)


def test_a_call_that_hangs_does_not_keep_the_interpreter():
    code = "import threading\nfrom redislab.caching.background import Background\n"
    code += "began = threading.Event()\n"
    code += "Background().submit(lambda: (began.set(), threading.Event().wait(120)))\nassert began.wait(10)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)
