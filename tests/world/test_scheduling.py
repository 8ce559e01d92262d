"""Short turns are asked of Linux, and what it answers is what it holds of the thread; so is a container's share."""

import ctypes
import os
import platform
import struct
import threading

import pytest

from redislab.world import scheduling
from redislab.world.scheduling import ATTRIBUTES, SCHED_SETATTR, TURN, cores, take_short_turns

LINUX = tuple(int(part) for part in platform.release().split(".")[:2]) if platform.system() == "Linux" else (0, 0)


def turn_of(thread: int) -> int:
    buffer = ctypes.create_string_buffer(56)
    number = SCHED_SETATTR[platform.machine()] + 1  # sched_getattr
    assert ctypes.CDLL(None).syscall(number, thread, buffer, 56, 0) == 0
    return struct.unpack(ATTRIBUTES, buffer.raw)[5]


@pytest.mark.skipif(
    LINUX < (6, 12) or platform.machine() not in SCHED_SETATTR, reason="Linux before 6.12 has no such turns"
)
def test_a_thread_and_those_that_it_starts_take_short_turns():
    seen = []

    def look():
        seen.append(turn_of(0))
        take_short_turns()
        seen.append(turn_of(0))
        child = threading.Thread(target=lambda: seen.append(turn_of(0)))
        child.start()
        child.join()

    thread = threading.Thread(target=look)  # this one keeps its own
    thread.start()
    thread.join()
    before, *after = seen
    assert before != TURN and after == [TURN, TURN]


def test_where_it_cannot_be_had_all_is_as_it_was():
    take_short_turns(2**22 + os.getpid())  # no such thread


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"cpu.max": "150000 100000"}, 2),
        ({"cpu.max": "max 100000"}, 64),
        ({"cpu/cpu.cfs_quota_us": "50000", "cpu/cpu.cfs_period_us": "100000"}, 1),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, 64),
        ({}, 64),
    ],
    ids=["version 2", "version 2, no limit", "version 1", "version 1, no limit", "not Linux"],
)
def test_a_containers_share_counts_and_not_the_machines_processors(files, expected, tmp_path, monkeypatch):
    monkeypatch.setattr(scheduling, "CGROUP", tmp_path)
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    (tmp_path / "cpu").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(f"{text}\n")
    assert cores() == expected
