"""Section 2.2: writers of one profile at once, and what became of their updates."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

COUNTED, RACERS = "visits", "race"
WAYS = ("json", "read", "own", "add")
MOST, TIMES, SECONDS = 32, 10, 0.3  # writers; updates by each, or as many as it gets done in that time


class Writers:
    """They all count in one profile, in one of four ways.

    json: `JsonProfile.add`, which reads, changes and writes the whole.
    read: one field of a hash is read, and the next number written.
    own: each writes what it has counted itself, into a field of its own.
    add: `Profile.add`, HINCRBY.
    """

    def __init__(self):
        self._crew = ThreadPoolExecutor(MOST)

    def close(self) -> None:
        self._crew.shutdown()

    def race(self, forms: dict, way: str, writers: int, values: dict) -> tuple[int, int]:
        """How many updates were acknowledged, and how many of them are not in the profile.

        Args:
            forms: a JsonProfile as "json" and a Profile as "hash".
            values: what else stands in the profile.
        """
        for form in forms.values():
            form.save(RACERS, values | {COUNTED: 0})
        together, end = threading.Barrier(writers), time.perf_counter() + SECONDS
        done = sum(self._crew.map(lambda writer: self._write(forms, way, writer, together, end), range(writers)))
        names = [f"{COUNTED} of {writer}" for writer in range(writers)] if way == "own" else [COUNTED]
        stored = forms["json" if way == "json" else "hash"].fields(RACERS, *names)
        return done, done - sum(int(count or 0) for count in stored.values())

    def _write(self, forms: dict, way: str, writer: int, together, end: float) -> int:
        together.wait(5)
        for done in range(TIMES):
            if time.perf_counter() > end:
                return done
            self._once(way, forms["json"], forms["hash"], f"{COUNTED} of {writer}", done + 1)
        return TIMES

    def _once(self, way: str, json, hash, own: str, count: int) -> None:
        if way == "json":
            json.add(RACERS, COUNTED)
        elif way == "read":
            hash.update(RACERS, **{COUNTED: int(hash.fields(RACERS, COUNTED)[COUNTED]) + 1})
        elif way == "own":
            hash.update(RACERS, **{own: count})
        else:
            hash.add(RACERS, COUNTED)
