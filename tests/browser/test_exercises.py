"""Exercises, quizzes and progress on a page, by mouse and by keyboard. That nothing is fetched from elsewhere, every page's end checks."""

import re
import sqlite3
import struct
from contextlib import closing

import pytest

from redislab.lessons import LESSONS
from redislab.study.quizzes import NOT_MEASURED
from redislab.study.texts import Text
from tests.browser.jupyterlab import Notebook, write

TEXT = Text.of(LESSONS.exercises["write-order"])
WRONG = """
import json

def put_user(client, source, keys, id, record):
    print("saving", record["name"])
    source.save(id, record)
    client.set(keys.user(id), json.dumps(record), ex=60)
"""
CELLS = [
    "from IPython.display import Markdown\nfrom redislab import exercise, quiz, start\nlab = start()\nMarkdown(r'$\\lambda p T$')",
    "task = exercise('write-order')\ntask",
    TEXT.starter,
    "task.check(put_user)",
    WRONG,
    "task.check(put_user)",
    TEXT.solution,
    "task.check(put_user)",
    "quiz('write-through')",
    "from redislab import progress\nprogress()",
    "from redislab import scorecard\nscorecard()",
]
MEASURED = "'measurement', 'Races that leave cache and database different', found=38.0, unit='%'"
GUESSED = "'guess', 'Races that leave cache and database different', value=9, unit='%'"
TASK, UNTOUCHED, CHECKED, PASSED, QUIZ, PROGRESS, SCORECARD = 1, 3, 5, 7, 8, 9, 10


def noted(notebook, what: str) -> None:
    notebook.ask(f"__import__('redislab.study.progress', fromlist=['x']).note({what})")


def run(notebook, *indices: int) -> None:
    for index in indices:
        notebook.run_cell(index)


@pytest.fixture(scope="module")
def page(jupyterlab, context):
    write(jupyterlab.folder / "exercises.ipynb", *CELLS)
    opened = Notebook(context, jupyterlab, "exercises.ipynb")
    yield opened
    opened.close()


@pytest.fixture
def notebook(page):
    page.show(0)
    yield page
    page.check()


@pytest.mark.parametrize("dark", [True, False], ids=["dark", "light"])  # JupyterLab keeps the last
def test_a_task_its_hints_and_what_a_check_says(notebook, dark):
    notebook.theme(dark)
    run(notebook, TASK, 2, UNTOUCHED)
    page = notebook.page
    page.locator(".rl-result h3", has_text="Not yet: 0 of 6").wait_for()
    page.locator(".rl-result", has_text="the gap is as it was").wait_for()
    # Hints open and close by the keyboard
    task = page.locator(".rl-task:not(.rl-result)")
    hint = task.get_by_role("button", name="Hint 3")
    hint.focus()
    hint.press("Enter")
    task.locator(".rl-hint", has_text="Before the commit is too early").wait_for()
    task.get_by_role("button", name="Solution").click()
    task.locator(".rl-source", has_text="client.delete(keys.user(id))").wait_for()
    notebook.shoot(f"exercise-{dark}")
    hint.press("Enter")
    task.locator(".rl-hint", has_text="Before the commit is too early").wait_for(state="hidden")
    # A check says what was seen, what was printed, and which hint is meant
    run(notebook, 4, CHECKED)
    result = page.locator(".rl-result", has_text="5 of 6 requirements met")
    result.locator(".rl-not-met", has_text="the cache holds 'New Name', in 2 of 6 schedules.").wait_for()
    assert "Hint 5 is about this." in result.locator(".rl-not-met").inner_text()
    assert result.locator(".rl-met").count() == 5
    assert "saving New Name" in result.locator("pre").inner_text()
    result.get_by_role("button", name="Hint 5").click()
    result.locator(".rl-hint", has_text=TEXT.hints[4].split(".")[0]).wait_for()
    notebook.shoot(f"exercise-checked-{dark}")
    # and with the solution it has passed; the former results are gone
    run(notebook, 6, PASSED)
    page.locator(".rl-result h3", has_text="Passed: 6 of 6").wait_for()
    assert page.locator(".rl-result").count() == 1
    task.locator(".rl-mark", has_text="passed on").wait_for()


def takes_it_away_and_brings_it_back(notebook) -> None:
    """By the keyboard alone, and what is in the file is what was clicked on."""
    card = notebook.page.locator(".rl-task", has_text="Your progress")
    line = card.locator("tr", has_text="01 Caching patterns")
    assert re.fullmatch(r"[1-9]\d* of \d+", line.locator("td").nth(2).inner_text())
    notebook.shoot("progress")
    with notebook.page.expect_download() as download:
        card.get_by_role("button", name="Download").press("Enter")
    taken = download.value.path()
    assert download.value.suggested_filename == "redislab-progress.sqlite"
    with closing(sqlite3.connect(taken)) as database:
        assert ("question", '{"right": false, "quiz": "write-through"}') in database.execute(
            "SELECT kind, facts FROM notes"
        ).fetchall()
    with notebook.page.expect_file_chooser() as chooser:
        card.get_by_role("button", name="Bring back").press("Enter")
    chooser.value.set_files(taken)
    card.get_by_text("no new notes").wait_for()


def test_a_quiz_explains_each_answer_and_the_first_one_is_kept(notebook):
    run(notebook, QUIZ, PROGRESS)
    quiz = notebook.page.locator(".rl-question-of-quiz")
    quiz.nth(1).wait_for()
    assert quiz.count() == 3
    # If the wrong answer is clicked on, expect why it is wrong
    choices = quiz.first.get_by_role("button")
    choices.first.click()
    quiz.first.locator(".rl-feedback.rl-wrong", has_text="No.").wait_for()
    # and what the learner's panel measured, as soon as it has
    own = quiz.first.locator(".rl-own")
    assert own.inner_text() == NOT_MEASURED and not quiz.nth(1).locator(".rl-own").is_visible()
    noted(notebook, MEASURED)
    own.filter(has_text="left 38.0 % of the races").wait_for()
    assert "✗" in quiz.first.locator(".rl-wrong").first.evaluate("(el) => getComputedStyle(el, '::after').content")
    # If the arrow keys pass over another answer, expect that nothing is answered
    choices.first.press("ArrowDown")
    assert quiz.first.locator(".rl-feedback.rl-wrong").count() == 1
    # and if that is then pressed, why it is right
    choices.nth(1).press("Enter")
    quiz.first.locator(".rl-feedback.rl-right", has_text="Right.").wait_for()
    notebook.page.locator(".rl-quiz small", has_text="1 of 3 answered, 0 right the first time.").wait_for()
    notebook.shoot("quiz")
    takes_it_away_and_brings_it_back(notebook)
    # JupyterLab's own formulas are still set
    assert notebook.page.locator("mjx-container").count() == 1


def test_the_scorecard_is_taken_away_as_a_picture_and_as_a_file_that_needs_nothing_else(notebook, tmp_path):
    noted(notebook, GUESSED)
    noted(notebook, MEASURED)
    run(notebook, SCORECARD)
    page = notebook.page
    page.locator(".rl-page", has_text="you guessed 9 %, this machine measured 38.0 %").wait_for()
    page.get_by_label("Name on the card").fill("Ada <i>")
    page.locator(".rl-page h1", has_text="Ada <i>").wait_for()
    notebook.shoot("scorecard")
    with page.expect_download() as download:
        page.get_by_role("button", name="PNG").click()
    head = download.value.path().read_bytes()[:24]
    assert head.startswith(b"\x89PNG") and all(side > 800 for side in struct.unpack(">II", head[16:]))
    with page.expect_download() as download:
        page.get_by_role("button", name="HTML").click()
    download.value.save_as(tmp_path / "card.html")
    opened, asked = page.context.new_page(), []
    opened.on("request", lambda request: asked.append(request.url))
    papers = []
    for scheme in ("light", "dark"):
        opened.emulate_media(color_scheme=scheme)
        opened.goto((tmp_path / "card.html").as_uri())
        papers.append(opened.locator("main").evaluate("(el) => getComputedStyle(el).backgroundColor"))
    assert papers[0] == "rgb(255, 255, 255)" and sum(map(int, re.findall(r"\d+", papers[1]))) < 100
    assert all(url.startswith("file:") for url in asked)
    assert opened.locator("h1").inner_text() == "Ada <i>"
    opened.locator("td", has_text="Races that leave cache and database different").wait_for()
    point = opened.locator("svg path title", has_text="guessed 9 %, measured 38.0 %")
    assert point.count() == 1 and opened.locator("svg .rl-too-low").count() == 1
    opened.close()
