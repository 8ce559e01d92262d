"""What a Binder gives, on this machine: a container with one processor, 2 GB, no Docker and no network.

No image has to be had for it: this machine's own /usr, Python and repository are put into an empty one, to be read, at
the places where they are.
"""

import io
import json
import secrets
import subprocess
import sys
import tarfile
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
HOME = "/home/jovyan"
OWNER = ROOT.stat()  # may read it all; without capabilities root is an ordinary user, as Binder's is
LIMITS = f"""--cpus 1 --memory 2g --memory-swap 2g --network none --user {OWNER.st_uid}:{OWNER.st_gid} --cap-drop ALL
    --security-opt no-new-privileges""".split()
PATIENCE = 180  # s


class Taken(NamedTuple):
    """What a notebook took of the container.

    Attributes:
        seconds: from the first cell to the last, the kernel's start included.
        peak_mb: the most memory that all processes held together, in 10^6 bytes.
        killed: how many processes were ended because there was no more.
        left: command lines of what still ran 15 s after the kernel had ended.
        cores: the processors that redislab thinks it has.
        start: the outputs of the first cell.
    """

    seconds: float
    peak_mb: float
    killed: int
    left: list[str]
    cores: int
    start: str


def restart_and_run_all(path: Path) -> Taken:
    """Run a notebook of the repository from top to bottom in a pod of its own.

    Raises:
        AssertionError: a cell failed; the message is what was said.
    """
    name = f"redislab-pod-{secrets.token_hex(4)}"
    places = {"/usr", sys.prefix, sys.base_prefix, str(ROOT)}
    volumes = [f"--volume={place}:{place}:ro" for place in sorted(places)]
    variables = [f"--env={variable}" for variable in (f"HOME={HOME}", "USER=jovyan", f"PYTHONPATH={ROOT}:{ROOT}/lib")]
    with empty() as image:
        command = ["docker", "run", "--rm", "--init", "--name", name, *LIMITS, *volumes, *variables]
        command += ["--workdir", HOME, image, sys.executable, "-m", "tests.binder.inside", str(path)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
        finally:
            subprocess.run(["docker", "rm", "--force", name], capture_output=True)
    assert done.returncode == 0, done.stderr
    return Taken(**json.loads(done.stdout.splitlines()[-1]))


@contextmanager
def empty():
    """The id of an image that holds a home, a place for temporary files, and the usual ways into /usr."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name in ("bin", "lib", "lib64"):  # /sbin has the process that Docker puts first
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, f"usr/{name}"
            tar.addfile(link)
        for name in ("tmp", HOME.removeprefix("/")):
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, 0o1777
            tar.addfile(folder)
    made = subprocess.run(["docker", "import", "-"], input=packed.getvalue(), capture_output=True, check=True)
    image = made.stdout.decode().strip()
    try:
        yield image
    finally:
        subprocess.run(["docker", "rmi", "--force", image], capture_output=True)
