"""Section 2.2: several writers of one profile, and how many of their updates are lost."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from redislab.bench import YOURS

COUNTED, POINTS, CONTESTED = "visits", "points", "race"  # the fields, and the id of the profile
WAYS = ("json", "read", "own", "add")
MOST, TIMES, SECONDS = 32, 10, 0.3  # writers; updates by each, or as many as it gets done in that time


class Writers:
    """They all count in one profile, in one of four ways.

    json: `JsonProfile.add`, which reads, changes and writes the whole.
    read: one field of a hash is read, and the next number written.
    own: each writes what it has counted itself, into a field of its own.
    add: `Profile.add`, HINCRBY.
    yours: a learner's, which adds points.
    """

    def __init__(self):
        self._threads = ThreadPoolExecutor(MOST)

    def close(self) -> None:
        self._threads.shutdown()

    def race(self, forms: dict, way: str, writers: int, values: dict) -> tuple[int, int]:
        """How many updates were acknowledged, and how many of them are not in the profile.

        Args:
            forms: a JsonProfile as "json" and a Profile as "hash"; and perhaps a learner's, as YOURS.
            values: the other fields of the profile.
        """
        for form in (forms["json"], forms["hash"]):
            form.save(CONTESTED, values | {COUNTED: 0, POINTS: 0})
        together, end = threading.Barrier(writers), time.perf_counter() + SECONDS
        done = sum(
            self._threads.map(lambda writer: self._write(forms, way, own(writer), together, end), range(writers))
        )
        names = {"own": [own(writer) for writer in range(writers)], YOURS: [POINTS]}.get(way, [COUNTED])
        stored = forms["json" if way == "json" else "hash"].fields(CONTESTED, *names)
        return done, done - sum(int(count or 0) for count in stored.values())

    def _write(self, forms: dict, way: str, own: str, together, end: float) -> int:
        together.wait(5)
        for done in range(TIMES):
            if time.perf_counter() > end:
                return done
            once(forms, way, own, done + 1)
        return TIMES


def once(forms: dict, way: str, own: str, count: int) -> None:
    """One update by a writer whose own field is `own`, and who has counted to `count`."""
    json, hash = forms["json"], forms["hash"]
    if way == YOURS:
        forms[YOURS].moved(CONTESTED, own, 1)
    elif way == "json":
        json.add(CONTESTED, COUNTED)
    elif way == "read":
        hash.update(CONTESTED, **{COUNTED: int(hash.fields(CONTESTED, COUNTED)[COUNTED]) + 1})
    elif way == "own":
        hash.update(CONTESTED, **{own: count})
    else:
        hash.add(CONTESTED, COUNTED)


def own(writer: int) -> str:
    """The field that one writer has to itself."""
    return f"{COUNTED} of {writer}"
