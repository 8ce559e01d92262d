"""Every exercise: its solution passes, so does another answer; wrong ones fail with the hint meant for them."""

import contextlib
import functools
import pickle
import re

import cloudpickle
import pytest

from redislab.lessons import LESSONS
from redislab.study.process import MOST_STORED, try_each
from redislab.study.sandbox import Report
from redislab.study.task import Result
from redislab.study.texts import Text
from redislab.world import Lab
from redislab.world.cluster import Cluster
from tests.conftest import sampled
from tests.lessons import answers
from tests.lessons.answers import antipatterns, caching, modeling, naming, tuning
from tests.notebooks import NOTEBOOKS, cells

for each in (caching, modeling, naming, tuning, antipatterns):
    cloudpickle.register_pickle_by_value(each)  # as a notebook's cell would be

WRONG = [pytest.param(name, *each, id=each[0].__name__) for name, several in answers.WRONG.items() for each in several]

each_exercise = pytest.mark.parametrize("name", LESSONS.exercises)


def written(code: str):
    """The last function that `code` defines, as a cell would."""
    scope = {"__name__": "__main__"}
    exec(compile(code, "<cell>", "exec"), scope)
    return [each for each in scope.values() if callable(each)][-1]


@pytest.fixture(scope="module")
def ground(lab):
    """`ground(exercise)`: a lab as a check has it. All answers share its server, which every requirement finds empty."""

    @functools.cache
    def made(nodes: int, database: bool):
        cluster = nodes and opened.enter_context(contextlib.closing(Cluster(nodes)))
        server = cluster.nodes[0] if cluster else lab.private_server(maxmemory=MOST_STORED)
        place = opened.enter_context(contextlib.closing(Lab(server, "exercise")))
        if database:
            place.provide(None)
        return place

    with contextlib.ExitStack() as opened:
        yield lambda exercise: made(exercise.nodes, exercise.database)


@pytest.fixture
def tried(ground):
    """`tried(name, answer)`: the report of a check of the answer, without a process and a server of its own: they take 2 s."""

    def check(name, answer) -> Report:
        exercise, found = LESSONS.exercises[name], []
        place, report = ground(exercise), Report.of(exercise)
        if not place.server.alive:  # the answer before this one was to go on without it
            place.server.restart()
        place.redis.script_flush()
        as_travelled = pickle.loads(cloudpickle.dumps(answer))
        try_each(exercise(), as_travelled, place, found.append, pytest.fail)
        verdicts = [verdict for kind, *verdict in found if kind == "found"]
        for finding, verdict in zip(report.findings, verdicts, strict=True):
            finding.met, finding.seen = verdict
        if "raised KeyboardInterrupt" in str(report):  # it was not the answer's: whoever runs these tests stops them
            raise KeyboardInterrupt
        return report

    return check


@each_exercise
def test_the_solution_passes_and_so_does_what_is_right_in_another_way(tried, name):
    """On the road a learner takes, in a kernel and by a process, each solution passes in test_in_a_kernel."""
    for answer in (written(Text.of(LESSONS.exercises[name]).solution), *answers.RIGHT[name]):
        report = tried(name, answer)
        assert report.passed, f"{answer.__name__}: {report}"


@pytest.mark.parametrize(("name", "answer", "hint", "sees"), WRONG)
def test_a_wrong_answer_fails_with_the_hint_meant_for_it(tried, name, answer, hint, sees):
    report = tried(name, answer)
    assert report.hint == hint, report
    with contextlib.closing(Result(name, Text.of(LESSONS.exercises[name]), report)) as result:
        assert not result.passed and sees in repr(result)
        assert f"Hint {hint} is about this." in result.children[0].html


@pytest.mark.parametrize(
    ("name", "answer"), sampled(answers.RACES, every=5), ids=[answer.__name__ for _, answer in answers.RACES]
)
def test_a_race_in_an_answer_is_found_each_time_and_its_shortest_schedule_is_shown(tried, name, answer):
    def broken():
        """How many schedules break it, and who sends which command in the shortest; values may differ, as times do."""
        report = tried(name, answer)
        shown = [each.seen.partition("The shortest: ") for each in report.findings if "The shortest: " in each.seen]
        return [
            (before.split(", in ")[-1], re.findall(r"\b([AB]): (\w+|†)", schedule)) for before, _, schedule in shown
        ]

    first = broken()
    assert first and all(many and schedule for many, schedule in first)
    assert broken() == first


@each_exercise
def test_untouched_it_says_not_yet(task, name):
    shown = task(name)
    result = shown.check(written(shown.text.starter))
    assert not result.passed
    assert "Not yet" in repr(result) and "the gap is as it was" in repr(result)


@each_exercise
def test_there_are_wrong_answers_and_hints_enough(name):
    assert len(answers.WRONG[name]) >= 3 and answers.RIGHT[name]
    text, hinted = Text.of(LESSONS.exercises[name]), [check.hint for check in LESSONS.exercises[name].requirements()]
    assert len(text.hints) >= 3
    assert sorted(hinted) == [*range(1, len(text.hints) + 1)]  # one requirement a hint
    assert {*hinted} == {hint for _, hint, _ in answers.WRONG[name]}
    assert len(text.starter.splitlines()) <= 20


def test_no_two_exercises_of_a_notebook_ask_for_a_function_of_the_same_name():
    for notebook in LESSONS.notebooks:
        names = [written(Text.of(each).starter).__name__ for each in notebook.exercises.values()]
        assert len(set(names)) == len(names)


def test_the_takeaways_name_every_exercise():
    (table,) = [cell.source for cell in cells(NOTEBOOKS[6]) if cell.id == "skills-table"]
    assert {Text.of(each).title for each in LESSONS.exercises.values()} == set(re.findall(r"\*(\w[^*]+)\*", table))
