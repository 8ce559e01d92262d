"""What can go wrong, as a tree. Every message is a sentence that says what to do next.

RedislabError
├── StartError        no Redis could be started or reached
├── DatabaseError     the database could not be started or reached
├── KnobError         a knob that does not exist, or a value out of its bounds (also a ValueError)
├── ExperimentError   an experiment failed while it was measured
├── RaceError         a schedule cannot be run, or a client's code does not come back
├── CapabilityError   the server cannot do what a lesson needs
├── ProgressError     a file that is no progress of this course (also a ValueError)
├── ResumeError       a walk through a keyspace that cannot go on (also a ValueError)
└── WriteError        a write was not acknowledged
    ├── BacklogError  because too many others wait for the database
    └── LostBacklogError  the writes that waited for the database are gone
"""


class RedislabError(Exception):
    """The root: `except RedislabError` catches everything that redislab raises on purpose."""


class StartError(RedislabError):
    """No Redis could be started or reached; the message names each one tried and what to do."""


class DatabaseError(RedislabError):
    """The database could not be started or reached."""


class KnobError(RedislabError, ValueError):
    """A knob that does not exist, or a value out of its bounds."""


class ExperimentError(RedislabError):
    """An experiment failed while it was measured; the message holds the cause."""


class RaceError(RedislabError):
    """A schedule cannot be run, or a client's code does not come back; the message says which, and what to change."""


class CapabilityError(RedislabError):
    """The server cannot do what a lesson needs; the message names the nearest thing that it can do."""


class ProgressError(RedislabError, ValueError):
    """A file that is no progress of this course."""


class ResumeError(RedislabError, ValueError):
    """A walk through a keyspace cannot go on from what was saved of it; the message says why."""


class WriteError(RedislabError):
    """A write was not acknowledged; the message says whether it may have been taken all the same."""


class BacklogError(WriteError):
    """A write was not taken, because `waiting` others wait for the database, dead letters included."""

    def __init__(self, waiting: int):
        super().__init__(waiting)
        self.waiting = waiting

    def __str__(self) -> str:
        return (
            f"{self.waiting:,} writes wait for the database, so this one was not taken. "
            "Is the database up, and a worker running? Dead letters count too: replay() them."
        )


class LostBacklogError(WriteError):
    """The stream of accepted writes is gone from Redis, and with it those that the database had not got yet."""

    def __init__(self, stream: str):
        super().__init__(stream)
        self.stream = stream

    def __str__(self) -> str:
        return (
            f"{self.stream} is gone, and with it the accepted writes that waited there for the database. Was it evicted "
            "(see maxmemory-policy), deleted, or has Redis come back without its data? Their entries may still be there."
        )
