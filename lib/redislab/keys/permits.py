"""What a user of the server may do, asked before it is needed."""

import re
import secrets
from collections.abc import Callable

import redis

from redislab.keys.replies import UNANSWERED, suited, text
from redislab.lua import script


def need(client, name: Callable[[str], str], *sources: str) -> None:
    """Make sure that this user may run these scripts, with all commands in them: one that is refused half-way has written
    the other half. One round trip; silent for a pipeline, and while the server is away.

    Args:
        name: names the keys that they are to be used on, by an id: it is asked for one that no client uses.

    Raises:
        ValueError: the user may not, and says what to permit; or the client is not `suited`.
    """
    suited(client, pipeline=True)
    if hasattr(client, "command_stack"):
        return
    key = name(secrets.token_hex(4))
    words = {word for source in sources for word in re.findall("'([A-Z]{3,})'", source)} | {"EVALSHA", "SCRIPT|LOAD"}
    words |= {"|".join(pair) for source in sources for pair in re.findall(r"call\('([A-Z]+)', '([A-Z]+)'", source)}
    try:
        refused = text(client.eval(script("permits"), 1, key, *sorted(words)))
    except redis.exceptions.NoPermissionError as refusal:
        raise ValueError(
            f"Scripts are needed here, and refused ({refusal}). Permit this user +eval, and {key}."
        ) from None
    except UNANSWERED:
        return
    if refused:
        permits = " ".join(f"+{word.lower()}" for word in refused)
        raise ValueError(
            f"{', '.join(refused)} may not be used on {key}, and scripts need that. Permit this user {permits}."
        )
