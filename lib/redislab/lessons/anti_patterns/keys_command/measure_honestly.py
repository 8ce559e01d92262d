"""Latency from the moment at which a request was due: who waits for a stalled server measures all who would have."""

import statistics
import threading
import time

from redislab.study.checks import Exercise, Scene, requirement

PERIOD, COUNT = 0.01, 60  # s, requests
STALL, AT = 0.3, 10  # s, request
SLOW, NEARLY, HICCUP = 0.05, 0.1, 0.15  # s
LAST = 10  # requests
TRIES = 3
MANY = 15  # of some 25 requests that are due in the stall and wait longer than SLOW


class PingScene(Scene):
    """A scene whose function is given a call to measure: PING, on a real server that stalls once, if told to."""

    def measure(self, stalls: bool) -> tuple[list, list]:
        """The latencies that it gives; and when each request was sent, in seconds after the first one."""
        server = self.private or self.lab.server
        pinger, other, started, lock = server.client(), server.client(), [], threading.Lock()
        pinger.ping(), other.ping()  # connected, before the clock runs

        def ping():
            with lock:
                started.append(time.perf_counter())
                number = len(started)
            if stalls and number == AT:
                other.execute_command("CLIENT", "PAUSE", round(1000 * STALL), "ALL")
            return pinger.ping()

        got = list(self.function(ping, PERIOD, COUNT))
        pinger.close(), other.close()
        return got, [moment - started[0] for moment in started]


class MeasureHonestly(Exercise):
    """The schedule is fixed before anything is measured, and latency counts from it."""

    name, scene, kills = "measure-honestly", PingScene, True

    def __init__(self):
        self._runs: dict = {}  # each is judged by two requirements

    @requirement("It gives a latency for each request, in seconds", hint=1)
    def each(self, scene: PingScene):
        got, sent = self.run(scene, stalls=False)
        middle = statistics.median(got) if got else 0.0
        seen = f"{len(got)} latencies for {len(sent)} requests, their median {middle:.3g}"
        return len(got) == len(sent) and 0 < middle < SLOW, seen

    @requirement("Requests go out one a period, none before it is due", hint=1)
    def paced(self, scene: PingScene):
        _, sent = self.run(scene, stalls=False)
        last, wanted = max(sent, default=0), PERIOD * (COUNT - 1)
        seen = f"the last one was sent {last:.2f} s after the first; it was due after {wanted:.2f} s"
        return last >= wanted - NEARLY, seen

    @requirement(f"A stall of {STALL:g} s puts nothing off for good: the last ones go out when due", hint=2)
    def on_schedule(self, scene: PingScene):
        if scene.private is None:
            return NOWHERE
        _, sent = self.run(scene, stalls=True)
        return late(sent) < HICCUP, f"the last ones went out {1000 * late(sent):.0f} ms late"

    @requirement("All that were due during the stall are slow, and all are there", hint=3)
    def shows(self, scene: PingScene):
        if scene.private is None:
            return NOWHERE
        got, _ = self.run(scene, stalls=True)
        slow, due = sum(seconds > SLOW for seconds in got), round((STALL - SLOW) / PERIOD)
        seen = f"{slow} of {len(got)} latencies are above {1000 * SLOW:.0f} ms; {due} of {COUNT} would be"
        return slow >= MANY and len(got) == COUNT, f"{seen}, the longest of {STALL:g} s"

    def run(self, scene: PingScene, stalls: bool) -> tuple[list, list]:
        """The first of a few measurements that nothing disturbed, or else the last: the machine may be at something else."""
        if stalls not in self._runs:
            for _ in range(TRIES):
                self._runs[stalls] = got, sent = scene.measure(stalls)
                if late(sent) < HICCUP and (stalls or not got or statistics.median(got) < SLOW):
                    break
        return self._runs[stalls]


def late(sent: list) -> float:
    """By how many seconds the most punctual of the last requests was late; if some were left out, the first were."""
    first = COUNT - len(sent)
    return min((moment - (first + number) * PERIOD for number, moment in list(enumerate(sent))[-LAST:]), default=0.0)


NOWHERE = None, "There is no server here that may be stalled"
