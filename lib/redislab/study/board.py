"""The claims board: every claim beside what this machine measures, one at a time, a section, or all."""

from html import escape
from pathlib import Path

import traitlets

from redislab.screen import words
from redislab.screen.block import Block
from redislab.screen.controls import Button, Toolbar
from redislab.screen.live import LiveFigure
from redislab.screen.loop import KernelLoop
from redislab.screen.page import PageWidget, script, together
from redislab.screen.words import Words
from redislab.study import claims as measuring
from redislab.study import progress
from redislab.study.claim import DEPENDS, FAILS, HOLDS, UNDECIDED, UNKNOWN, Claim, Result
from redislab.study.lessons import Lessons

HERE = Path(__file__).parent
SIGNS = {HOLDS: "●", FAILS: "✕", DEPENDS: "◆", UNDECIDED: "○", UNKNOWN: "–"}
SYMBOLS = {HOLDS: "circle", FAILS: "x", UNDECIDED: "circle-open"}
FARTHEST = 1000.0  # times what was claimed; what is farther off stands at the edge
ROW, AXIS = 24, 74  # px


def show_board(lessons: Lessons, what: str | None = None, guess=None) -> "Board":
    """A board of all claims, or of a section's; what was measured stays when it is shown again."""
    former = Board.shown(what)
    made = Board.show(what, lessons, what, guess)
    for result in former.results if former is not None else ():
        made.show_result(result)
    return made


class Table(PageWidget):
    """The rows, once; then only the cells that change. The page sends what is to be run."""

    _esm, _css = script(HERE / "board.js"), together(HERE / "board.css")
    html = traitlets.Unicode().tag(sync=True)
    cells = traitlets.Dict().tag(sync=True)
    busy = traitlets.Bool(False).tag(sync=True)


class Board(Block):
    """The widget that `claims` makes.

    Attributes:
        claims: what is on it.
        results: what has been measured, in the board's order.
        figure: the chart; `figure.data()` is what is drawn.
        measuring: whether something is.
    """

    def __init__(self, lessons: Lessons, what: str | None = None, guess=None):
        self.claims, self.guess, self._lessons = lessons.select(what), guess, lessons
        self._found, self._stage = {}, None
        self._loop = KernelLoop()
        self.figure = LiveFigure([chart(self.claims)])
        html = table(lessons, self.claims)
        self._table = Table(self.post, lambda message: self.run(message["run"]), html=html)
        self.toolbar = self._made_toolbar(what)
        self._progress = Words(names=["rl-progress"])
        self._sentence = Words(names=["rl-sentence"], live="polite")
        super().__init__([self.toolbar, self._progress, self._sentence, self.figure, self._table], "rl-board-of-claims")
        self._speak()

    def _made_toolbar(self, what) -> Toolbar:
        return Toolbar(
            self.post,
            run=[
                Button("run", "Run all", lambda: self.run(what), names="rl-go", icon="play"),
                Button("stop", "Stop", self.stop, icon="stop", disabled=True),
            ],
            take=[
                Button("csv", "CSV", lambda: self._download("csv"), icon="download"),
                Button("json", "JSON", lambda: self._download("json"), icon="download"),
            ],
        )

    @property
    def results(self) -> "measuring.Results":
        return measuring.Results(self._found[claim.id] for claim in self.claims if claim.id in self._found)

    @property
    def holding(self) -> float | None:
        """% of the claims with a verdict that hold as they stand; None if there is none yet."""
        verdicts = [result.verdict for result in self.results if result.verdict != UNKNOWN]
        return 100 * verdicts.count(HOLDS) / len(verdicts) if verdicts else None

    @property
    def measuring(self) -> bool:
        return self._stage is not None

    def run(self, what: str | None = None) -> None:
        """Begin to measure all of the board, a section, or one claim; running panels are paused. `wait` waits for the end."""
        if self.measuring:
            return self._speak("Something is being measured. Press Stop first.")
        chosen = [claim for claim in self._lessons.select(what) if claim in self.claims]
        self._stage = measuring.Stage()
        self._show_busy()
        self.work(self._work, chosen, self._stage)

    def stop(self) -> None:
        """Measure nothing more; what has been measured stays."""
        if self._stage is not None:
            self._stage.stop.set()

    def show_result(self, result: Result) -> None:
        """Put a result on the board."""
        self._found[result.claim.id] = result
        self._table.cells = self._table.cells | cells(result)
        self.figure.feed(drawn(self.claims, self._found))
        self._speak()

    # In a thread of its own, which mostly waits for the bench

    def _work(self, chosen: list[Claim], stage) -> None:
        ended = ""
        try:
            for result in measuring.each(chosen, stage, self.posted(self._report)):
                self.post(self._take, result)
        except measuring.StoppedError:
            ended = "Stopped." if stage.stop.is_set() else "Stopped, because a panel was started."
        except Exception as failure:  # a thread's traceback is not read
            ended = f"{type(failure).__name__}: {failure}"
        self.post(self._rest, ended)

    def _report(self, share: float, text: str, left: float) -> None:
        self._progress.html = words.progress(share, f"{text}; about {max(1, left):.0f} s are left")

    def _take(self, result: Result) -> None:
        self.show_result(result)
        if result.verdict != UNKNOWN:
            redis = "{server} ({backend})".format_map(result.where)
            progress.note("claim", result.claim.id, verdict=result.verdict, redis=redis)

    def _rest(self, ended: str) -> None:
        self._stage, self._progress.html = None, ""
        self._show_busy()
        self._speak(ended)

    def _show_busy(self) -> None:
        self._table.busy = self.measuring
        self.toolbar.change("run", disabled=self.measuring)
        self.toolbar.change("stop", disabled=not self.measuring)

    def _speak(self, more: str = "") -> None:
        said = summary(self.claims, list(self._found.values()))
        if self.guess is not None and self.holding is not None:
            self.guess.found = self.holding if not self.measuring else self.guess.found
            said += f" {self.guess.compare(self.holding)}"
        self._sentence.html = escape(f"{said} {more}".strip())

    def _download(self, kind: str) -> None:
        if self._found:
            text = {"csv": self.results.to_csv, "json": self.results.to_json}[kind]
            self._sentence.download(f"redislab-claims.{kind}", text())

    def leave(self) -> None:
        self.stop()

    def __repr__(self) -> str:
        return repr(self.results) or f"<Board of {len(self.claims)} claims, none measured yet>"


# What stands on it


def table(lessons: Lessons, them: list[Claim]) -> str:
    head = "".join(f"<th scope='col'>{name}</th>" for name in ("Claim", "Measured", "This machine", "Verdict", ""))
    parts = dict.fromkeys(claim.section for claim in them)
    body = "".join(part(lessons, section, [claim for claim in them if claim.section == section]) for section in parts)
    return f"<table><thead><tr>{head}</tr></thead>{body}</table>"


def part(lessons: Lessons, section: str, them: list[Claim]) -> str:
    name = f"{section} {lessons.titles[section]}"
    head = (
        f"<th scope='rowgroup' colspan='4'>{escape(name)}</th><td>{press(section, 'Run section', f'Run {name}')}</td>"
    )
    return f"<tbody><tr class='rl-part'>{head}</tr>{''.join(row(lessons, claim) for claim in them)}</tbody>"


def row(lessons: Lessons, claim: Claim) -> str:
    section = lessons.place(claim.lab)
    line = f"the module, line {claim.line}" if claim.line else "not in the module"
    title = escape(section.labs[claim.lab].title)
    claimed = "" if claim.claimed is None else f"claimed: {words.measured(claim.claimed, claim.unit)}; "
    own = "; ".join(f"{case}: {bound}" for case, bound in claim.bounds.items())
    rule = f"{claimed}holds if it is {own or claim.bound} {claim.unit}"
    return (
        f"<tr><th scope='row'>{escape(claim.says)}<small>{line}</small></th>"
        f"<td>{escape(claim.measures)}<small>lab: <a href='{section.file}{escape(section.anchor)}'>{title}</a></small></td>"
        f"<td><div data-cell='{claim.id} figure'>–</div><small>{escape(rule)}</small></td>"
        f"<td data-cell='{claim.id} verdict'>not measured yet</td><td>{press(claim.id, 'Run', f'Run: {claim.says}')}</td></tr>"
    )


def press(what: str, label: str, said: str) -> str:
    return f"<button type='button' data-run='{what}' aria-label='{escape(said)}'>{label}</button>"


def cells(result: Result) -> dict[str, str]:
    """The two cells of a claim that change."""
    unit, name = result.claim.unit, result.verdict.replace(" ", "-")
    lines = "".join(
        f"<dt>{escape(case)}</dt><dd><b>{words.measured(each.median, unit)}</b> <small>{spread(each)}</small></dd>"
        for case, each in result.figures.items()
    )
    rest = result.sentence.removeprefix(result.verdict).lstrip()
    head = f"<span class='rl-verdict rl-verdict-{name}'>{SIGNS[result.verdict]} {result.verdict}</span> {escape(rest)}"
    return {f"{result.claim.id} figure": f"<dl>{lines}</dl>" if lines else "–", f"{result.claim.id} verdict": head}


def spread(figure) -> str:
    return f"{words.measured(figure.low)} to {words.measured(figure.high)}" if figure.n > 1 else "counted"


def summary(them: list[Claim], found: list[Result]) -> str:
    """How many, and how they came out."""
    if not found:
        return f"{len(them)} claims, none of them measured yet on this machine."
    counts = {verdict: sum(result.verdict == verdict for result in found) for verdict in SIGNS}
    told = ", ".join(f"{SIGNS[verdict]} {verdict}: {count}" for verdict, count in counts.items() if count)
    return f"{len(found)} of {len(them)} claims are measured. {told}."


def chart(them: list[Claim]):
    """A line a claim; a sign for each case at how many times what was claimed it is, with its interval."""
    import plotly.graph_objects as go

    most = sum(len(claim.cases) for claim in them)
    marks = [
        go.Scatter(
            uid=verdict, name=f"{SIGNS[verdict]} {verdict}", mode="lines+markers", line={"width": 1.8},
            marker={"symbol": symbol, "size": [0, 11, 0, 0] * most, "opacity": 1, "line": {"width": 2}},
            meta={"role": "limit" if verdict == UNDECIDED else None},
            hovertemplate="%{x:.3~g} times what was claimed<extra>%{y}</extra>",
        )
        for verdict, symbol in SYMBOLS.items()
    ]  # fmt: skip
    one = go.Scatter(uid="claimed", name="as claimed", mode="lines", line={"dash": "dot"}, meta={"role": "predicted"})
    names = [claim.id for claim in them]
    layout = {
        "title": {"text": "Measured ÷ claimed"},
        "height": ROW * len(them) + AXIS,
        "margin": {"l": 180, "r": 20, "t": 8, "b": 46},
        "showlegend": False,
        "hovermode": "closest",
        "dragmode": False,
        "meta": {"settle": ["x"], "wide": True},
        "xaxis": {"type": "log", "fixedrange": True, "title": {"text": "times what was claimed (log)", "standoff": 6}},
        "yaxis": {
            "tickvals": [*range(len(names))], "ticktext": names, "range": [len(names) - 0.5, -0.5],
            "fixedrange": True, "zeroline": False,
        },
    }  # fmt: skip
    return go.Figure([*marks, one], layout)


def drawn(them: list[Claim], found: dict[str, Result]) -> dict[str, tuple[list, list]]:
    """Points by verdict: low, median and high of each case, and a gap."""
    points = {verdict: ([], []) for verdict in SYMBOLS}
    for line, claim in enumerate(them):
        if result := found.get(claim.id):
            for place_, (case, *three) in enumerate(result.ratios()):
                xs, ys = points[result.verdicts[case]]
                xs += [*(min(max(ratio, 1 / FARTHEST), FARTHEST) for ratio in three), None]
                ys += [line + 0.22 * (place_ - (len(result.figures) - 1) / 2)] * 3 + [None]
    return points | {"claimed": ([1, 1], [-0.5, len(them) - 0.5])}
