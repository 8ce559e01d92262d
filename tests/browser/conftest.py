"""One JupyterLab and one Chromium for all browser tests, and a page for each of them, or for each notebook of the course."""

import os
import shutil
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.browser.jupyterlab import FLAGS, JupyterLab, Notebook, chromium
from tests.conftest import lacks, needs

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
# A container that comes or goes is a change of network to Chromium, at which it gives up what it has asked for: kernels
# behind these pages start none, unless somebody wants that. What a page shows does not depend on where its Redis is.
NO_CONTAINER = "bundled" if lacks("redis-server") else "local"
ENVIRONMENT = {"REDISLAB_BACKEND": os.environ.get("REDISLAB_BACKEND", NO_CONTAINER)}


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


def course(folder: Path) -> Path:
    """A copy of the course's notebooks."""
    return Path(shutil.copytree(NOTEBOOKS, folder, ignore=shutil.ignore_patterns(".*")))


@pytest.fixture(scope="session")
def jupyterlab(tmp_path_factory):
    """A running JupyterLab that shows a copy of the course's notebooks."""
    needs("browser")
    home = tmp_path_factory.mktemp("jupyterlab")
    folder = course(home / "notebooks")
    with closing(JupyterLab(folder, home, **ENVIRONMENT)) as server:
        server.wait()
        yield server


@pytest.fixture(scope="package")
def context(tmp_path_factory):
    """One Chromium for all browser tests, which keeps JupyterLab's code as it has compiled it.

    While it is there, Playwright has an event loop running in this thread: it ends with the last of them.
    """
    needs("browser")
    from playwright.sync_api import sync_playwright

    profile = tmp_path_factory.mktemp("chromium")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch_persistent_context(profile, executable_path=chromium(), args=FLAGS)
        yield running
        running.close()


@contextmanager
def faultless(shot: str):
    """Gives `opened(page)`, which returns the page. At the end all are pictured and closed, and none may have met with an error."""
    pages = []

    def opened(page):
        pages.append(page)
        return page

    yield opened
    for page in pages:
        page.shoot(shot.format(Path(page.name).stem))
        page.close()
    for page in pages:
        assert not (faults := [*page.errors, *page.strays]), faults


@pytest.fixture
def open_notebook(jupyterlab, context):
    """`open_notebook(name, **options)` opens it in a new page. At the end nothing may have gone wrong in any of them."""
    with faultless("{}-last") as opened:
        yield lambda name, **options: opened(Notebook(context, jupyterlab, name, **options))
