"""Servers of ours in containers, by testcontainers."""

import contextlib
import os
import time
import uuid
from pathlib import Path

from redislab.errors import StartError
from redislab.world.processes import directives, free_port
from redislab.world.servers import Server, wait_for
from redislab.world.supervisor import SupervisedResource

IMAGE = "redis:8.2.1"
ASKED = 2  # s for Docker to say that it is there
PATIENCE = 30  # s for pull and start together
SOCKETS = (
    "/var/run/docker.sock",
    "{XDG_RUNTIME_DIR}/podman/podman.sock",
    "/run/podman/podman.sock",
    "{HOME}/.docker/run/docker.sock",
)
LABEL = "redislab.supervisor"


def docker(report=print, **config) -> Server:
    """A server in a container: REDISLAB_REDIS_IMAGE, or the image pinned here.

    Raises:
        StartError: no Docker answers, the image does not arrive in time, or the container does not start.
    """
    image = os.environ.get("REDISLAB_REDIS_IMAGE", IMAGE)
    control = run(image, 6379, extra=directives({"protected_mode": "no", **config}), report=report)
    try:
        wait_for("127.0.0.1", control.port, control.alive)
        return Server(f"redis://127.0.0.1:{control.port}", "docker", control)
    except StartError:
        control.close()
        raise


def run(image: str, port: int, *, extra=(), environment=None, report=print) -> "_Container":
    """Start a container whose `port` is published on 127.0.0.1; a supervisor removes it, however we end.

    `extra` arguments follow the image's own command, which may load modules.
    """
    deadline = time.monotonic() + PATIENCE
    _find_socket()
    client = _engine()
    _pull(client, image, deadline, report)
    _reaper(client, deadline, report)
    from testcontainers.core.container import DockerContainer

    label = f"{LABEL}={uuid.uuid4().hex}"
    resource, public = SupervisedResource(label), free_port()
    try:
        container = DockerContainer(image, docker_client_kw={"timeout": PATIENCE})
        container.ports[f"{port}/tcp"] = ("127.0.0.1", public)
        container.with_envs(**(environment or {})).with_kwargs(labels=dict([label.split("=")]))
        if extra:
            container.with_command([*(client.images.get(image).attrs["Config"]["Cmd"] or []), *extra])
        container.start()
    except Exception as failure:
        resource.close()
        raise StartError(f"the container of {image} did not start ({_brief(failure)})") from None
    return _Container(container.get_wrapped_container(), public, resource)


def _find_socket() -> None:
    """Point DOCKER_HOST at a socket that is there, Podman's included, unless it is set."""
    if "DOCKER_HOST" in os.environ or Path(SOCKETS[0]).exists():
        return
    places = {"HOME": str(Path.home()), "XDG_RUNTIME_DIR": os.environ.get("XDG_RUNTIME_DIR", "/run")}
    for socket in SOCKETS:
        if Path(socket.format_map(places)).exists():
            os.environ["DOCKER_HOST"] = f"unix://{socket.format_map(places)}"
            return


def _engine():
    try:
        import docker as api

        client = api.from_env(timeout=ASKED)
        client.ping()
    except Exception as failure:
        raise StartError(f"no Docker answers ({_brief(failure)}); start Docker or Podman") from None
    client.api.timeout = PATIENCE
    return client


def _pull(client, image: str, deadline: float, report) -> None:
    """Have the image here, or say why not before the deadline."""
    import docker.errors

    with contextlib.suppress(docker.errors.ImageNotFound):
        return client.images.get(image)
    report(f"Pulling {image} …")
    client.api.timeout = max(1, deadline - time.monotonic())
    repository, _, tag = image.rpartition(":")
    try:
        done, told = set(), time.monotonic()
        for event in client.api.pull(repository, tag=tag, stream=True, decode=True):
            if "error" in event:
                raise RuntimeError(event["error"])
            done |= {event["id"]} if event.get("status") == "Pull complete" else set()
            if time.monotonic() > deadline:
                raise StartError(
                    f"the image {image} was not here within {PATIENCE} s; docker pull {image}, and try again"
                )
            if time.monotonic() - told > 3:
                told = time.monotonic()
                report(f"Pulling {image}: {len(done)} layers are here …")
    except StartError:
        raise
    except Exception as failure:
        raise StartError(
            f"the image {image} cannot be pulled ({_brief(failure)}); set REDISLAB_REDIS_IMAGE to one that is here"
        ) from None


def _reaper(client, deadline: float, report) -> None:
    """Ryuk, testcontainers' own reaper, where its image is available; without it the supervisor is enough."""
    from testcontainers.core.config import testcontainers_config
    from testcontainers.core.container import Reaper

    if not testcontainers_config.ryuk_disabled:
        try:
            _pull(client, testcontainers_config.ryuk_image, min(deadline, time.monotonic() + PATIENCE / 3), report)
            Reaper.get_instance()
        except Exception:
            testcontainers_config.ryuk_disabled = True


def _brief(failure: Exception) -> str:
    """One line; what Docker says itself, if it does, without the address that was asked."""
    return " ".join(str(getattr(failure, "explanation", None) or failure).split())[:160]


class _Container:
    def __init__(self, container, port: int, resource: SupervisedResource):
        self._container, self.port, self._resource = container, port, resource

    def alive(self) -> bool:
        from docker.errors import NotFound

        try:
            self._container.reload()
        except NotFound:
            return False
        return self._container.status in ("running", "paused", "created")

    def kill(self) -> None:
        if self.alive():
            self._container.kill()

    def restart(self) -> None:
        self._container.start()

    def pause(self) -> None:
        self._container.pause()

    def resume(self) -> None:
        self._container.unpause()

    def close(self) -> None:
        try:
            self._container.remove(force=True, v=True)
        except Exception:
            pass  # gone already, or Docker is; the supervisor tries again
        self._resource.close()
