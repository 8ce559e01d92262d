"""A profile as JSON and as a hash: the same work on both, how long it takes, and what travels and stays."""

from redislab.bench import Watch
from redislab.modeling import JsonProfile, Profile
from redislab.modeling.profile import HSETEX

UPDATE, ONE, ALL = WORK = ("update", "one", "all")
FORMS = ("json", "hash")


def both(client, keys) -> dict:
    """Both forms; no field expires here, so the hash takes plain commands on every server."""
    return {"json": JsonProfile(client, keys), "hash": Profile(client, keys, field_ttl=HSETEX)}


def do(form, work: str, id, field: str, value: str) -> None:
    """Update a field, read one, or read all."""
    if work == UPDATE:
        form.update(id, **{field: value})
    elif work == ONE:
        form.fields(id, field)
    else:
        form.get(id)


def ratios(timings, shares: dict[str, float]) -> dict[str, float]:
    """JSON's median ÷ the hash's, by work; and "mix", of all requests, as soon as each work that has a share is known.

    Args:
        timings: of each form and work (redislab.bench.Timings).
        shares: of the requests, by work.
    """
    times = {work: [timings.median((form, work)) for form in FORMS] for work in WORK}
    times = {work: pair for work, pair in times.items() if None not in pair}
    found = {work: json / hash for work, (json, hash) in times.items()}
    if all(work in times for work in WORK if shares[work]):
        json, hash = (sum(shares[work] * pair[place] for work, pair in times.items()) for place in (0, 1))
        found["mix"] = json / hash
    return found


class Scale:
    """Weighs both forms: bytes at the socket for each kind of work, and the server's memory."""

    def __init__(self, client, keys):
        self._client, self._keys = client, keys
        self._watch, self._forms = Watch(client), both(client, keys)

    def weigh(self, id, field: str, value: str) -> dict:
        """ "json_update" and so on in bytes, "json_memory" and "hash_memory", the "hash_share" of the two, and its "encoding"."""
        found = {
            f"{name}_{work}": self._travels(form, work, id, field, value)
            for name, form in self._forms.items()
            for work in WORK
        }
        self._watch.take()
        for name, key in (("json", self._keys.entity("json_profile", id)), ("hash", self._keys.profile(id))):
            found[f"{name}_memory"] = self._client.memory_usage(key, samples=0)
        share = found["hash_memory"] / found["json_memory"]
        return found | {"hash_share": share, "encoding": self._client.object("encoding", self._keys.profile(id))}

    def _travels(self, form, work: str, id, field: str, value: str) -> int:
        self._client.ping()  # a connection's handshake is not what is weighed
        self._watch.socket_bytes()
        do(form, work, id, field, value)
        return sum(self._watch.socket_bytes())
