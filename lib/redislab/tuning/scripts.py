"""How a script gets to the server: once, by its text, and from then on by its name."""

import hashlib

import redis


class LoadedScript:
    """A Lua script that is sent as 40 characters, and as itself only to a server that does not know it.

        increment = LoadedScript(client, script("increment"))
        increment(keys=[key], args=[1, 60_000])

    EVAL sends the text each time, and the server hashes it each time: nothing for 100 bytes, six times the cost of a
    call for 100 KB. A restart, a failover or SCRIPT FLUSH empties the server's memory of scripts, and it says NOSCRIPT;
    so the text has to be at hand for as long as the script is used. This is what `client.register_script(source)` does;
    the rest of the library uses that.

    A function (FUNCTION LOAD, FCALL; Redis 7) is the next step: it is kept and replicated as data are, is called by a name
    that people can read, and is deployed like a schema instead of with each application.
    """

    def __init__(self, client, source: str):
        self.client, self.source = client, source
        self.sha = hashlib.sha1(source.encode()).hexdigest()

    def __call__(self, keys=(), args=()):
        try:
            return self.client.evalsha(self.sha, len(keys), *keys, *args)
        except redis.exceptions.NoScriptError:  # nothing was run: to send it again does it once
            self.client.script_load(self.source)
            return self.client.evalsha(self.sha, len(keys), *keys, *args)
