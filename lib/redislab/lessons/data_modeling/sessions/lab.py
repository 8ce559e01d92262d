"""Section 2.2: sessions, and the write that comes after the end of one."""

import random
import time
from collections import Counter, deque
from contextlib import suppress
from statistics import median

import redis
from traitlets import observe

from redislab.bench import Chart, Experiment, Line, action, choice, number
from redislab.keys import KeyNamespace
from redislab.lessons.caching_patterns.theory import LifeForecast
from redislab.modeling import ModuleSessions, Sessions

OURS, MODULES = "ours", "As in the module"


class Dying:
    """A client whose application dies as soon as it has sent one command."""

    def __init__(self, client):
        self._client, self._sent = client, False

    def __getattr__(self, name):
        if self._sent:
            raise redis.ConnectionError("the application has died")
        self._sent = name != "register_script"
        return getattr(self._client, name)


class SessionsLab(Experiment):
    """Users come back at random moments: each time they touch their session, or find it over and log in again.

    The dashed lines are computed: of a session that is touched 1/pause times a second, the chance that the last touch is
    no older than the TTL. A late write is added: a request that began while the session was there, and writes when it is not.
    """

    title = "Sessions"
    claim = "Update last activity (extend TTL)"

    ttl = number(5.0, 1, 30, label="TTL", unit="s", log=True)
    pause = number(5.0, 2, 30, label="Mean pause of a user", unit="s", log=True)
    users = number(300, 10, 2000, label="Users", integer=True, log=True)
    late = number(10.0, 0, 100, label="Late writes, added", unit="%", step=5, help="of the sessions that end")
    version = choice(OURS, [OURS, MODULES], label="Sessions")

    charts = (
        Chart(
            "Live sessions",
            (
                Line("live", "measured"),
                Line("expected", "predicted", "dash", "predicted"),
                Line("all", "users", "dot", "limit"),
            ),
            unit="sessions",
            low=0,
        ),
        Chart(
            "Log-ins, and late returns",
            (Line("logins", "log-ins"), Line("due", "predicted", "dash", "predicted"), Line("back", "come back")),
            unit="/s",
            low=0,
        ),
        Chart(
            "Time left to half of the sessions",
            (Line("left", "at most"), Line("full", "TTL", "dot", "limit")),
            "s",
            low=0,
        ),
        Chart(
            "Sessions without a user", (Line("undead", "there now"), Line("lasting", "with no TTL")), "sessions", low=0
        ),
    )
    presets = {
        "A short memory": {"ttl": 2.0, "pause": 5.0},
        "Everybody stays": {"ttl": 30.0, "pause": 5.0},
        "As in the module": {"version": MODULES, "ttl": 5.0, "pause": 5.0, "late": 20.0},
        "Ours": {"version": OURS, "ttl": 5.0, "pause": 5.0, "late": 20.0},
    }
    span = 4.0
    PRESSED, KEPT = 20, 200  # late writes of the button; sessions without a user that are watched

    def setup(self, lab):
        self.client, self.keys = lab.client(), KeyNamespace(f"{lab.prefix}:sessions_{random.getrandbits(32):x}")
        self.ids, self.back, self.totals = {}, deque(), Counter()
        self.forecast, self.sampled = LifeForecast(longest_ttl=30), time.perf_counter()
        self.choose()

    def teardown(self):
        self.forget(list(self.ids.values()))
        self.forget(self.back)

    def forget(self, ids):
        if ids:
            self.client.unlink(*map(self.keys.session, ids))

    @observe("version")
    def choose(self, _=None):
        if self.server:
            self.store = (Sessions if self.version == OURS else ModuleSessions)(self.client, self.keys)
            self.totals.clear()
            self.time_out()

    @observe("ttl")
    def time_out(self, _=None):
        if self.server:
            self.store.ttl = self.ttl

    def gap(self, random):
        return random.expovariate(self.users / self.pause)

    def request(self):
        user = random.randrange(self.users)
        id = self.ids.get(user)
        if id is not None and self.store.get(id) and self.store.touch(id):
            return "touch"
        self.ids[user] = self.store.create(user, role="customer")
        late = id is not None and random.random() < self.late / 100
        return ("login", "back") if late and self.write_late(self.store, id) else "login"

    def write_late(self, store, id) -> bool:
        """The last write of a session that is over: has it brought the session back?"""
        with suppress(redis.ConnectionError):
            store.touch(id)
        back = self.client.exists(self.keys.session(id)) == 1
        self.totals.update(late=1, back=int(back))
        if back:
            self.back.append(id)
            if len(self.back) > self.KEPT:
                self.forget([self.back.popleft()])
        return back

    @action("Late writes")
    def late_writes(self):
        """Sessions whose time is cut short, and then a write to each; every other application dies after one command."""
        for turn in range(self.PRESSED):
            id = self.store.create("late", role="customer")
            self.client.pexpire(self.keys.session(id), 1)
            until = time.monotonic() + 1
            while self.client.exists(self.keys.session(id)) and time.monotonic() < until:
                time.sleep(0.001)
            dying = type(self.store)(Dying(self.client), self.keys, ttl=self.ttl)
            self.write_late(dying if turn % 2 else self.store, id)

    def sample(self, window):
        seconds, self.sampled = time.perf_counter() - self.sampled, time.perf_counter()
        rate = 1 / self.pause if seconds < 1 else 0.0  # after a pause: nobody came meanwhile
        there = self.forecast.advance(seconds, rate, self.ttl)
        window.count("due", seconds * rate * self.users * (1 - there))
        ids = [id for user, id in list(self.ids.items()) if user < self.users]
        left = [ms for ms in self.lives(random.sample(ids, min(100, len(ids)))) if ms > 0]
        back = self.lives(list(self.back))
        return {
            "live": self.client.exists(*map(self.keys.session, ids)) if ids else 0,
            "expected": self.users * there,
            "all": self.users,
            "logins": window.rate("login"),
            "due": window.rate("due"),
            "back": window.rate("back"),
            "left": median(left) / 1e3 if left else None,
            "full": self.ttl,
            "undead": sum(ms != -2 for ms in back),
            "lasting": back.count(-1),
            "late writes": self.totals["late"],
            "came back": self.totals["back"],
            "share back": 100 * self.totals["back"] / self.totals["late"] if self.totals["late"] else None,
        }

    def lives(self, ids) -> list[int]:
        """What each has left in ms; −1: it has no TTL, −2: it is gone."""
        pipeline = self.client.pipeline(transaction=False)
        for id in ids:
            pipeline.pttl(self.keys.session(id))
        return pipeline.execute()

    def sentence(self, values):
        said = (
            f"{values['live']:,} of {self.users:,} users have a session ({values['expected']:,.0f} predicted); "
            f"{values['logins']:.1f} a second find theirs gone, and log in again."
        )
        if values["undead"]:
            said += f" Sessions without a user: {values['undead']}"
            said += f", {values['lasting']} of them with no TTL." if values["lasting"] else "."
        return said

    def verdict(self, values):
        late, back = values["late writes"], values["came back"]
        if not late:
            return None
        code = "our code" if self.version == OURS else "the module's code"
        return f"With {code}: {back or 'none'} of {late} late writes brought back a session that was over"
