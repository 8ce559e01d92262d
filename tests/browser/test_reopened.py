"""A learner comes back to a notebook whose kernel was ended meanwhile, as a Binder does when nobody did anything."""

import nbformat

from tests.browser.jupyterlab import write
from tests.browser.on_page import OnPage

START = "from redislab import labs, panel, start\nlab = start()\nlab"
SHOWN = "panel(labs.FirstContact())"
ADVICE = "The kernel behind this has ended. Run this cell again"
SAID_OF = "(el) => getComputedStyle(el, '::after').content"


def reopen(notebook) -> None:
    notebook.page.reload()
    notebook.page.wait_for_function("window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel")


def test_what_a_dead_kernel_left_says_what_to_do_and_run_all_brings_it_back(jupyterlab, open_notebook):
    path = jupyterlab.folder / "reopened.ipynb"
    write(path, START, SHOWN)
    notebook = open_notebook(path.name)
    notebook.run_all()
    OnPage(notebook, 0).start()
    page = notebook.page
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    # If the server ends the kernel, expect that the panel on the open page says so
    kernel = page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.id")
    page.request.delete(f"{jupyterlab.url}/api/kernels/{kernel}?token={jupyterlab.token}")
    page.locator(".rl-gone", has_text=ADVICE).wait_for()
    notebook.shoot("kernel-is-gone")
    # If the page is loaded again, expect the advice instead of JupyterLab's error
    reopen(notebook)
    lost = page.locator(".jp-OutputArea-output.jupyter-widgets")
    lost.wait_for()
    assert ADVICE in lost.evaluate(SAID_OF)
    notebook.shoot("reopened")
    # and in a file that comes from elsewhere, the advice that is part of it
    foreign = nbformat.read(path, as_version=4)
    foreign.cells.append(nbformat.v4.new_markdown_cell("From elsewhere"))
    nbformat.write(foreign, path)
    reopen(notebook)
    page.locator(".jp-OutputArea-output", has_text=ADVICE).wait_for()
    # and that all is well when the cells are run again
    notebook.run_all()
    OnPage(notebook, 0).start()
    assert page.locator(".rl-gone").count() == 0
    assert all("odel not found" in error for error in notebook.errors)
    notebook.errors.clear()
