"""What a course consists of: a package of lessons, a package in it for each notebook, a folder in that for each section.

A section's folder says its `HEADING` (the heading in the notebook) in `__init__.py`, and holds any of these:

    lab.py              the section's experiments: subclasses of redislab.bench.Experiment
    claims.py           CLAIMS, a tuple of redislab.study.claim.Claim
    some_task.py        an exercise: a subclass of redislab.study.checks.Exercise, with its text in some-task.md
    some-questions.json a quiz, called as the file is
    races.py            races (redislab.bench.races): simple ones, and `better_…` ones that no schedule breaks

Nothing has to be registered: what is in the folder is in the course.
"""

import difflib
import importlib
import inspect
import json
import pkgutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from urllib.parse import quote

from redislab.bench import Experiment
from redislab.study.checks import Exercise


@dataclass(frozen=True)
class Section:
    """One folder: `package` is its dotted name, `heading` where it stands in the notebook `file`."""

    package: str
    folder: Path
    heading: str
    file: str

    @property
    def anchor(self) -> str:
        """The heading's anchor, as JupyterLab and Voilà make it."""
        return "#" + quote(self.heading.replace(" ", "-"), safe=":?()")

    def module(self, name: str) -> ModuleType | None:
        """The folder's module of that name, if there is one."""
        there = (self.folder / f"{name}.py").exists()
        return importlib.import_module(f"{self.package}.{name}") if there else None

    @cached_property
    def labs(self) -> dict[str, type[Experiment]]:
        return own_classes(self.module("lab"), Experiment)

    @cached_property
    def exercises(self) -> dict[str, type[Exercise]]:
        """Exercises by name, in the order of their files."""
        modules = [self.module(path.stem.replace("-", "_")) for path in sorted(self.folder.glob("*.md"))]
        return {each.name: each for module in modules for each in own_classes(module, Exercise).values()}

    @cached_property
    def quizzes(self) -> dict[str, list[dict]]:
        """Questions by the quiz's name."""
        return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(self.folder.glob("*.json"))}

    @cached_property
    def claims(self) -> tuple:
        return getattr(self.module("claims"), "CLAIMS", ())


@dataclass(frozen=True)
class Notebook:
    """One notebook of the course; `titles` are its sections' short names, by number."""

    title: str
    file: str
    sections: tuple[Section, ...]
    titles: dict[str, str]

    @property
    def exercises(self) -> dict[str, type[Exercise]]:
        return merged(self.sections, "exercises")

    @property
    def quizzes(self) -> dict[str, list[dict]]:
        return merged(self.sections, "quizzes")


class Lessons:
    """The lessons of a package. A module is imported when something in it is asked for.

    Args:
        package: the package of lessons, such as `sys.modules[__name__]` in its `__init__.py`.
    """

    def __init__(self, package: ModuleType):
        self._package = package

    @cached_property
    def notebooks(self) -> tuple[Notebook, ...]:
        found = [self._notebook(package) for package in packages(self._package)]
        return tuple(sorted(found, key=lambda notebook: notebook.file))

    def _notebook(self, package: ModuleType) -> Notebook:
        file = f"{package.NOTEBOOK}.ipynb"
        sections = [
            Section(section.__name__, Path(section.__file__).parent, section.HEADING, file)
            for section in packages(package)
        ]
        return Notebook(package.TITLE, file, tuple(sections), getattr(package, "SECTIONS", {}))

    @property
    def sections(self) -> tuple[Section, ...]:
        return tuple(section for notebook in self.notebooks for section in notebook.sections)

    @property
    def titles(self) -> dict[str, str]:
        """What the sections that claims name are called, by number."""
        return merged(self.notebooks, "titles")

    @cached_property
    def labs(self) -> dict[str, type[Experiment]]:
        """All experiments by class name, in the order of the alphabet."""
        return dict(sorted(merged(self.sections, "labs").items()))

    @cached_property
    def exercises(self) -> dict[str, type[Exercise]]:
        return merged(self.sections, "exercises")

    @cached_property
    def quizzes(self) -> dict[str, list[dict]]:
        return merged(self.sections, "quizzes")

    @cached_property
    def claims(self) -> tuple:
        """All claims, in the order of the course."""
        found = (claim for section in self.sections for claim in section.claims)
        return tuple(sorted(found, key=lambda claim: (claim.section, claim.line or 0)))

    def exercise(self, name: str) -> type[Exercise]:
        """
        Raises:
            ValueError: there is no such exercise; names the nearest, and all.
        """
        return named(name, self.exercises, "exercise")

    def quiz(self, name: str) -> list[dict]:
        """
        Raises:
            ValueError: there is no such quiz; names the nearest, and all.
        """
        return named(name, self.quizzes, "quiz")

    def select(self, what: str | None = None) -> list:
        """All claims, those of a section, "4" or "4.2", or the one with that id.

        Raises:
            ValueError: there is none; names what there is.
        """
        chosen = [each for each in self.claims if what in (None, each.id, each.section, each.section.partition(".")[0])]
        if chosen:
            return chosen
        ids = [claim.id for claim in self.claims]
        sections = ", ".join(dict.fromkeys(claim.section for claim in self.claims))
        raise ValueError(
            f"There is no claim {what!r}.{nearest(what, ids)} Sections: {sections}. Ids: {', '.join(ids)}."
        )

    def place(self, lab: str) -> Section:
        """The section that a lab belongs to.

        Raises:
            ValueError: there is no such lab.
        """
        return named(lab, {name: section for section in self.sections for name in section.labs}, "lab")


def packages(package: ModuleType) -> list[ModuleType]:
    """The packages directly in a package."""
    return [
        importlib.import_module(f"{package.__name__}.{found.name}")
        for found in pkgutil.iter_modules(package.__path__)
        if found.ispkg
    ]


def own_classes(module: ModuleType | None, base: type) -> dict[str, type]:
    """The subclasses of `base` that a module defines, by name; those that begin with an underscore are its own affair."""
    return {
        name: member
        for name, member in vars(module or object).items()
        if inspect.isclass(member)
        and issubclass(member, base)
        and member.__module__ == module.__name__
        and not name.startswith("_")
    }


def merged(them, attribute: str) -> dict:
    return {name: value for each in them for name, value in getattr(each, attribute).items()}


def named(name: str, among: dict, kind: str):
    if name not in among:
        raise ValueError(f"There is no {kind} {name!r}.{nearest(name, among)} There are: {', '.join(among)}.")
    return among[name]


def nearest(name: str, among) -> str:
    near = difflib.get_close_matches(str(name), among, n=1)
    return f" Did you mean {near[0]!r}?" if near else ""
