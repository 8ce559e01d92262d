"""`python -m redislab class FILES`: what it says of many files, and that it leaves every one of them as it was."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from redislab.command import main
from redislab.lessons import LESSONS, class_summary
from redislab.study.class_report import page
from redislab.study.classroom import Class
from redislab.study.progress import APPLICATION, note
from tests.study.test_progress import FOREIGN, database

EXERCISE = "in-chunks"
REQUIREMENT = LESSONS.exercises[EXERCISE].requirements()[0].says
QUIZ, (QUESTION, *_) = next(iter(LESSONS.quizzes.items()))
NOTES = "CREATE TABLE notes (kind TEXT, id TEXT, at TEXT, facts TEXT, PRIMARY KEY (kind, id, at))"
OURS = f"PRAGMA application_id = {APPLICATION}", NOTES, "PRAGMA user_version = 1"
BAD = FOREIGN | {
    "empty": b"",
    "without notes": database(*OURS),
    "older": database(f"PRAGMA application_id = {APPLICATION}"),
    "edited": database(*OURS, "INSERT INTO notes VALUES ('guess', 'a', 'yesterday', '{}')"),
    "another shape": database(*OURS, "INSERT INTO notes VALUES ('guess', 'a', '2026-01-01', '[1]')"),
    "half": database(*OURS, "INSERT INTO notes VALUES (NULL, 'a', '2026-01-01', '{')"),
}


@pytest.fixture
def learner(tmp_path, monkeypatch):
    """`learner(name, guess, passed, …)` has a person do something, and returns the file."""

    def made(
        name: str, guess: float = 10, passed=(False, True), found: float = 40.0, hints=(), right=True, says="How slow?"
    ):
        monkeypatch.setenv("REDISLAB_PROGRESS", str(tmp_path / f"{name}.sqlite"))
        note("guess", says, value=guess, unit="ms", low=0, high=1000)
        note("measurement", says, found=found, unit="ms", lab="TtlLab")
        for each in passed:
            note("exercise", EXERCISE, passed=each, missed=[] if each else [REQUIREMENT])
        for hint in hints:
            note("hint", f"{EXERCISE}: {hint}", exercise=EXERCISE, hint=hint)
        note("question", QUESTION["question"], right=right, quiz=QUIZ)
        return tmp_path / f"{name}.sqlite"

    return made


def test_guesses_and_where_people_got_stuck(learner):
    files = [
        learner("ann", 10, (False, True), 40.0, ["Hint 1"]),
        learner("ben", 20, (False, False), 50.0, ["Hint 1", "Solution"], right=False),
        learner("cem", 30, (True,), 60.0),
    ]
    them = Class(LESSONS, files)
    assert not them.skipped and len(them.learners) == 3
    (guessed,) = them.guesses
    assert guessed.quartiles == (15, 20, 25) and sorted(guessed.found) == [40, 50, 60]
    (tried,) = them.exercises
    assert (tried.tried, tried.passed, tried.stuck, tried.failed) == (3, 2, 1, 3)
    assert tried.missed == {REQUIREMENT: 3} and tried.hints == {"Hint 1": 2, "Solution": 1}
    (asked,) = them.questions
    assert (asked.answered, asked.right) == (3, 2)


def test_every_file_that_does_not_count_is_named_and_none_is_touched(learner, tmp_path, capsys):
    good = learner("good")
    for name, content in BAD.items():
        (tmp_path / f"{name}.sqlite").write_bytes(content)
    files = sorted(tmp_path.iterdir())
    before = [(file.read_bytes(), file.stat().st_mtime_ns) for file in files]
    status = main(["class", *map(str, files), str(tmp_path), str(tmp_path / "missing.sqlite")])
    said = capsys.readouterr()
    assert status == 3 and said.out.startswith("1 progress file. Questions guessed: 1; ")
    lines = said.err.splitlines()
    for name in [*BAD, "missing"]:
        (line,) = [line for line in lines if line.startswith(f"{tmp_path / name}.sqlite: left out. ")]
        assert line.endswith(".")
    assert len(lines) == len(BAD) + 2 and "Traceback" not in said.err
    assert [(file.read_bytes(), file.stat().st_mtime_ns) for file in sorted(tmp_path.iterdir())] == before
    # If none counts, or the page would take the place of one, expect that nothing is written
    assert main(["class", str(tmp_path / "empty.sqlite")]) == 2
    assert main(["class", str(good), "--html", str(good)]) == 2
    assert [(file.read_bytes(), file.stat().st_mtime_ns) for file in sorted(tmp_path.iterdir())] == before


def test_two_states_of_one_person_count_once_and_a_common_beginning_is_none(learner, tmp_path):
    monday = learner("monday")
    (tmp_path / "copy.sqlite").write_bytes(monday.read_bytes())
    (tmp_path / "friday.sqlite").write_bytes(monday.read_bytes())
    friday = learner("friday", 20)
    them = Class(LESSONS, [monday, tmp_path / "copy.sqlite", friday])
    assert [each.name for each in them.learners] == [str(friday)] and len(them.skipped) == 2
    assert all("the same person as" in each for each in them.skipped)
    # Given two people whose files began as one, with a single note
    with closing(sqlite3.connect(monday)) as begun, begun:
        begun.execute("DELETE FROM notes WHERE kind != 'question'")
    (tmp_path / "other.sqlite").write_bytes(monday.read_bytes())
    assert len(Class(LESSONS, [learner("monday"), learner("other")]).learners) == 2


EVIL = "[red]:email:<img src=x>\x1b[2J\u202eé"


def test_a_terminal_shows_whatever_stands_in_a_file_and_a_reader_may_leave_early(learner):
    files = [learner("ann", says=EVIL), learner("ben", says=EVIL)]
    command = [sys.executable, "-m", "redislab", "class", *map(str, files)]
    narrow = os.environ | {"PYTHONIOENCODING": "ascii", "COLUMNS": "100"}
    said = subprocess.run(command, capture_output=True, env=narrow)
    shown = said.stdout.decode("ascii")
    assert said.returncode == 0 and not said.stderr and ":email:" in shown and "[red]" in shown
    assert "\x1b" not in shown and max(map(len, shown.splitlines()[1:])) <= 100
    assert "ann.sqlite" not in shown and "Where people got stuck" in shown
    piped = subprocess.run(
        ["bash", "-c", '"$@" --names | head -c 1; echo ${PIPESTATUS[0]}', "-", *command],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert piped.stderr == "" and piped.stdout[1:].strip() == "0"


def test_the_page_needs_nothing_names_only_what_is_asked_for_and_brings_no_markup(learner, tmp_path, capsys):
    files = [learner("ann", says=EVIL), learner("ben", 30, says=EVIL)]
    shown = class_summary(files)
    html = page(shown.them)
    assert "&lt;img src=x&gt;" in html and "<img" not in html and "http" not in html and "<script" not in html
    assert html.count("<circle") == 2 and "ann.sqlite" not in html
    assert "ann.sqlite" in page(shown.them, names=True)
    shown.close()
    assert main(["class", *map(str, files), "--html", str(tmp_path / "class.html"), "--names"]) == 0
    assert "\nFiles" in capsys.readouterr().out and "ann.sqlite" in (tmp_path / "class.html").read_text("utf-8")
