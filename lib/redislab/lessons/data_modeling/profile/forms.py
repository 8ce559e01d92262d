"""A profile as JSON and as a hash: the same work on both, how long it takes, and what travels and stays."""

from collections import deque
from statistics import median

from redislab.bench import Watch
from redislab.modeling import JsonProfile, Profile

UPDATE, ONE, ALL = WORK = ("update", "one", "all")
ENOUGH = 3  # times before their median counts


def both(client, keys) -> dict:
    return {"json": JsonProfile(client, keys), "hash": Profile(client, keys)}


def do(form, work: str, id, field: str, value: str) -> None:
    """Update a field, read one, or read all."""
    if work == UPDATE:
        form.update(id, **{field: value})
    elif work == ONE:
        form.fields(id, field)
    else:
        form.get(id)


class Timings:
    """Seconds by form and work, the last hundred of each."""

    def __init__(self):
        self._seconds = {(form, work): deque(maxlen=100) for form in ("json", "hash") for work in WORK}

    def add(self, form: str, work: str, seconds: float) -> None:
        self._seconds[form, work].append(seconds)

    def ratios(self, shares: dict[str, float]) -> dict[str, float]:
        """JSON's median ÷ the hash's, by work; and "mix", of all requests, as soon as each work that has a share is known."""
        times = {key: median(spent) for key, spent in self._seconds.items() if len(spent) >= ENOUGH}
        known = [work for work in WORK if ("json", work) in times and ("hash", work) in times]
        found = {work: times["json", work] / times["hash", work] for work in known}
        if all(work in known for work in WORK if shares[work]):
            json, hash = (sum(shares[work] * times[form, work] for work in known) for form in ("json", "hash"))
            found["mix"] = json / hash
        return found


class Scale:
    """Weighs both forms: bytes at the socket for each kind of work, and the server's memory."""

    def __init__(self, client, keys):
        self._client, self._keys = client, keys
        self._watch, self._forms = Watch(client), both(client, keys)

    def weigh(self, id, field: str, value: str) -> dict:
        """ "json_update" and so on in bytes, "json_memory" and "hash_memory", and the hash's "encoding"."""
        found = {
            f"{name}_{work}": self._travels(form, work, id, field, value)
            for name, form in self._forms.items()
            for work in WORK
        }
        self._watch.take()
        for name, key in (("json", self._keys.user(id)), ("hash", self._keys.profile(id))):
            found[f"{name}_memory"] = self._client.memory_usage(key, samples=0)
        return found | {"encoding": self._client.object("encoding", self._keys.profile(id))}

    def _travels(self, form, work: str, id, field: str, value: str) -> int:
        self._client.ping()  # a connection's handshake is not what is weighed
        self._watch.socket_bytes()
        do(form, work, id, field, value)
        return sum(self._watch.socket_bytes())
