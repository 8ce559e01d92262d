"""What a panel says in words: its state, a sentence on the charts, the claim with its verdict, and tables."""

import time

from redislab.bench import Experiment, PauseReason
from redislab.screen import words
from redislab.screen.figures import columns, point_columns
from redislab.screen.found import Found
from redislab.screen.runner import Runner
from redislab.screen.words import Words

READING = 1.0  # s between two changes of the words: faster cannot be read
NOTES = {"new": "Press Start.", "starting": "Setting up …"}
PAUSED = {
    PauseReason.HIDDEN: "Paused while out of sight; it goes on when you are back.",
    PauseReason.IDLE: "Paused after two minutes without a touch. Press Start to go on.",
    PauseReason.OTHER: "Paused, because another panel runs. Press Start to go on with this one.",
}


class Narration:
    """The words of one panel, as widgets, and what they say of the newest values.

    Attributes:
        guess: what `predict` returned, or None; its `found` is set when the panel rests.
    """

    def __init__(self, experiment: Experiment, runner: Runner, guess=None, found: Found | None = None):
        self.experiment, self.runner, self.guess, self.found = experiment, runner, guess, found
        self.status = Words(names=["rl-head"])
        self.sentence = Words(names=["rl-sentence"])
        self.heard = Words(
            names=["rl-heard"], live="polite"
        )  # by a screen reader, at rest: more often would be a chatter
        self.claim = Words(names=["rl-claim"])
        self.progress = Words(names=["rl-progress"])
        self.findings = Words(names=["rl-table", "rl-findings"])
        self.table = Words(names=["rl-table"])
        self.table.layout.display = "none"
        self._values, self._knobs, self._note, self._spoke = {}, {}, "", 0.0
        self._answer = None  # what was measured last of what the guess is about
        self._concluded = False  # whether that was said of what is done

    def take(self, sample) -> None:
        """Know the newest values; they are said now and then."""
        self._values, self._knobs = sample.values, sample.knobs
        if self.guess is not None and self._asked(sample.knobs):
            self._answer = sample.values.get(self.guess.key)
        done = self.experiment.done(sample.values)
        if done and not self._concluded:
            self.experiment.conclude(sample.values)
        self._concluded = done
        share = sample.values.get("progress", 1)
        self.progress.html = words.progress(share, sample.values["progress_text"]) if share < 1 else ""
        if time.monotonic() - self._spoke >= READING or done:
            self.speak()

    def forget(self) -> None:
        """Begin again without an answer."""
        self.progress.html, self._answer = "", None

    def hurry(self) -> None:
        """Say what comes next at once."""
        self._spoke = 0.0

    def remark(self, note: str) -> None:
        """Have this stand beside the state until that changes."""
        self._note = note
        self.status.html = self._status_text()

    def speak(self) -> None:
        self._spoke = time.monotonic()
        if self.runner.state == "failed":
            self._values, self._answer = {}, None  # what failed is no finding
        values = self._values
        self.status.html = self._status_text()
        self.sentence.html = words.escape(self.experiment.say(values)) if values else ""
        self.claim.html = self._claim_text(values)
        resting = self.experiment.done(values) or not self.runner.measuring
        self._announce(resting)
        if self._answer is not None and resting:
            self.guess.source = {"lab": type(self.experiment).__name__, "redis": self.redis}
            self.guess.found = self._answer  # at rest, and not at every sample: it may be written down
        found = self.experiment.findings(values) if values else []
        self.findings.html = words.grid(found) if found else ""
        if self.found is not None:
            self.found.show(self.experiment.cards(values) if values else [])
        if self.table.layout.display != "none":
            self.table.html = self._table_text(values)

    def _announce(self, resting: bool) -> None:
        if resting and (self._values or self._note):
            self.heard.html = f"{self._state()}. {self.sentence.html or words.escape(self._note)}".strip()
        elif not resting:
            self.heard.html = ""

    def show_table(self, shown: bool) -> None:
        self.table.layout.display = "" if shown else "none"
        self.speak()

    @property
    def redis(self) -> str:
        """What is measured, in words: "Redis 8.0.2 (docker)"."""
        where = self.runner.recording.where if self.runner.recording else {}
        return "{server} ({backend})".format_map(where) if {"server", "backend"} <= where.keys() else ""

    def _state(self) -> str:
        return {"pausing": "paused"}.get(self.runner.state, self.runner.state)

    def _status_text(self) -> str:
        state = self._state()
        note = PAUSED.get(self.runner.pause_reason, "") if state == "paused" else NOTES.get(state, "")
        return words.status(self.experiment.title, state, self.runner.recording.where, self._values, self._note or note)

    def _table_text(self, values: dict) -> str:
        charts = self.experiment.charts
        if "curve" in values:
            return words.points(point_columns(charts, values["curve"]), values["curve"])
        return words.table(list(columns(charts)), self.runner.recording.samples)

    def _claim_text(self, values: dict) -> str:
        verdict = self.experiment.judge(values) if values else None
        if self.runner.state == "failed":
            verdict = "none, because it failed"
        if self.guess is None:
            return words.claim_line(self.experiment.claim, None, None, verdict) if self.experiment.claim else ""
        guess = words.escape(self.guess.text) or "not made yet"
        found = words.escape(words.measured(self._answer, self.guess.unit))
        if not self._asked(self._knobs or self.experiment.settings()):
            found += f" <small>at {words.settings(self.guess.at, self.experiment.knobs())}</small>"
        return words.claim_line(self.experiment.claim, guess, found, verdict)

    def _asked(self, knobs: dict) -> bool:
        """Whether the knobs stand where the guess is about."""
        return self.guess.at.items() <= knobs.items()
