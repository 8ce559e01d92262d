"""Servers of ours in containers, by testcontainers."""

import contextlib
import os
import socket
import sys
import time
import uuid
import warnings

from redislab.errors import StartError
from redislab.world.engines import brief, engine
from redislab.world.processes import directives, free_port
from redislab.world.servers import Server, wait_for
from redislab.world.supervisor import SupervisedResource
from redislab.world.waiting import eventually

IMAGE = "redis:8.2.1"
PATIENCE = 30  # s for pull and start together
STALLED = 10  # s in which a registry sends nothing, and is given up
PUBLISHED = 2 if sys.platform == "linux" else 10  # s for a port to appear; elsewhere a virtual machine is in between
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
    label = f"{LABEL}={uuid.uuid4().hex}"
    with contextlib.closing(engine(PATIENCE)) as client:
        _pull(client, image, deadline, report)
        _reaper(client, deadline, report)
        from testcontainers.core.container import DockerContainer

        resource, public = SupervisedResource(label), free_port()
        try:
            container = DockerContainer(
                image, docker_client_kw={"timeout": PATIENCE, "version": client.api.api_version}
            )
            container.ports[f"{port}/tcp"] = ("127.0.0.1", public)
            container.with_envs(**(environment or {})).with_kwargs(labels=dict([label.split("=")]))
            if extra:
                container.with_command([*(client.images.get(image).attrs["Config"]["Cmd"] or []), *extra])
            container.start()
        except Exception as failure:
            resource.close()
            raise StartError(f"the container of {image} did not start ({brief(failure)})") from None
    control = _Container(container.get_wrapped_container(), public, resource)
    if not eventually(lambda: _listens(public) or not control.alive(), PUBLISHED):
        control.close()
        raise StartError(
            f"the port that the container of {image} publishes is not here; this may run in a container itself, or the engine elsewhere"
        )
    return control


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 0.5).close()
        return True
    except OSError:
        return False


def _pull(client, image: str, deadline: float, report) -> None:
    """Have the image here, or say why not before the deadline."""
    import docker.errors

    with contextlib.suppress(docker.errors.ImageNotFound):
        return client.images.get(image)
    report(f"Pulling {image} …")
    try:
        done, told = set(), time.monotonic()
        for event in _events(client.api, image, min(STALLED, max(1, deadline - time.monotonic()))):
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
            f"the image {image} cannot be pulled ({brief(failure)}); set REDISLAB_REDIS_IMAGE to one that is here"
        ) from None


def _events(api, image: str, patience: float):
    """What the engine tells while it pulls the image; it may be silent for `patience` seconds, where docker itself would wait for ever."""
    import docker.errors

    post, api.post = api.post, lambda url, **options: post(url, **{**options, "timeout": patience})
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that the helper which keeps credentials is missing
            try:
                yield from api.pull(image, stream=True, decode=True)
            except docker.errors.DockerException as failure:
                if "redentials store" not in str(failure):
                    raise
                yield from api.pull(image, stream=True, decode=True, auth_config={})  # a public image needs none
    finally:
        api.post = post


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


class _Container:
    def __init__(self, container, port: int, resource: SupervisedResource):
        self._container, self.port, self._resource = container, port, resource

    def alive(self) -> bool:
        """As the engine says; where that is gone, whether anything listens."""
        from docker.errors import NotFound

        try:
            self._container.reload()
        except NotFound:
            return False
        except OSError:  # of requests, too
            return _listens(self.port)
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
        with contextlib.suppress(Exception):  # gone already, or Docker is; the supervisor tries again
            self._container.remove(force=True, v=True)
            self._resource.call("forget")
        self._resource.close()
