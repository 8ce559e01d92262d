"""Where a Docker or Podman engine answers, and in a few words why one does not."""

import contextlib
import functools
import os
import re
import time
from pathlib import Path
from urllib.parse import urlsplit

from redislab.errors import StartError
from redislab.world.network import is_here

ASKED = 2  # s for an engine to say that it is there
SPOKEN = "1.41"  # the version of the interface that every engine since 2020 speaks
DEFAULT = "/var/run/docker.sock"
SOCKETS = (  # rootless, Podman, Docker Desktop, Colima, OrbStack, Rancher Desktop
    "{XDG_RUNTIME_DIR}/docker.sock",
    "{XDG_RUNTIME_DIR}/podman/podman.sock",
    "/run/podman/podman.sock",
    "{HOME}/.docker/run/docker.sock",
    "{HOME}/.colima/default/docker.sock",
    "{HOME}/.orbstack/run/docker.sock",
    "{HOME}/.rd/docker.sock",
)
_found = None  # the address that was found here, and not set by anybody: it is looked for again each time


def engine(patience: float):
    """A client of the first engine that answers within two seconds; DOCKER_HOST is set to it, for testcontainers as well.

    Args:
        patience: seconds that the client then waits for an answer.

    Raises:
        StartError: none answers, or it is on another machine, where the ports that it publishes are not ours.
    """
    global _found
    deadline, failures = time.monotonic() + ASKED, []
    for host in endpoints():
        try:
            client = _ask(host, max(0.2, deadline - time.monotonic()))
            if os.environ.get("DOCKER_HOST") != host:
                os.environ["DOCKER_HOST"] = _found = host
            client.api.timeout = patience
            return client
        except StartError as failure:
            failures.append(failure)
    raise failures[0]


def endpoints() -> list[str]:
    """The address that is set, as testcontainers and Docker's own program read it; or all that may be in use here."""
    from testcontainers.core.config import testcontainers_config

    chosen = testcontainers_config.tc_properties_get_tc_host() or os.environ.get("DOCKER_HOST")
    if chosen and chosen != _found:
        return [chosen]
    usual = "npipe:////./pipe/docker_engine" if os.name == "nt" else f"unix://{DEFAULT}"
    places = {"HOME": str(Path.home()), "XDG_RUNTIME_DIR": os.environ.get("XDG_RUNTIME_DIR", "/run")}
    others = (place.format_map(places) for place in SOCKETS)
    found = [f"unix://{place}" for place in others if Path(place).exists()]
    context = _context()
    if not context and found and not Path(DEFAULT).exists():
        return found
    return list(dict.fromkeys([*([context] if context else []), usual, *found]))


def _context() -> str | None:
    """The address of the context in use, unless it is the default one, or cannot be read."""
    from docker.context import ContextAPI

    try:
        context = ContextAPI.get_context(os.environ.get("DOCKER_CONTEXT"))
    except Exception:  # its file is broken, and docker raises whatever it met
        return None
    return context.Host if context is not None and context.Name != "default" else None


def _ask(host: str, patience: float):
    parts = urlsplit(host)
    if parts.scheme in ("ssh", "tcp", "http", "https") and parts.hostname and not is_here(parts.hostname):
        raise StartError(
            f"the Docker at {_place(host)} is on another machine, and so are the ports it publishes; "
            "unset DOCKER_HOST, or change the context, to use one here"
        )
    import docker

    try:
        asking = functools.partial(docker.from_env, timeout=patience, environment={**os.environ, "DOCKER_HOST": host})
        # not asked for its version, which takes Podman some seconds
        with contextlib.closing(asking(version=SPOKEN)) as client:
            answer = client.api.get(f"{client.api.base_url}/_ping", timeout=patience)
            answer.raise_for_status()
        return asking(version=answer.headers.get("Api-Version", SPOKEN))
    except Exception as failure:
        raise StartError(f"no Docker answers at {_place(host)} ({brief(failure)}); {_advice(failure)}") from None


def brief(failure: BaseException) -> str:
    """Why, in a few words: what the engine says itself, or the system; never how Python writes an exception."""
    import docker.errors
    import requests

    errors = list(_within(failure))
    for error in errors:
        if isinstance(error, docker.errors.APIError):
            return _plain(error.explanation or error)
        if isinstance(error, (TimeoutError, requests.Timeout)):
            return "no answer in time"
    for error in errors:
        if isinstance(error, OSError) and error.strerror:
            return error.strerror[0].lower() + error.strerror[1:]
    return _plain(errors[-1])


def _within(failure: BaseException, seen=None):
    """The failure, and those that led to it, wherever requests and urllib3 keep them."""
    seen = {id(failure)} if seen is None else seen
    yield failure
    for inner in (*failure.args, getattr(failure, "reason", None), failure.__cause__, failure.__context__):
        if isinstance(inner, BaseException) and id(inner) not in seen:
            seen.add(id(inner))
            yield from _within(inner, seen)


def _plain(words) -> str:
    """One line without markup: the first 100 characters, ended at a word."""
    line = " ".join(re.sub(r"<[^>]*>", " ", str(words)).split())
    line = line.rpartition(": ")[2] if "dial tcp" in line else line  # an engine's own chain, down to its cause
    return line if len(line) <= 100 else f"{line[:100].rpartition(' ')[0]} …"


def _advice(failure: BaseException) -> str:
    refused = any(isinstance(error, PermissionError) for error in _within(failure))
    return "let your user use it (group docker)" if refused else "start Docker or Podman"


def _place(host: str) -> str:
    """An address as people know it, without a user or a password."""
    parts = urlsplit(host)
    return parts.path if parts.scheme == "unix" else (parts.hostname or host)
