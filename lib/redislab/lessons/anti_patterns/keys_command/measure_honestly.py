"""Latency from the moment at which a request was due: a stall then shows in every request that it delayed."""

import statistics
import threading
import time

from redislab.study.checks import CheckContext, Exercise, requirement

PERIOD, COUNT = 0.01, 60  # s, requests
STALL, AT = 0.3, 10  # s, request
SLOW, NEARLY, HICCUP = 0.05, 0.1, 0.15  # s
LAST = 10  # requests
TRIES = 3
MANY = 15  # of some 25 requests that are due in the stall and wait longer than SLOW


class PingContext(CheckContext):
    """A context whose function is given a call to measure: PING, on a server that stalls once, if told to."""

    def measure(self, stalls: bool) -> tuple[list, list]:
        """The latencies that it returns, and when each request was sent, in seconds after the first one."""
        started, lock = [], threading.Lock()

        def ping():
            with lock:
                started.append(time.perf_counter())
                number = len(started)
            if stalls and number == AT:
                self.redis.client_pause(round(1000 * STALL))
            return self.client.ping()

        got = list(self.function(ping, PERIOD, COUNT))
        return got, [moment - started[0] for moment in started]


class MeasureHonestly(Exercise):
    """The schedule is fixed before anything is measured, and latency counts from it."""

    name, context = "measure-honestly", PingContext

    def __init__(self):
        self._runs: dict = {}  # each is judged by two requirements

    @requirement("It gives a latency for each request, in seconds", hint=1)
    def each(self, context):
        got, sent = self.run(context, stalls=False)
        middle = statistics.median(got) if got else 0.0
        seen = f"{len(got)} latencies for {len(sent)} requests, their median {middle:.3g}"
        return len(got) == len(sent) and 0 < middle < SLOW, seen

    @requirement("Requests go out one a period, none before it is due", hint=2)
    def paced(self, context):
        _, sent = self.run(context, stalls=False)
        last, wanted = max(sent, default=0), PERIOD * (COUNT - 1)
        seen = f"the last one was sent {last:.2f} s after the first; it was due after {wanted:.2f} s"
        return last >= wanted - NEARLY, seen

    @requirement(f"After a stall of {STALL:g} s requests catch up: the last ones go out when due", hint=3)
    def on_schedule(self, context):
        _, sent = self.run(context, stalls=True)
        return late(sent) < HICCUP, f"the last ones went out {1000 * late(sent):.0f} ms late"

    @requirement("All that were due during the stall are slow, and none is left out", hint=4)
    def shows(self, context):
        got, _ = self.run(context, stalls=True)
        slow, due = sum(seconds > SLOW for seconds in got), round((STALL - SLOW) / PERIOD)
        seen = f"{slow} of {len(got)} latencies are above {1000 * SLOW:.0f} ms; {due} of {COUNT} would be"
        return slow >= MANY and len(got) == COUNT, f"{seen}, the longest of {STALL:g} s"

    def run(self, context, stalls: bool) -> tuple[list, list]:
        """The first of a few measurements that nothing disturbed, or else the last: the machine may be busy."""
        if stalls not in self._runs:
            for _ in range(TRIES):
                self._runs[stalls] = got, sent = context.measure(stalls)
                if late(sent) < HICCUP and (stalls or not got or statistics.median(got) < SLOW):
                    break
        return self._runs[stalls]


def late(sent: list) -> float:
    """By how many seconds the most punctual of the last requests was late; if some were left out, the first were."""
    first = COUNT - len(sent)
    return min((moment - (first + number) * PERIOD for number, moment in list(enumerate(sent))[-LAST:]), default=0.0)
