"""The course in other front ends than a plain JupyterLab: its first notebook, with a quiz; and one that blocks widgets."""

import json
from contextlib import closing

import nbformat
import pytest

from redislab.screen.page import NO_PAGE
from tests.browser.conftest import ENVIRONMENT, course, faultless
from tests.browser.jupyterlab import JupyterLab, Notebook, Notebook7, write
from tests.browser.on_page import OnPage
from tests.conftest import needs

FRONTS = {"notebook-7": (Notebook7, ""), "jupyterlab-base-url": (JupyterLab, "/user/ada")}  # and the path of its pages
FOLDER = "Übung für Müller"
FIRST = "00_start_here.ipynb"


@pytest.fixture(params=FRONTS)
def front(request, context, tmp_path):
    """The first notebook in a front end's page; nothing may have gone wrong on it, nor beside the server's path."""
    needs("browser")
    kind, base = FRONTS[request.param]
    environment = ENVIRONMENT | {"REDISLAB_PROGRESS": str(tmp_path / "progress.sqlite")}
    path = course(tmp_path / FOLDER) / FIRST
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell("from redislab import quiz\nquiz('write-through')"))
    nbformat.write(notebook, path)
    with (
        closing(kind(tmp_path, tmp_path / "home", base, **environment)) as server,
        faultless(f"front-{request.param}") as opened,
    ):
        server.wait()
        yield opened(Notebook(context, server, f"{FOLDER}/{FIRST}"))


def test_a_panel_measures_a_guess_is_kept_and_a_quiz_answers(front):
    front.run_all()
    page = front.page
    # If a guess is kept, expect it in the kernel as it was shown
    guess = page.locator(".rl-guess", has_text="Redis' own share")
    guess.get_by_role("slider").press("Home")
    guess.get_by_role("button", name="Keep my guess").click()
    front.until("guess.text == '0 %'")
    # If a knob is turned, expect it on the curves
    panel = OnPage(front, 0)
    panel.start()
    drawn = panel.drawn()
    panel.here.get_by_role("slider", name="Added round trip").press("End")
    panel.until("panel.recording.last['rtt'] > 0")
    panel.goes_on(drawn)
    # and that the quiz says what was right
    question = page.locator(".rl-question-of-quiz").first
    question.get_by_role("button").nth(1).click()
    question.locator(".rl-feedback.rl-right", has_text="Right.").wait_for()


@pytest.mark.tour
def test_a_policy_that_blocks_widgets_is_said_by_the_kernel(context, tmp_path):
    policy = {"Content-Security-Policy": "script-src 'self' 'unsafe-inline' 'unsafe-eval'"}
    (tmp_path / "config").mkdir()
    settings = {"ServerApp": {"tornado_settings": {"headers": policy}}}
    (tmp_path / "config" / "jupyter_server_config.json").write_text(json.dumps(settings))
    write(tmp_path / "blocked.ipynb", "from redislab import predict\npredict('How many?', 0, 10)")
    with closing(JupyterLab(tmp_path, tmp_path, **ENVIRONMENT)) as server:
        server.wait()
        notebook = Notebook(context, server, "blocked.ipynb")
        notebook.run_cell(0)
        notebook.page.locator(".jp-OutputArea-output", has_text=NO_PAGE).wait_for()
        assert any("Content Security Policy" in error and "blob:" in error for error in notebook.errors)
        notebook.close()
