"""A real JupyterLab or Notebook 7, and a notebook open in it in headless Chromium. Traffic goes to 127.0.0.1 only."""

import ast
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import quote

from redislab.world.processes import free_port

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--force-color-profile=srgb",
]  # fmt: skip
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"windowingMode": "defer"},
}
BUSY = "import time\nbegan = time.monotonic()\nwhile time.monotonic() < began + 4: pass"
QUIET = (
    "favicon",
    "ResizeObserver loop",
    "restore the debugger state",
    "ERR_NETWORK_CHANGED",  # containers beside come and go, and JupyterLab asks again
    "reading 'schema'",  # Notebook 7, of a menu's settings, with any notebook
    "reading 'type'",  # JupyterLab 4.4, of a heading in its table of contents
)  # what JupyterLab itself has to say now and then


def chromium() -> str | None:
    """Where Chromium is, if it is installed."""
    return shutil.which("chromium") or shutil.which("google-chrome")


class PageServer:
    """A program that serves pages, on a free port; what it writes for itself lives in `home`. `environment` is for its kernels, too."""

    base = ""  # where on its host its pages are

    def __init__(self, home: Path, **environment: str):
        self.home, self.port, self.environment = home, free_port(), environment

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.base}"

    def run(self, command, **options) -> None:
        folders = {
            "_CONFIG": "config",
            "_RUNTIME": "runtime",
            "LAB_SETTINGS": "settings",
            "LAB_WORKSPACES": "workspaces",
        }
        places = {f"JUPYTER{name}_DIR": str(self.home / folder) for name, folder in folders.items()}
        places["IPYTHONDIR"] = str(self.home / "ipython")
        self.log = (self.home / "server.log").open("wb")
        self.process = subprocess.Popen(
            command,
            env=os.environ | places | self.environment,
            stdout=self.log,
            stderr=self.log,
            start_new_session=True,
            **options,
        )

    def said(self) -> str:
        """The end of its log."""
        return Path(self.log.name).read_text()[-2000:]

    def close(self) -> None:
        """End it; it ends its kernels."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


class JupyterLab(PageServer):
    """One that shows `folder`, under the URL's path `base`."""

    program = "jupyterlab"

    def __init__(self, folder: Path, home: Path, base: str = "", **environment: str):
        super().__init__(home, **environment)
        self.folder, self.base, self.token = folder, base, secrets.token_hex(16)
        for name, settings in SETTINGS.items():
            self.set(name, settings)
        command = [
            sys.executable, "-m", self.program, "--no-browser", "--allow-root", "--expose-app-in-browser",
            f"--ServerApp.root_dir={folder}", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={self.port}",
            f"--ServerApp.base_url={base}/", "--ServerApp.port_retries=0", f"--IdentityProvider.token={self.token}",
        ]  # fmt: skip
        self.run(command)

    def set(self, name: str, settings: dict) -> None:
        """Write a plugin's settings, for the pages that are opened from now on."""
        path = self.home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(settings))

    def address(self, name: str) -> str:
        """The page of a notebook, on which nothing of an earlier page is restored."""
        return f"{self.url}/lab/workspaces/{secrets.token_hex(4)}/tree/{quote(name)}?token={self.token}"

    def wait(self, timeout: float = 60.0) -> None:
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/api", timeout=2):
                    return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"{self.program} did not start: {self.said()}")


class Notebook7(JupyterLab):
    """The same with a page for each notebook, and nothing beside it."""

    program = "notebook"

    def address(self, name: str) -> str:
        return f"{self.url}/notebooks/{quote(name)}?token={self.token}"


class Notebook:
    """One notebook in one page. Collects what goes wrong: console errors, and requests that leave this machine."""

    def __init__(self, context, lab: JupyterLab, name: str, *, width=1280, height=900, dark=False):
        self.lab, self.name = lab, name
        self.page = context.new_page()
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.set_default_timeout(60_000)
        self.errors: list[str] = []
        self.strays: list[str] = []
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self._note((error.stack or str(error))[:800]))
        self.page.on("request", self._asked)
        self.open(dark)

    def open(self, dark: bool = False) -> None:
        self.page.goto(self.lab.address(self.name))
        opened = "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel"
        self.page.wait_for_function(opened, timeout=120_000)  # a context's first page finds nothing in its cache
        if dark:
            self.theme(dark)

    def theme(self, dark: bool) -> None:
        """JupyterLab keeps it, also for the pages that are opened later."""
        self.command("apputils:change-theme", theme=f"JupyterLab {'Dark' if dark else 'Light'}")
        self.page.wait_for_selector(f"body[data-jp-theme-light='{str(not dark).lower()}']", state="attached")

    def command(self, name: str, **arguments) -> None:
        self.page.evaluate("([name, args]) => { window.jupyterapp.commands.execute(name, args) }", [name, arguments])

    def run_all(self, timeout: float = 120.0) -> None:
        """Run every cell, and wait until the kernel has done so, or has met with an error."""
        self.page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells') }")
        self.page.wait_for_function(
            "() => { const cells = window.jupyterapp.shell.currentWidget.content.widgets.map((cell) => cell.model)"
            " .filter((cell) => cell.type === 'code' && cell.sharedModel.source.trim());"
            " return cells.every((cell) => cell.executionCount)"
            " || cells.some((cell) => cell.outputs.toJSON().some((output) => output.output_type === 'error')) }",
            timeout=1000 * timeout,
        )
        assert not self.cell_errors(), self.cell_errors()

    def run_cell(self, index: int) -> None:
        self.page.evaluate(
            "(index) => { const notebook = window.jupyterapp.shell.currentWidget.content;"
            " notebook.activeCellIndex = index; return window.jupyterapp.commands.execute('notebook:run-cell') }",
            index,
        )

    def keep_busy(self, index: int) -> None:
        """Run this cell, such as BUSY, and go on as soon as the kernel is busy."""
        self.page.evaluate(
            "(index) => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = index;"
            " window.jupyterapp.commands.execute('notebook:run-cell') }",
            index,
        )
        self.page.wait_for_function(
            "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'busy'"
        )

    def show(self, *indices: int) -> None:
        """Run these cells; of what was shown before nothing is left on the page, nor at work in the kernel."""
        self.ask(
            "[each.close() for each in list(__import__('redislab.screen.block', fromlist=['x']).Block._shown.values())]"
        )
        self.page.evaluate("() => window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
        for index in indices:
            self.run_cell(index)

    def ask(self, expression: str):
        """The value of a Python expression in the notebook's kernel, asked beside the cells; it has to be a literal."""
        reply = self.page.evaluate(
            "async (expression) => { const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;"
            " const done = kernel.requestExecute({ code: '', user_expressions: { it: expression }, store_history: false }).done;"
            " return (await done).content.user_expressions.it }",
            expression,
        )
        assert reply["status"] == "ok", f"{expression}: {reply.get('evalue')}"
        return ast.literal_eval(reply["data"]["text/plain"])

    def until(self, expression: str, timeout: float = 60.0):
        """Ask until the answer is true, and return it."""
        deadline = time.monotonic() + timeout
        while not (answer := self.ask(expression)):
            assert time.monotonic() < deadline, f"still not after {timeout:.0f} s: {expression}"
            self.page.wait_for_timeout(100)
        return answer

    def plots(self, scope: str = "") -> list:
        """What each plot on the page draws: a list of its traces' names, x and y."""
        return self.page.evaluate(
            "(scope) => [...document.querySelectorAll(scope + ' .js-plotly-plot')].map((plot) =>"
            " plot.data.map(({ name, x, y }) => ({ name, x: [...(x ?? [])], y: [...(y ?? [])] })))",
            scope,
        )

    def shows(self, texts) -> None:
        """Wait until the text's images, from top to bottom, have these alternative texts, and each of them is displayed.

        JupyterLab makes a cell of text when it comes into sight.
        """
        self.page.evaluate(
            "async () => { const notebook = window.jupyterapp?.shell?.currentWidget?.content;"
            " for (const [index, cell] of (notebook?.widgets ?? []).entries())"
            " if (cell.model.sharedModel.source.includes('](images/')) await notebook.scrollToItem(index) }"
        )
        images = "[...document.querySelectorAll('.jp-RenderedMarkdown img')].filter((each) => each.naturalWidth)"
        same = f"(texts) => JSON.stringify({images}.map((each) => each.alt)) === JSON.stringify(texts)"
        self.page.wait_for_function(same, arg=list(texts))

    def cell_errors(self) -> list[str]:
        """The tracebacks among the outputs."""
        return self.page.evaluate(
            "() => window.jupyterapp.shell.currentWidget.content.widgets.flatMap((cell) =>"
            " (cell.model.outputs?.toJSON() ?? []).filter((o) => o.output_type === 'error').map((o) => o.traceback.slice(-3).join(' ')))"
        )

    def check(self) -> None:
        """Nothing has gone wrong since the last check: no cell, nothing on the console, no request that has left this machine."""
        faults = [*self.cell_errors(), *self.errors, *self.strays]
        self.errors.clear()
        self.strays.clear()
        assert not faults, faults

    def shoot(self, name: str, **options) -> None:
        """Save a picture, where REDISLAB_SCREENSHOTS says."""
        if folder := os.environ.get("REDISLAB_SCREENSHOTS"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=Path(folder) / f"{name}.png", **options)

    def close(self) -> None:
        """Shut the kernel down, and close the page."""
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget?.sessionContext.shutdown()")
        self.page.close()

    def _heard(self, message) -> None:
        if message.type == "error":
            self._note(f"{message.text} ({message.location.get('url', '')})")

    def _note(self, error: str) -> None:
        if "blob:" in error or not any(word in error for word in QUIET):  # scripts of widgets are blobs
            self.errors.append(error)

    def _asked(self, request) -> None:
        if not request.url.startswith((self.lab.url, "data:", "blob:")):
            self.strays.append(request.url)


def write(path: Path, *cells: str) -> None:
    """A notebook of these code cells."""
    import nbformat  # here: it takes 4 s, of whoever collects tests

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell.strip()) for cell in cells])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, path)
