"""A round of the late SET: its steps, in order, what is said of them, and what cache and database hold after each."""

from enum import IntEnum
from typing import NamedTuple


class Step(IntEnum):
    """The latest thing that has happened."""

    START = 0
    LOOK_UP = 1
    SELECT = 2
    COMMIT = 3
    DELETE = 4
    LATE_SET = 5
    READ_AGAIN = 6
    EXPIRED = 7


LABELS = {  # on the axis: the first line is the reader's, the second the writer's
    Step.START: "<b>reader<br>writer</b>",
    Step.LOOK_UP: "GET<br>",
    Step.SELECT: "SELECT<br>",
    Step.COMMIT: "<br>commit",
    Step.DELETE: "<br>DEL",
    Step.LATE_SET: "SET<br>",
    Step.READ_AGAIN: "read again<br>",
    Step.EXPIRED: "TTL over<br>",
}
TOLD = {
    Step.START: "Press Next step: a reader and a writer are about to use the same row.",
    Step.LOOK_UP: "The reader looks in the cache and finds nothing.",
    Step.SELECT: "The reader selects the row, and is held up before it can store it.",
    Step.COMMIT: "The writer commits a new row.",
    Step.DELETE: "The writer deletes the entry, though there is none yet.",
    Step.LATE_SET: "The reader, late, stores the row that it had.",
    Step.READ_AGAIN: "Another reader comes.",
    Step.EXPIRED: "The entry's TTL is over. Next step begins another round.",
}
TOLD_WITH_LEASE = TOLD | {
    Step.DELETE: "The writer deletes the entry, though there is none yet, and the reader's lease.",
    Step.LATE_SET: "The reader, late, may not store what it had: its lease is gone.",
}


def told(step: Step, leased: bool) -> str:
    """What has happened, in a sentence."""
    return (TOLD_WITH_LEASE if leased else TOLD)[step]


NOTHING, OLD, NEW = range(3)
PLACES = ("nothing", "the old row", "the new row")


class Held(NamedTuple):
    """What cache and database hold: NOTHING, OLD or NEW."""

    cache: int
    database: int

    @property
    def reader(self) -> int:
        """What a reader gets, who looks in the cache first."""
        return self.database if self.cache == NOTHING else self.cache
