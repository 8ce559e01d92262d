import pytest

from redislab.course import exercise
from tests.conftest import left_behind, settles


@pytest.fixture(autouse=True)
def progress_file(tmp_path, monkeypatch):
    """A progress of its own for each test."""
    monkeypatch.setenv("REDISLAB_PROGRESS", str(tmp_path / "progress.jsonl"))
    return tmp_path / "progress.jsonl"


@pytest.fixture
def untouched():
    """What was there before; the test may add to it only what is gone again soon."""
    before = set(left_behind())
    yield
    assert not settles(lambda: set(left_behind()) - before)


@pytest.fixture
def task(lab):
    """`task(name)` shows an exercise; at the end its widgets are closed, and no key of a check is left."""
    opened = []

    def open_(name: str):
        opened.append(exercise(name))
        return opened[-1]

    yield open_
    for each in opened:
        each.close()
    assert not list(lab.redis.scan_iter(f"{lab.prefix}:exercise:*"))
