"""Where a server of ours may come from: the first place that works, and why the others were passed over."""

from redislab.errors import StartError
from redislab.world.servers import Server

ORDER = ("docker", "local", "bundled")


def first(kinds, report=lambda line: None, config=None) -> tuple[Server, list[str]]:
    """The first server that starts, and why those before it did not.

    Args:
        report: called with a line for each that was passed over, and while an image is being pulled.
        config: redis.conf directives by name, as `directives` takes them (redislab.world.processes).

    Raises:
        StartError: none starts; the message says why of each.
    """
    passed_over = []
    for kind in kinds:
        try:
            return _starter(kind, report)(**(config or {})), passed_over
        except StartError as failure:
            passed_over.append(f"{kind}: {failure}")
            if len(kinds) > 1:
                report(f"Passed over {passed_over[-1]}")
    advice = "Install Docker or redis-server, or set REDISLAB_REDIS_URL. " if kinds == ORDER else ""
    raise StartError(f"No Redis could be started. {advice}{'; '.join(passed_over)}.")


def _starter(kind: str, report):
    if kind == "docker":
        from redislab.world.containers import docker

        return lambda **config: docker(report, **config)
    from redislab.world import processes

    return getattr(processes, kind)
