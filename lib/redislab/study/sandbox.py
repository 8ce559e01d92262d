"""The kernel's side of a check: start the process, hear what it finds, and end it in time."""

import functools
import threading
import time
from dataclasses import dataclass

from redislab.bench.yours import MineError, travelling
from redislab.errors import StartError
from redislab.study.checks import Exercise
from redislab.world import start
from redislab.world.child import Child, ChildEndedError

STARTING = 60.0  # s; a server of its own may have to start in a container
DEADLINE = 10.0  # s for a requirement; in a search through schedules, for each of them
LONGEST = 6  # times that, for a check of which something comes to its end in time again and again
AT_LEAST = 0.8  # of the first DEADLINE are the learner's, however long the start has taken


@dataclass
class Finding:
    """One requirement, and what was seen of it. `met` is None while it has not been tried."""

    says: str
    hint: int | None
    met: bool | None = None
    seen: str = ""


@dataclass
class Report:
    """What a check has found.

    Attributes:
        said: what the learner's code printed, its beginning.
        stopped: why it did not come to its end; "" if it did.
    """

    findings: list[Finding]
    said: str = ""
    stopped: str = ""

    @classmethod
    def of(cls, exercise: type[Exercise], stopped: str = "") -> "Report":
        """Nothing tried yet."""
        return cls([Finding(check.says, check.hint) for check in exercise.requirements()], stopped=stopped)

    @property
    def passed(self) -> bool:
        return not self.stopped and all(finding.met for finding in self.findings)

    @property
    def hint(self) -> int | None:
        """The hint meant for the first requirement that is not met."""
        return next((finding.hint for finding in self.findings if finding.met is False), None)


def try_out(exercise: type[Exercise], function, deadline: float = DEADLINE) -> Report:
    """Check `function` in a process of its own, which is killed when nothing of it has come to its end for `deadline`
    seconds: no requirement, and no schedule of a race. A busy machine makes a search longer, and must not end it.

    Raises:
        StartError: there is no Redis to try it on.
    """
    lab, report = start(), Report.of(exercise)
    try:
        pickled = travelling(function)
    except MineError as failure:
        report.stopped = str(failure)
        return report
    from redislab.study.process import Trial

    child = Child(functools.partial(Trial, exercise, pickled, lab.address), "check")
    try:
        child.tell("start")
        _follow(child, report, deadline)
    except StartError as failure:
        report.stopped = str(failure)
    except Exception as failure:
        report.stopped = f"It could not be tried ({failure})."
    finally:
        child.kill()
        child.close()
    return report


def _follow(child: Child, report: Report, deadline: float) -> None:
    """Note what the child finds, until it is done, or ends, or is killed because its time is over."""
    began, trying, watchdog = time.monotonic(), None, Watchdog(child)
    watchdog.allow(STARTING)
    try:
        for kind, *event in child.events():
            if kind == "ready":
                watchdog.last = time.monotonic() + LONGEST * deadline
                left = deadline - (time.monotonic() - began)
                watchdog.allow(max(left, AT_LEAST * deadline))
            elif kind == "trying":
                trying = report.findings[event[0]]
            elif kind == "schedule":
                watchdog.allow(deadline)
            elif kind == "found":
                trying.met, trying.seen = event
                trying = None
                watchdog.allow(deadline)
            elif kind == "said":
                report.said += event[0]
            elif kind == "stopped":
                return _stop(report, trying, event[0])
            elif kind == "done":
                return None
    except ChildEndedError:
        pass  # before it was set up
    finally:
        watchdog.cancel()
    if watchdog.late:
        seconds = LONGEST * deadline if watchdog.end == watchdog.last else deadline
        return _stop(report, trying, f"It was not done within {seconds:g} s and was stopped.", hinted=True)
    return _stop(report, trying, f"The process that it ran in ended (exit {child.kill()}).")


class Watchdog:
    """Kills a child when its time is over; `late` is whether it has.

    Attributes:
        end: when that is. last: when it is at the latest, however often more time is allowed.
    """

    def __init__(self, child: Child):
        self._child, self._cancelled, self.late = child, threading.Event(), False
        self.end = self.last = float("inf")
        threading.Thread(target=self._watch, daemon=True).start()

    def allow(self, seconds: float) -> None:
        """So many seconds from now on."""
        self.end = min(time.monotonic() + seconds, self.last)

    def cancel(self) -> None:
        self._cancelled.set()

    def _watch(self) -> None:
        while (left := self.end - time.monotonic()) > 0:
            if self._cancelled.wait(min(left, 1.0)):
                return
        self.late = True
        self._child.kill()


def _stop(report: Report, trying: Finding | None, sentence: str, hinted: bool = False) -> None:
    """It ends here; if a requirement was being tried, that one is not met, and its hint may not be what helps."""
    report.stopped = sentence
    if trying is not None:
        trying.met, trying.seen, trying.hint = False, sentence, trying.hint if hinted else None
