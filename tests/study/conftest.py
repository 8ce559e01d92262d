import pytest

from redislab import exercise


@pytest.fixture(autouse=True)
def progress_file(tmp_path, monkeypatch):
    """A progress of its own for each test."""
    monkeypatch.setenv("REDISLAB_PROGRESS", str(tmp_path / "progress.sqlite"))
    return tmp_path / "progress.sqlite"


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
