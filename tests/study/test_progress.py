"""What was done outlives the kernel, whoever else writes to the file and whatever becomes of it."""

import ast
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime

import ipywidgets as widgets
import pytest

from redislab import predict, quiz
from redislab import progress as card
from redislab.errors import ProgressError
from redislab.lessons import LESSONS
from redislab.study import progress
from redislab.study.progress import counting, dump, latest, merge, note, notes
from redislab.study.quizzes import Page
from redislab.study.texts import Text
from tests.notebooks import NOTEBOOKS, code_cells

MANY = 150
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
WRITER = f"""
import sys
from redislab.study.progress import note
print("ready", flush=True)
sys.stdin.readline()
for number in range({MANY}):
    note("claim", sys.argv[1] + str(number), text="x" * 200)
"""


def database(*statements: str) -> bytes:
    """The content of some SQLite file."""
    made = sqlite3.connect(":memory:")
    for statement in statements:
        made.execute(statement)
    return made.serialize()


FOREIGN = {
    "text": b"My thesis\n",
    "bytes": b"\xff\xfe\x00",
    "another program's": database("CREATE TABLE notes (text)"),
    "a newer course's": database(f"PRAGMA application_id = {progress.APPLICATION}", "PRAGMA user_version = 99"),
    "torn": b"SQLite format 3\x00" + b"x" * 2000,
}


@pytest.fixture
def shown():
    made = card()
    yield made
    made.close()


def test_kernels_that_write_at_once_lose_nothing():
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for name in "ab"
    ]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.stdin.write("\n")
        writer.stdin.flush()
    assert [writer.communicate() and writer.returncode for writer in writers] == [0, 0]
    assert {one["id"] for one in notes()} == {f"{name}{number}" for name in "ab" for number in range(MANY)}


@pytest.mark.parametrize("content", FOREIGN.values(), ids=FOREIGN)
def test_a_file_that_is_no_progress_is_set_aside_with_a_sentence(progress_file, capsys, content):
    progress_file.write_bytes(content)
    note("claim", "one")
    said = capsys.readouterr().out
    (aside,) = progress_file.parent.glob("*set-aside*")
    assert aside.name in said and said.count("\n") == 1
    assert aside.read_bytes() == content
    assert [one["id"] for one in notes()] == ["one"]


def test_half_a_character_is_no_reason_to_lose_a_note():
    note("claim", "half a character \ud83d", text="\ud83d")
    assert [one["id"] for one in notes()] == ["half a character ?"]


def test_where_nothing_can_be_written_it_is_said_once_and_kept_until_it_can(progress_file, monkeypatch, capsys):
    # Given a folder that is none
    progress_file.write_bytes(b"")
    monkeypatch.setenv("REDISLAB_PROGRESS", str(progress_file / "progress.jsonl"))
    for name in "ab":
        note("claim", name)
    said = capsys.readouterr().out
    assert said.count("\n") == 1 and "set REDISLAB_PROGRESS to a file that can be written" in said
    assert said.strip() == progress.write_error
    # If it is asked for, expect it all the same; and once there is a file, in the file
    assert [one["id"] for one in notes()] == ["a", "b"]
    monkeypatch.setenv("REDISLAB_PROGRESS", str(progress_file))
    note("claim", "c")
    assert len(progress._read(progress_file)) == 3 and progress.write_error == ""


def made(kind: str, id: str, second: int, **facts) -> dict:
    return {"kind": kind, "id": id, "at": f"2026-01-01T00:00:{second:02}.000000+00:00", **facts}


def test_of_two_files_every_attempt_the_first_answer_and_the_last_guess_count():
    here = [made("exercise", "e", 1), made("question", "q", 4, right=True), made("guess", "g", 3, value=1)]
    there = [made("exercise", "e", 6), made("question", "q", 2, right=False), made("guess", "g", 5, value=2)]
    both = counting([*here, *there])
    assert both == counting([*there, *here]) == counting([*both, *here])
    assert both == [here[0], there[1], there[2], there[0]]  # by their time


def test_what_is_brought_back_loses_nothing_and_counts_once(progress_file):
    note("exercise", "single-flight", passed=True)
    note("guess", "How much?", value=1.0)
    taken = dump()
    progress_file.unlink()  # the machine has died
    note("guess", "How much?", value=2.0)
    assert merge(taken) == 1  # the guess that was made since is newer
    assert merge(taken) == 0
    assert latest("guess", "How much?")["value"] == 2.0
    assert latest("exercise", "single-flight")["passed"] is True


def test_the_card_brings_a_file_back_and_names_a_wrong_one(shown, tmp_path):
    note("exercise", "single-flight", passed=True)
    shown.save(tmp_path / "taken.sqlite")
    upload = next(each for each in shown.children[-1].children if isinstance(each, widgets.FileUpload))
    for content, says in [
        (b"My thesis", "no progress file"),
        ((tmp_path / "taken.sqlite").read_bytes(), "no new notes"),
    ]:
        file = {"name": "<chosen>", "type": "", "size": len(content), "content": content, "last_modified": LONG_AGO}
        upload.value = (file,)
        assert f"&lt;chosen&gt;: {'This is ' * (content[:2] == b'My')}{says}" in shown._said.html
    with pytest.raises(ProgressError):
        shown.load(__file__)


def test_the_card_follows_what_is_done_and_closing_leaves_nothing():
    before = len(widgets.widgets.widget._instances)
    shown, names = card(), list(LESSONS.notebooks[1].exercises)
    assert f"<td class='rl-number'>0 of {len(names)}</td>" in shown._sections.html
    for name in names:
        note("exercise", name, passed=False)
        note("exercise", name, passed=True)
    assert f"<td class='rl-met'>✓ {len(names)} of {len(names)}</td>" in shown._sections.html
    assert list(shown.table["attempts"]) == [2] * len(names)
    # If it is shown again, expect it once
    again = card()
    assert shown.comm is None and len(progress.listeners) == 1
    again.close()
    assert len(widgets.widgets.widget._instances) == before and not progress.listeners


def test_a_guess_comes_back_in_another_kernel_beside_what_was_measured(shown):
    guess = predict("What share?", 0, 100, unit="%", key="hits")
    guess.keep(70.0)
    guess.found = 68.94
    guess.close()  # and nothing but the file knows of it
    assert predict("What share?", 0, 100, unit="%", key="hits").text == "70 %"
    assert "<td>What share?</td><td>70 %</td><td>68.9 %</td>" in shown._guesses.html
    # If it cannot be given here, or was taken back, expect none
    assert predict("What share?", 0, 50, unit="%", key="hits").value is None
    assert predict("What share?", options=["70.0", "80.0"]).value is None
    predict("What share?", 0, 100, unit="%", key="hits").keep(None)
    last = predict("What share?", 0, 100, unit="%", key="hits")
    assert last.value is None and shown._guesses.html == ""
    last.close()


def test_no_two_guesses_of_the_course_ask_the_same():
    """They are told apart by their questions."""
    calls = [
        ast.unparse(call.args[0])
        for path in NOTEBOOKS
        for cell in code_cells(path)
        for call in ast.walk(ast.parse(cell.source))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "predict"
    ]
    assert len(calls) > 20 and len(calls) == len(set(calls))


def test_each_attempt_at_an_exercise_is_noted_and_its_card_says_when_it_was_passed(task):
    text, scope = Text.of(LESSONS.exercises["in-chunks"]), {"__name__": "__main__"}
    shown = task("in-chunks")
    for code in (text.starter, text.starter.replace("return values", "return None"), text.solution):
        exec(code, scope)
        shown.check(scope["read"])
    assert [one["passed"] for one in notes()] == [False, True]  # what came with the notebook is no attempt
    assert "at attempt 2" in shown._mark.html
    assert "at attempt 2" in task("in-chunks")._mark.html


def test_the_first_answer_to_a_question_is_noted_and_told():
    asked = quiz("pools")
    pytest.importorskip("IPython.core.interactiveshell").InteractiveShell.instance()
    page = Page(asked)
    assert page.summary == ""
    for number, right in [(1, False), (1, True), (0, True)]:
        page.heard({"number": number, "right": right})
    page.refresh()
    assert page.summary == f"2 of {len(asked.questions)} answered, 1 right the first time."
    assert notes()[0]["quiz"] == "pools"
    page.close()
    # If it is shown again and again, expect it once
    counts = [asked._repr_mimebundle_() and len(widgets.widgets.widget._instances) for _ in range(3)]
    assert counts[0] == counts[1] == counts[2]
