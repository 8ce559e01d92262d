"""An exercise on the page: the task, its hints in steps, and what a check has found, in words."""

import ast
import functools
import re
from datetime import datetime
from types import CodeType

import ipywidgets as widgets

from redislab.screen.block import Block
from redislab.screen.controls import Button, Toolbar
from redislab.screen.page import SHEET
from redislab.screen.show import Source
from redislab.screen.words import Words, escape
from redislab.study import progress, sandbox, solutions
from redislab.study.checks import Exercise
from redislab.study.sandbox import Report
from redislab.study.texts import Text

NOT_YET = "Not yet: the gap is as it was. Fill it, run that cell and then this one again."
MARKS = {True: ("✓", "met"), False: ("✗", "not met"), None: ("·", "not tried")}


def show_task(exercise: type[Exercise]) -> "Task":
    """The card of an exercise; showing it again replaces the one that was there."""
    return Task.show(exercise.name, exercise)


class Styled(Words):
    """Words that bring the sheet along: there may be no panel on this page."""

    _css = SHEET


class Hints(widgets.VBox):
    """Buttons that open and close what they are named after; a key does what a click does.

    Args:
        name: the exercise that they are of; what is opened is noted.
    """

    def __init__(self, name: str, parts: dict[str, str]):
        self._name, self._parts, self._shown = name, parts, []
        self._words = Words(names=["rl-hint"], live="polite")
        toggles = [Button(label, label, functools.partial(self.toggle, label), pressed=False) for label in parts]
        self.toolbar = Toolbar(steps=toggles)
        super().__init__([self.toolbar, self._words])

    def toggle(self, label: str) -> None:
        self._shown = [other for other in self._parts if (other in self._shown) != (other == label)]
        self.toolbar.change(label, pressed=label in self._shown)
        self._words.html = "".join(f"<div><small>{name}</small>{self._parts[name]}</div>" for name in self._shown)
        if label in self._shown:
            progress.note("hint", f"{self._name}: {label}", exercise=self._name, hint=label)

    def reveal(self, label: str) -> None:
        if label not in self._shown:
            self.toggle(label)


class Task(Block):
    """The card of one exercise.

    Attributes:
        text: what there is to read: the task, `text.starter`, the hints, the solution.
        result: what the last check has found; None before.
    """

    def __init__(self, exercise: type[Exercise]):
        self.name, self.text, self.result, self._given = exercise.name, Text.of(exercise), None, 0
        self._exercise = exercise
        parts = {f"Hint {number}": html(hint) for number, hint in enumerate(self.text.hints, 1)}
        self._hints = Hints(self.name, parts | {"Solution": self.solution()._repr_html_() + html(self.text.afterword)})
        wanted = "".join(f"<li>{html(check.says, '')}</li>" for check in self._exercise.requirements())
        head = f"<small>Exercise · {escape(self.text.place)}</small><h3>{escape(self.text.title)}</h3>"
        body = f"{head}{html(self.text.task)}<details><summary>What is checked</summary><ol>{wanted}</ol></details>"
        self._mark = Words(names=["rl-mark", "rl-met"], live="polite", html=mark(self.name))
        super().__init__([Styled(names=["rl-said"], html=body), self._mark, self._hints], "rl-task")

    def check(self, function) -> "Result":
        """Try `function` on a real server, in a process of its own, and say requirement by requirement what was seen.

        Raises:
            StartError: there is no Redis to try it on.
        """
        if not callable(function):
            report = Report.of(self._exercise, f"Give the function itself, not what it returned ({function!r:.40}).")
        elif untouched(function, self.text.starter):
            report = Report.of(self._exercise, NOT_YET)
        else:
            report = sandbox.try_out(self._exercise, function)
            missed = [finding.says for finding in report.findings if finding.met is False]
            progress.note("exercise", self.name, passed=report.passed, missed=missed)
            if report.passed:
                solutions.keep(self.name, function)
            self._mark.html = mark(self.name)
        self.result = Result.show(self.name, self.name, self.text, report)
        return self.result

    def hint(self, number: int | None = None) -> "Note":
        """The next hint, or the one of that number; the card opens it too.

        Raises:
            ValueError: there is no hint of that number.
        """
        count = len(self.text.hints)
        if number is None:
            number = self._given = min(self._given + 1, count)
        if not 1 <= number <= count:
            raise ValueError(f"There is no hint {number}: there are {count}, and then task.solution().")
        self._hints.reveal(f"Hint {number}")
        return Note(self.text.hints[number - 1])

    def solution(self) -> Source:
        """One that passes; there are others."""
        return Source({"solution.py": self.text.solution})

    def leave(self) -> None:
        if self.result is not None:
            self.result.close()

    def __repr__(self) -> str:
        wanted = "\n".join(f"  {number}. {check.says}" for number, check in enumerate(self._exercise.requirements(), 1))
        return f"{self.text.title}\n\n{self.text.task}\n\nWhat is checked:\n{wanted}"


class Result(Block):
    """What a check has found: a line a requirement, and the hints meant for those that are not met.

    Attributes:
        passed: whether every requirement that could be tried is met.
        report: the findings, as data.
    """

    def __init__(self, name: str, text: Text, report: Report):
        self.report, self.passed, self._title = report, report.passed, text.title
        missed = [finding for finding in report.findings if finding.met is False]
        numbers = sorted({finding.hint for finding in missed if finding.hint})
        rows = "".join(self._row(finding) for finding in report.findings if report.passed or finding.met is not None)
        state = "passed" if self.passed else "failed" if missed else "waiting"
        head = f"<h3 class='rl-{state}'>{escape(self.headline)}</h3>"
        note = f"<p>{escape(report.stopped)}</p>" if report.stopped and not missed else ""
        children = [Styled(names=["rl-said"], live="polite", html=f"{head}{note}<ul>{rows}</ul>")]
        if numbers:
            children.append(Hints(name, {f"Hint {number}": html(text.hints[number - 1]) for number in numbers}))
        if report.said:
            printed = f"<small>It printed</small><pre>{escape(report.said)}</pre>"
            children.append(Words(names=["rl-printed"], html=printed))
        super().__init__(children, "rl-task", "rl-result")

    @property
    def headline(self) -> str:
        findings = self.report.findings
        met = sum(finding.met is True for finding in findings)
        verdict = "Passed" if self.passed else "Not yet"
        return f"{verdict}: {met} of {len(findings)} requirements met"

    def _row(self, finding) -> str:
        mark, meaning = MARKS[finding.met]
        hint = f" <em>Hint {finding.hint} is about this.</em>" if finding.met is False and finding.hint else ""
        return (
            f"<li class='rl-{meaning.replace(' ', '-')}'><b role='img' aria-label='{meaning}'>{mark}</b>"
            f"<span>{html(finding.says, '')}</span><span>{html(sentence(finding.seen), '')}{hint}</span></li>"
        )

    def __repr__(self) -> str:
        lines = [f"{self._title} – {self.headline}."]
        lines += [self.report.stopped] if self.report.stopped else []
        for finding in self.report.findings:
            hint = f" (task.hint({finding.hint}))" if finding.met is False and finding.hint else ""
            lines += [f"  {MARKS[finding.met][0]} {finding.says}: {finding.seen or 'not tried'}{hint}"]
        return "\n".join([*lines, *(["It printed:", self.report.said] if self.report.said else [])])


class Note(str):
    """A paragraph: as text in a terminal, set in a notebook."""

    def _repr_html_(self) -> str:
        return f"<div class='rl'>{html(self)}</div>"

    def __repr__(self) -> str:
        return str(self)


def mark(name: str) -> str:
    """When an exercise was passed first, and at which attempt; "" if it was not yet."""
    attempts = [one for one in progress.notes() if (one["kind"], one["id"]) == ("exercise", name)]
    for number, attempt in enumerate(attempts, 1):
        if attempt.get("passed"):
            day = datetime.fromisoformat(attempt["at"]).astimezone()
            return f"<b>✓</b> passed on {day.day} {day:%B %Y}, at attempt {number}"
    return ""


def sentence(text: str) -> str:
    """With a capital and a full stop."""
    return text and text[0].upper() + text[1:].rstrip(".") + "."


def html(text: str, element: str = "p") -> str:
    """Paragraphs, `code` and *emphasis* as HTML."""
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
    text = re.sub(r"(?<!\w)\*(\w[^*]*)\*", r"<em>\1</em>", text)
    return "".join(f"<{element}>{part}</{element}>" if element else part for part in re.split(r"\n{2,}", text) if part)


def untouched(function, starter: str) -> bool:
    """Whether it does what the starter's function of that name does, instruction by instruction."""
    tree, code = ast.parse(starter), getattr(function, "__code__", None)
    # a notebook compiles each statement alone, and what it makes of a module's attribute depends on that
    modules = [tree, *(ast.Module([statement], []) for statement in tree.body)]
    given = [part for module in modules for part in compile(module, "starter", "exec").co_consts]
    return any(_essence(code) == _essence(part) for part in given if isinstance(part, CodeType) and code)


def _essence(code: CodeType) -> tuple:
    constants = tuple(_essence(part) if isinstance(part, CodeType) else part for part in code.co_consts)
    return code.co_name, code.co_code, constants, code.co_names, code.co_varnames
