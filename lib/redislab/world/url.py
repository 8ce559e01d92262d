"""The URL of a Redis: what it says, and how it is shown without its password."""

import re
from urllib.parse import urlsplit

from redis.connection import parse_url

from redislab.errors import StartError

FORM = (
    "This is not a Redis URL. Write redis://host:6379 or rediss://user:password@host:port; in a password, write / as %2F, "
    "@ as %40, ? as %3F, # as %23 and : as %3A."
)
OPTION = "This URL has an option that is not one of redis-py's connections. Check what follows its ?."
OBJECTS = (  # options that no text can give, and one that has a single good value
    *("retry", "command_packer", "credential_provider", "cache_config", "event_dispatcher", "socket_keepalive_options"),
    "encoding",
)
ENTRA = "https://redis.azure.com/.default"  # what a token of Microsoft Entra ID is asked for


class Url(str):
    """A URL that does not show its password when it is displayed."""

    def __repr__(self) -> str:
        address = re.sub(r"(password=)[^&]*", r"\1…", self)
        before, at, after = address.rpartition("@")
        return repr(f"{before.partition('://')[0]}://…@{after}" if at else address)

    def hide(self, words: str) -> str:
        """The same words without this URL's password, as it stands in it and as it is sent."""
        for secret in filter(None, (parse_url(self).get("password"), urlsplit(self).password)):
            words = words.replace(secret, "…")
        return words

    def settings(self) -> dict:
        """What it says, as redis-py has it.

        Raises:
            StartError: it is not a URL of Redis, or has a password that is not encoded; it is not repeated, as it may hold one.
        """
        try:
            parts = urlsplit(self)
            settings = parse_url(self)
            beyond = parts.path + parts.query + parts.fragment  # of the host: an @ there was meant to be before it
            database = parts.scheme == "unix" or re.fullmatch(r"/?\d*", parts.path)
            nowhere = parts.port == 0 or (parts.scheme == "unix" and not parts.path)  # redis-py would go to port 6379
            if "@" in beyond or parts.fragment or not database or nowhere:
                raise ValueError
        except ValueError:
            raise StartError(FORM) from None
        if any(isinstance(settings.get(name), str) for name in OBJECTS):
            raise StartError(OPTION)
        if "auth" in settings:
            settings["credential_provider"] = _credentials(settings.pop("auth"), parts)
        return settings


def _credentials(kind: str, parts):
    """Where a client gets its user and password from, if the URL says ?auth=entraid instead of having them.

    Raises:
        StartError: another kind; or a password as well, or no TLS, which a token must not do without; or redis-entraid is missing.
    """
    if kind != "entraid" or parts.scheme != "rediss" or "@" in parts.netloc:
        raise StartError("For Microsoft Entra ID, write rediss://host:port?auth=entraid, without a user or a password.")
    try:
        from redis_entraid.cred_provider import create_from_default_azure_credential
    except ModuleNotFoundError:
        raise StartError("?auth=entraid needs redis-entraid. Run: pip install 'redislab[entraid]'.") from None
    return create_from_default_azure_credential((ENTRA,))
