"""The kernel's side of a check: start the process, hear what it finds, and end it in time."""

import functools
import queue
import threading
import time
from dataclasses import dataclass

import cloudpickle

from redislab.errors import StartError
from redislab.study.checks import Exercise
from redislab.world import start
from redislab.world.child import Child

STARTING = 60.0  # s; a server of its own may have to start in a container
DEADLINE = 10.0  # s for a check
AT_LEAST = 0.8  # of it are the learner's, however long the start has taken


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
    """Check `function` in a process of its own, which is killed when `deadline` seconds are over.

    Raises:
        StartError: there is no Redis to try it on.
    """
    lab, report = start(), Report.of(exercise)
    try:
        pickled = cloudpickle.dumps(function)
    except Exception as failure:  # whatever its parts raise when they are asked to travel
        report.stopped = (
            f"It holds something of this notebook that cannot travel ({failure}). "
            "Take all it needs from its arguments: the client, the keys, and what else it is given."
        )
        return report
    from redislab.study.process import Trial

    child, events = Child(functools.partial(Trial, exercise, pickled, lab.address), "check"), queue.Queue()
    listening = threading.Thread(target=_listen, args=(child, events), daemon=True)
    listening.start()
    try:
        child.tell("start")
        _follow(child, events, report, deadline)
    finally:
        child.kill()
        listening.join()
        child.close()
    return report


def _follow(child: Child, events: queue.Queue, report: Report, deadline: float) -> None:
    """Take in events until the end, whichever it is."""
    trying, began = None, time.monotonic()
    until = began + STARTING
    while True:
        try:
            kind, *event = events.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            return _stop(report, trying, f"It was not done within {deadline:g} s and was stopped.")
        if kind == "ready":
            until = max(began + deadline, time.monotonic() + AT_LEAST * deadline)
        elif kind == "trying":
            trying = event[0]
        elif kind == "found":
            report.findings[event[0]].met, report.findings[event[0]].seen = event[1:]
            trying = None
        elif kind == "said":
            report.said += event[0]
        elif kind == "stopped":
            sentence = event[0] if event else f"The process that it ran in ended (exit {child.kill()})."
            return _stop(report, trying, sentence, hinted=False)
        elif kind == "done":
            return None


def _stop(report: Report, trying: int | None, sentence: str, hinted: bool = True) -> None:
    """It ends here; if a requirement was being tried, that one is not met, and its hint may not be what helps."""
    report.stopped = sentence
    if trying is not None:
        finding = report.findings[trying]
        finding.met, finding.seen, finding.hint = False, sentence, finding.hint if hinted else None


def _listen(child: Child, events: queue.Queue) -> None:
    try:
        for event in child.events():
            events.put(event)
    except StartError as failure:
        events.put(("stopped", str(failure)))
    except Exception as failure:
        events.put(("stopped", f"It could not be tried ({failure})."))
    events.put(("stopped",))
