"""Section 2.2: sessions, and the write that comes after the end of one."""

import random
import time
from collections import Counter, deque
from contextlib import suppress
from statistics import median

import redis

from redislab.bench import Experiment, action, choice, dashed, dotted, number, on, time_chart
from redislab.lessons.data_modeling.lifetimes import LifeForecast
from redislab.modeling import ModuleSessions, Sessions

OURS, MODULES = "ours", "As in the module"
PRESSED, WATCHED = 20, 200  # late writes of the button; sessions without a user that are watched


class SessionsLab(Experiment):
    """Users come back at random moments: each time they touch their session, or find it expired and log in again.

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
        time_chart("Live sessions", "sessions", live="measured", expected=dashed("predicted"), all=dotted("users")),
        time_chart("Log-ins, and late returns", "/s", logins="log-ins", due=dashed("predicted"), back="come back"),
        time_chart("Time left to half of the sessions", "s", left="at most", full=dotted("TTL")),
        time_chart("Sessions without a user", "sessions", undead="there now", lasting="with no TTL"),
    )
    presets = {
        "A short memory": {"ttl": 2.0},
        "A long memory": {"ttl": 30.0},
        "As in the module": {"version": MODULES, "late": 20.0},
        "Ours": {"late": 20.0},
    }
    span = 4.0

    def setup(self, lab):
        self.client, self.keys = lab.client(), lab.keys
        self.ids, self.back, self.totals = {}, deque(), Counter()  # session by user; what came back; late writes
        self.forecast = LifeForecast(longest_ttl=30)

    @on("version")
    def choose(self):
        self.store = (Sessions if self.version == OURS else ModuleSessions)(self.client, self.keys)
        self.totals.clear()

    @on("version", "ttl")
    def time_out(self):
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
        """Write to a session that is over; whether that has brought it back."""
        with suppress(redis.ConnectionError):
            store.touch(id)
        back = self.client.exists(self.keys.session(id)) == 1
        self.totals.update(written=1, back=int(back))
        if back:
            self.back.append(id)
            if len(self.back) > WATCHED:
                self.client.unlink(self.keys.session(self.back.popleft()))
        return back

    @action("Late writes")
    def late_writes(self):
        """Sessions whose time is cut short, and then a write to each; every other application dies after one command."""
        for turn in range(PRESSED):
            id = self.store.create("late", role="customer")
            self.client.pexpire(self.keys.session(id), 1)
            until = time.monotonic() + 1
            while self.client.exists(self.keys.session(id)) and time.monotonic() < until:
                time.sleep(0.001)
            dying = type(self.store)(Dying(self.client), self.keys, ttl=self.ttl)
            self.write_late(dying if turn % 2 else self.store, id)

    def sample(self, window):
        there = self.forecast.follow(1 / self.pause, self.ttl)
        due = window.growth("due", self.forecast.missed)
        ids = [id for user, id in list(self.ids.items()) if user < self.users]
        left = [ms for ms in self.lives(random.sample(ids, min(100, len(ids)))) if ms > 0]
        back = self.lives(list(self.back))
        written, returned = self.totals["written"], self.totals["back"]
        return {
            "live": self.client.exists(*map(self.keys.session, ids)) if ids else 0,
            "expected": self.users * there,
            "all": self.users,
            "logins": window.rate("login"),
            "due": None if due is None else self.users * due,
            "back": window.rate("back"),
            "left": median(left) / 1e3 if left else None,
            "full": self.ttl,
            "undead": sum(ms != -2 for ms in back),
            "lasting": back.count(-1),
            "late_writes": written,
            "came_back": returned,
            "share_back": 100 * returned / written if written else None,
        }

    def lives(self, ids) -> list[int]:
        """What each has left in ms; −1: it has no TTL, −2: it is gone."""
        pipeline = self.client.pipeline(transaction=False)
        for id in ids:
            pipeline.pttl(self.keys.session(id))
        return pipeline.execute()

    sentence = (
        "{live:,} of {users:,} users have a session ({expected:,.0f} predicted); "
        "{logins:.1f} a second find theirs gone, and log in again.",
        "Sessions without a user: {undead}.",
        "Of them, {lasting} have no TTL.",
    )

    def verdict(self, values):
        if not values["late_writes"]:
            return None
        code = "our code" if self.version == OURS else "the module's code"
        return f"With {code}: {values['came_back'] or 'none'} of {values['late_writes']} late writes brought back a session that was over"


class Dying:
    """A client whose application dies as soon as it has sent one command."""

    def __init__(self, client):
        self._client, self._sent = client, False

    def __getattr__(self, name):
        if self._sent:
            raise redis.ConnectionError("the application has died")
        self._sent = name != "register_script"
        return getattr(self._client, name)
