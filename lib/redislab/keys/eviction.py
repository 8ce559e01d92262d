"""What a server under memory pressure may throw away."""

import warnings

from redislab.keys.replies import UNANSWERED


def warn_of_eviction(client, what: str) -> None:
    """Warn if the server's policy allows it to evict `what`, which has no TTL, and which nothing restores.

    Silent where that may not be asked, and for a pipeline, which answers later.
    """
    if hasattr(client, "command_stack"):
        return
    try:
        policy = client.info("memory")["maxmemory_policy"]
    except (*UNANSWERED, KeyError):
        return
    if policy.startswith("allkeys"):
        warnings.warn(
            f"maxmemory-policy is {policy}: under memory pressure Redis evicts {what} as well. "
            "Keep it on a server with noeviction or volatile-…, and caches on another.",
            RuntimeWarning,
            stacklevel=3,
        )
