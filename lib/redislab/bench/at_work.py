"""The load of a lab as command lines of redis-benchmark and memtier_benchmark, for where one works.

What they write expires after ten minutes. A password is never in them: they take it from the environment.
"""

import shlex
from dataclasses import dataclass

from redis.connection import parse_url

KEPT = 600  # s
SECONDS = 30  # that memtier runs
REQUESTS, BYTES = 100_000, 1_000_000_000  # that redis-benchmark sends, at most, and moves, about
PASSWORD = "REDIS_PASSWORD"  # the variable that holds it
NUMBER, VALUE = "{n}", "{value}"


@dataclass(frozen=True)
class Load:
    """A load that the tools can express. A lab says it as the knobs stand:

        def at_work(self):
            return Load({"GET {p}:sample:{n}": 1}, before=("SETEX {p}:sample:{n} 600 {value}",), size=self.size)

    Attributes:
        commands: each with its share of the requests. {p} is the course's prefix, {n} at the end of a word a number
            below `keys`, and {value} as the last word so many bytes as `size` says. A word with blanks stands in quotes.
        before, after: what makes that which is read, and what sees to it that nothing stays.
        fresh: whether each request has a new connection.
        rate: requests a second of all clients together; None: as fast as they can.
        requests: at most so many by redis-benchmark, where one takes long.
        note: what differs from the lab, a sentence.
    """

    commands: dict[str, float]
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    keys: int = 1
    size: int = 0
    clients: int = 1
    pipeline: int = 1
    fresh: bool = False
    rate: float | None = None
    requests: int = REQUESTS
    note: str = ""


def told(experiment, lab) -> tuple[str, str]:
    """A sentence on how an experiment's load goes to the lab's server from a shell, and the lines; "" where there are none."""
    load = experiment.at_work()
    if isinstance(load, str):
        return load, ""
    added = getattr(experiment, "rtt", 0)
    trip = f"The {added:g} ms of added round trip are this panel’s: there it is your network’s." if added else ""
    return " ".join(filter(None, (load.note, trip))), lines(load, lab.server, lab.prefix)


def lines(load: Load, server, prefix: str) -> str:
    """What to paste into a shell: both tools, one after the other, with what each needs before and after.

    Args:
        server: where they go (redislab.world.Server).
        prefix: of all keys.
    """
    settings = parse_url(server.url)
    secret = [f"# The password: read -rs {PASSWORD}"] if settings.get("password") else []
    parts = [*secret, "# redis-benchmark: as fast as it can", *_redis_benchmark(load, server, settings, prefix)]
    if not any(" " in word for command in load.commands for word in shlex.split(command)):
        speed = f"{load.rate:,.0f} requests a second" if load.rate else "as fast as it can"
        parts += ["", f"# memtier_benchmark: {speed}, for {SECONDS} s", *_memtier(load, server, settings, prefix)]
    return "\n".join(parts)


def _redis_benchmark(load: Load, server, settings: dict, prefix: str) -> list[str]:
    """A line for each command: it knows no mix."""
    prefix = f"{prefix}:{{tag}}" if server.cluster else prefix  # it puts another tag there for each node
    to = _address(server, settings, "redis-benchmark -h {host} -p {port}", "redis-benchmark -s {path}", " ")
    if "password" in settings or "username" in settings:
        to += f" --user {shlex.quote(settings['username'])}" if "username" in settings else ""
        to += f' -a "${PASSWORD}"'
    to += " --cluster" if server.cluster else ""
    to += f" --dbnum {settings['db']}" if settings.get("db") else ""
    some = max(10 * load.pipeline * load.clients, min(load.requests, REQUESTS, BYTES // max(1, load.size)))
    how = f"-c {load.clients} -n {some}" + (f" -P {load.pipeline}" if load.pipeline > 1 else "")
    how += " -k 0" if load.fresh else ""

    def line(command: str, how: str) -> str:
        words = [word.format(p=prefix, n="__rand_int__", value=VALUE) for word in shlex.split(command)]
        value = [f"head -c {load.size} /dev/zero | tr '\\0' x | "] if words[-1] == VALUE else []
        options = [f"-r {load.keys}"] if NUMBER in command else []
        options += ["-x"] if value else []
        said = shlex.join(words[:-1] if value else words)
        return "".join(value) + " ".join([to, how, "-q", *options, said])

    fill = {
        True: f"-c 1 -n {10 * load.keys} -P {max(1, min(16, BYTES // 1000 // max(1, load.size)))}",
        False: "-c 1 -n 1",
    }
    return [
        *(line(command, fill[NUMBER in command]) for command in load.before),
        *(line(command, how) for command, share in load.commands.items() if share),
        *(line(command, fill[False]) for command in load.after),
    ]


def _memtier(load: Load, server, settings: dict, prefix: str) -> list[str]:
    """One line for all commands, each so many times in turn."""
    to = _address(server, settings, "memtier_benchmark -s {host} -p {port}", "memtier_benchmark -S {path}", "=")
    to += f" --select-db={settings['db']}" if settings.get("db") else ""
    if "password" in settings or "username" in settings:
        user = f"{shlex.quote(settings['username'])}:" if "username" in settings else ""
        to += f' -a {user}"${PASSWORD}"'
    to += " --cluster-mode" if server.cluster else ""
    to += f" -d {load.size}" if load.size else ""
    to += " --hide-histogram"

    def command(template: str, share: int = 1, pattern: str = "R") -> str:
        words = [word.format(p=prefix, n="__key__", value="__data__") for word in shlex.split(template)]
        ended = [word.partition("__key__") for word in words]
        keyed = [before for before, key, _ in ended if key]
        said = " ".join("__key__" if key else before for before, key, _ in ended)
        numbers = f" --key-prefix={keyed[0]} --key-minimum=1 --key-maximum={load.keys}" if keyed else ""
        return f"{numbers} --command='{said}' --command-ratio={share} --command-key-pattern={pattern}"

    def once(template: str) -> str:
        many = "allkeys" if NUMBER in template else "1"
        return f"{to} -t 1 -c 1 -n {many}{command(template, pattern='S')}"

    shares = {template: share for template, share in load.commands.items() if share}
    least = min(shares.values())
    how = f" -t 1 -c {load.clients} --test-time={SECONDS}"
    how += f" --pipeline={load.pipeline}" if load.pipeline > 1 else ""
    how += f" --rate-limiting={max(1, round(load.rate / load.clients))}" if load.rate else ""
    how += " --reconnect-interval=1" if load.fresh else ""
    said = [command(template, round(share / least)) for template, share in shares.items()]
    return [*map(once, load.before), f"{to}{how}{_first_numbers(said)}", *map(once, load.after)]


def _first_numbers(commands: list[str]) -> str:
    """All commands behind each other; what the range of the numbers is is said once."""
    numbers = {each.partition(" --command=")[0] for each in commands} - {""}
    return "".join(sorted(numbers)) + "".join(" --command=" + each.partition(" --command=")[2] for each in commands)


def _address(server, settings: dict, tcp: str, socket: str, sign: str) -> str:
    """Where to, with TLS if it is; `sign` stands between an option and its value."""
    if "path" in settings:
        return socket.format(path=shlex.quote(settings["path"]))
    to = tcp.format(host=shlex.quote(server.host), port=server.port)
    if server.url.startswith("rediss"):
        files = {"ssl_ca_certs": "cacert", "ssl_certfile": "cert", "ssl_keyfile": "key"}
        to += " --tls"
        to += "".join(
            f" --{name}{sign}{shlex.quote(settings[key])}" for key, name in files.items() if settings.get(key)
        )
        if settings.get("ssl_cert_reqs") == "none":
            to += " --insecure" if sign == " " else " --tls-skip-verify"
    return to
