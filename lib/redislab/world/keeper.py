"""Keeps what must not outlive its owner: a folder, a server, containers. Run as a script of its own.

    python -I -S keeper.py [container label]

It makes a temporary folder and prints its path. Then it takes one JSON list a line and answers each with one line:

    ["start", command, …]    start the server, in the folder; answers its process id
    ["signal", number]       send it a signal, and wait for its end if it is SIGKILL
    ["alive"]                answers true or false

When its stdin closes, because the owner let go or was killed, it kills the server, removes the containers that carry the
label, removes the folder, and ends. The pipe is there before anything else is, so there is no moment at which a killed
owner leaves something behind. On Linux the server also dies if the keeper itself is killed.
"""

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile

PR_SET_PDEATHSIG = 1
REMOVE = """
import docker, sys
for container in docker.from_env(timeout=10).containers.list(all=True, filters={"label": sys.argv[1]}):
    container.remove(force=True, v=True)
"""


def die_with_keeper() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Keeper:
    """What is kept: a folder, and at most one server in it."""

    def __init__(self, folder: str):
        self.folder, self.server = folder, None

    def start(self, *command: str) -> int:
        with open(os.path.join(self.folder, "server.log"), "ab") as log:
            options = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log, "cwd": self.folder}
            if sys.platform == "linux":
                options["preexec_fn"] = die_with_keeper
            self.server = subprocess.Popen(command, **options)
        return self.server.pid

    def signal(self, number: int) -> bool:
        if self.alive():
            self.server.send_signal(number)
        if self.server and number == signal.SIGKILL:
            self.server.wait()
        return True

    def alive(self) -> bool:
        return self.server is not None and self.server.poll() is None

    def close(self, label: str | None) -> None:
        if self.alive():
            self.server.kill()
            self.server.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
        if label:
            subprocess.run([sys.executable, "-c", REMOVE, label], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main(label: str | None = None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is for the owner
    keeper = Keeper(tempfile.mkdtemp(prefix="redislab-"))
    try:
        print(json.dumps(keeper.folder), flush=True)
        for line in sys.stdin:
            name, *arguments = json.loads(line)
            try:
                answer = getattr(keeper, name)(*arguments)
            except OSError as failure:
                answer = {"error": str(failure)}
            print(json.dumps(answer), flush=True)
    except BrokenPipeError:
        pass  # the owner is gone
    finally:
        keeper.close(label)


if __name__ == "__main__":
    main(*sys.argv[1:])
