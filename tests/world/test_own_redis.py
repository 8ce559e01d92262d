"""The course on a learner's own Redis: a user who may do only what the README lists, beside keys that are not ours."""

import hashlib
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import redis
from nbclient import NotebookClient

from redislab.world.cluster import Cluster
from redislab.world.lab import first
from tests.conftest import settles

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PASSWORD = "s3cret/w@rd?#[ü]:"
ENCODED = "s3cret%2Fw%40rd%3F%23%5B%C3%BC%5D%3A"
WITHOUT = {"eval_ro", "config|get"}  # what an audit asks for, and can do without
NEVER = {"keys", "flushall", "flushdb", "config|set", "script|flush", "select", "swapdb", "debug"}


def rules() -> list[str]:
    """What the README says that a user needs."""
    said = re.search(r"ACL SETUSER redislab on >PASSWORD (.*)", (ROOT / "README.md").read_text())[1]
    return said.split()


class Own:
    """A Redis that is not ours: keys of all kinds, and a user with the README's rules.

    Args:
        nodes: how many nodes its cluster has; 1 is a single server.
        foreign: how many keys there are.
    """

    def __init__(self, nodes: int, foreign: int):
        self.made = Cluster(nodes) if nodes > 1 else first(("local", "bundled"), report=print)[0]
        self.admins = [self.made.node_client(place) for place in range(nodes)] if nodes > 1 else [self.made.client()]
        everywhere = self.made.client(socket_timeout=30)
        for start in range(0, foreign, 5_000):
            with everywhere.pipeline(transaction=False) if nodes == 1 else everywhere.pipeline() as pipeline:
                for number in range(start, start + 5_000, 4):
                    pipeline.set(f"user:{number}", "theirs", ex=100_000)
                    pipeline.set(f"product:{number}", "theirs")
                    pipeline.hset(f"session:{number}", mapping={"name": number})
                    pipeline.sadd(f"redislabs:{number}", number)
                pipeline.execute()
        for admin in self.admins:
            admin.execute_command("ACL", "SETUSER", "redislab", "on", f">{PASSWORD}", *rules())
            admin.config_resetstat()
        port = self.admins[0].connection_pool.connection_kwargs["port"]
        self.url = f"redis://redislab:{ENCODED}@127.0.0.1:{port}"

    def digest(self) -> list[tuple[int, str]]:
        """For each node how many keys it has, and a digest of their names, contents and times of expiry."""
        found = []
        for admin in self.admins:
            raw = redis.Redis(port=admin.connection_pool.connection_kwargs["port"])
            names, parts = sorted(raw.scan_iter(count=5_000)), hashlib.sha256()
            for start in range(0, len(names), 5_000):
                with raw.pipeline(transaction=False) as pipeline:
                    for name in names[start : start + 5_000]:
                        pipeline.dump(name).pexpiretime(name)
                    parts.update(repr((names[start : start + 5_000], pipeline.execute())).encode())
            found.append((len(names), parts.hexdigest()))
            raw.close()
        return found

    def used(self) -> set[str]:
        """The commands that were sent since the beginning, refused ones too, without those of `digest`."""
        return {name.removeprefix("cmdstat_") for admin in self.admins for name in admin.info("commandstats")} - {
            "config|resetstat",
            "acl|log",
            "info",
            "dump",
            "pexpiretime",
        }

    def refused(self) -> list[str]:
        return [entry["object"] for admin in self.admins for entry in admin.acl_log(128)]

    def close(self) -> None:
        self.made.close()


@pytest.fixture
def own(request, monkeypatch, tmp_path, untouched):
    own = Own(*request.param)
    monkeypatch.setenv("REDISLAB_REDIS_URL", own.url)
    monkeypatch.setenv("REDISLAB_PROGRESS", str(tmp_path / "progress.sqlite"))
    monkeypatch.delenv("REDISLAB_BACKEND", raising=False)
    yield own
    own.close()


def run(path: Path) -> str:
    """All that a notebook's cells put out."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    return str([cell.get("outputs") for cell in notebook.cells])


LABS = """
import sys
from redislab import labs, start
lab = start()
for name in labs.__all__:
    print(name, getattr(labs, name)().run(seconds=1).last)
lab.close()
"""


def unchanged(own: Own, before, said: str, tmp_path: Path) -> None:
    """Nothing of theirs has changed, nothing of ours is left, and the password is nowhere."""
    assert not settles(lambda: own.digest() != before)
    assert not set(own.refused()) - WITHOUT and not own.used() & NEVER
    written = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    for secret in ("s3cret", PASSWORD, ENCODED):
        assert secret not in said and secret.encode() not in written


@pytest.mark.tour
@pytest.mark.parametrize("own", [(1, 1_000)], indirect=True)
def test_a_notebook_needs_no_more_than_the_readme_lists_and_leaves_nothing(own, tmp_path):
    before = own.digest()
    said = run(NOTEBOOKS[0])
    unchanged(own, before, said, tmp_path)


@pytest.mark.tour
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("own", [(1, 100_000), (3, 100_000)], indirect=True, ids=["single", "cluster"])
def test_the_whole_course_and_every_lab_too(own, tmp_path):
    before = own.digest()
    said = "".join(run(path) for path in NOTEBOOKS)
    done = subprocess.run([sys.executable, "-c", LABS], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    unchanged(own, before, said + done.stdout + done.stderr, tmp_path)
