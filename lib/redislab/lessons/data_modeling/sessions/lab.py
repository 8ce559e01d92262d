"""Section 2.2: sessions, and the write that comes after the end of one."""

import random
from statistics import median

from redislab.bench import Experiment, action, choice, dashed, dotted, number, on, time_chart
from redislab.lessons.data_modeling.as_in_the_module import ModuleSessions
from redislab.lessons.data_modeling.lifetimes import LifeForecast
from redislab.lessons.data_modeling.sessions.late_writes import LateWrites, lives
from redislab.modeling import Sessions

OURS, MODULES = "ours", "As in the module"
PRESSED = 20  # late writes of the button


class SessionsLab(Experiment):
    """Users come back at random moments: each time they touch their session, or find it expired and log in again.

    The dashed lines are computed: of a session that is touched 1/pause times a second, the chance that the last touch is
    no older than the TTL. A late write is added: a request that began while the session was there, and writes when it is not.
    """

    title = "Sessions"
    claim = "Update last activity (extend TTL)"

    version = choice(OURS, [OURS, MODULES], label="Sessions")
    ttl = number(5.0, 1, 30, label="TTL", unit="s", log=True)
    pause = number(5.0, 2, 30, label="Mean pause of a user", unit="s", log=True)
    users = number(300, 10, 2000, label="Users", integer=True, log=True)
    late = number(10.0, 0, 100, label="Late writes, added", unit="%", step=5, help="of the sessions that end")

    charts = (
        time_chart("Sessions without a user", "sessions", undead="there now", lasting="with no TTL"),
        time_chart("Live sessions", "sessions", live="measured", expected=dashed("predicted"), all=dotted("users")),
        time_chart("Log-ins, and late returns", "/s", logins="log-ins", due=dashed("predicted"), back="come back"),
        time_chart("Time left to half of the sessions", "s", left="at most", full=dotted("TTL")),
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
        self.ids, self.forecast = {}, LifeForecast(longest_ttl=30)  # sessions by user
        self.late_writes = LateWrites(self.client, self.keys)

    @on("version")
    def choose(self):
        self.store = (Sessions if self.version == OURS else ModuleSessions)(self.client, self.keys)
        self.late_writes.forget()

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
        return ("login", "back") if late and self.late_writes.write(self.store, id) else "login"

    @action("Late writes")
    def press(self):
        """Sessions whose time is cut short, and then a write to each; half of the writers die after one command."""
        for turn in range(PRESSED):
            self.late_writes.add(self.store, dying=turn % 2 == 1)

    def sample(self, window):
        there = self.forecast.follow(1 / self.pause, self.ttl)
        due = window.growth("due", self.forecast.missed)
        ids = [id for user, id in list(self.ids.items()) if user < self.users]
        left = [ms for ms in lives(self.client, self.keys, random.sample(ids, min(100, len(ids)))) if ms > 0]
        return {
            "live": self.client.exists(*map(self.keys.session, ids)) if ids else 0,
            "expected": self.users * there,
            "all": self.users,
            "logins": window.rate("login"),
            "due": None if due is None else self.users * due,
            "back": window.rate("back"),
            "left": median(left) / 1e3 if left else None,
            "full": self.ttl,
            **self.late_writes.figures(),
        }

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
        back = values["came_back"] or "none"
        return f"With {code}: {back} of {values['late_writes']} late writes brought back an expired session"
