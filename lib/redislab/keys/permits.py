"""What a user of the server may do, asked before it is needed."""

import redis


def need_clock(client) -> None:
    """Make sure that scripts may ask for the server's time; silent for a pipeline, and while the server is away.

    Raises:
        ValueError: the user may not, and says what to permit.
    """
    if hasattr(client, "command_stack"):
        return
    try:
        client.time()
    except redis.exceptions.NoPermissionError as refusal:
        raise ValueError(
            f"The scripts take the server's time, and may not ({refusal}). Permit this user +time."
        ) from None
    except (redis.RedisError, redis.exceptions.RedisClusterException):
        pass
