"""What was done so far, as a card: exercises, questions, guesses beside what was measured, claims."""

from pathlib import Path

import ipywidgets as widgets

from redislab.errors import ProgressError
from redislab.screen.block import Block
from redislab.screen.controls import Button, Toolbar
from redislab.screen.show import Source
from redislab.screen.words import Words, escape, grid, measured, quantity
from redislab.study import progress as kept
from redislab.study.lessons import Lessons
from redislab.study.pages import Shown, Table
from redislab.study.tally import tallies, tally_table
from redislab.study.task import Styled

COLUMNS = ["kind", "what", "at", "attempts", "done", "guess", "measured", "unit"]


def show_progress(lessons: Lessons) -> "Progress":
    """The card; showing it again replaces the one that was there."""
    return Progress.show("progress", lessons)


class Progress(Block):
    """The card. It follows what is done in this kernel; Refresh fetches what was done in others."""

    def __init__(self, lessons: Lessons):
        self._lessons = lessons
        head = Styled(names=["rl-said"], html="<h3>Your progress</h3>")
        self._said = Words(names=["rl-said"], live="polite")
        self._sections, self._guesses = Shown(), Words(names=["rl-table", "rl-findings"])
        self._upload = widgets.FileUpload(accept=".sqlite", description="Bring back", icon="upload")
        self._upload.tooltip = "Add what a downloaded file knows; nothing that is here is lost"
        self._upload.add_class("rl-button").add_class("rl-upload").observe(self._brought, "value")
        others = "What was done in other notebooks meanwhile"
        self.toolbar = Toolbar(
            take=[
                Button("download", "Download", self._download, icon="download", tooltip="All of it, as one file"),
                Button("refresh", "Refresh", self.refresh, icon="refresh", tooltip=others),
            ]
        )
        buttons = widgets.HBox([self.toolbar, self._upload]).add_class("rl-steps")
        self._code = Words(names=["rl-said"], live="polite")
        self._asks = Toolbar(
            steps=[Button("keep", "Keep this code", self._keep), Button("leave", "Leave it out", self._leave_out)]
        )
        self._leave_out()
        super().__init__([head, self._sections, self._guesses, self._said, self._code, self._asks, buttons], "rl-task")
        kept.listeners.add(self.refresh)
        self.refresh()

    @property
    def table(self):
        """A pandas DataFrame with a row for each thing done: `done` is passed, for an exercise, and right at the first
        answer, for a question; `measured` is what the panel beside a guess showed when it rested last."""
        import pandas as pd

        return pd.DataFrame(done(), columns=COLUMNS)

    @property
    def _done(self) -> Table:
        tallied = tallies(self._lessons, kept.notes())
        return tally_table("", "notebook", [(each.title, each) for each in tallied])

    def save(self, path: str | Path) -> None:
        """Write all of it to a file, as Download does."""
        Path(path).write_bytes(kept.dump())

    def load(self, path: str | Path) -> None:
        """Add what such a file knows, as Bring back does; the later guess and the first answer count. Code in it is shown,
        and kept if you press so.

        Raises:
            ProgressError: it is no such file.
        """
        self._take(Path(path).read_bytes(), Path(path).name)

    def refresh(self) -> None:
        """Show what is in the file now."""
        rows = done()
        self._sections.html = self._done.html
        made = [[row["what"], _text(row, "guess"), _text(row, "measured")] for row in rows if row["kind"] == "guess"]
        self._guesses.html = grid([["guess", "yours", "measured last"], *made]) if made else ""
        claims = sum(row["kind"] == "claim" for row in rows)
        told = [f"{claims} claims measured on this machine."] if claims else []
        told.append(kept.write_error or f"It is kept in {kept.where().name}, which the notebooks of this folder share.")
        self._said.html = f"<p>{escape(' '.join(told))}</p>"

    def leave(self) -> None:
        kept.listeners.discard(self.refresh)

    def _download(self) -> None:
        self._said.download(kept.NAME, kept.dump())

    def _brought(self, change) -> None:
        for file in change.new:
            try:
                self._take(bytes(file["content"]), file["name"])
            except ProgressError as wrong:
                self._said.html = f"<p class='rl-alarm'>{escape(file['name'])}: {escape(str(wrong))}</p>"
        self._upload.value = ()  # so that the same file may be chosen again

    def _take(self, data: bytes, name: str) -> None:
        self._say(kept.merge(data), name)
        if code := kept.offered(data):
            self._brought_data = data
            asked = "Solutions came with it. Nothing has run them. Read them: do you want to keep them?"
            shown = Source({f"{name}.py": text for name, text in code.items()})
            self._code.html = f"<p>{asked}</p>{shown._repr_html_()}"
            self._asks.layout.display = ""

    def _keep(self) -> None:
        kept.merge(self._brought_data, solutions=True)
        self._leave_out()

    def _leave_out(self) -> None:
        self._brought_data, self._code.html, self._asks.layout.display = b"", "", "none"

    def _say(self, count: int, name: str) -> None:
        self._said.html += f"<p>{escape(name)}: {count or 'no'} new note{'s' * (count != 1)}.</p>"

    def __repr__(self) -> str:
        table = self._done
        columns = [place for place, head in enumerate(table.heads) if head]
        lines = [[line[place] for place in columns] for line in (table.heads, *table.rows)]
        return "\n".join("  ".join(f"{text:<20}" for text in line).rstrip() for line in lines)


def done() -> list[dict]:
    """A row for each thing done, in the order in which it was begun."""
    rows, notes = {}, kept.notes()
    found = {one["id"]: one.get("found") for one in notes if one["kind"] == "measurement"}
    for one in notes:
        kind, what = one["kind"], one["id"]
        row = rows.setdefault((kind, what), {"kind": kind, "what": what, "at": one["at"]})
        if kind == "guess":
            row |= {"guess": one.get("value"), "measured": found.get(what), "unit": str(one.get("unit", ""))}
        elif kind in ("exercise", "question"):
            row["attempts"] = row.get("attempts", 0) + 1
            row["done"] = row.get("done", False) or bool(one.get("passed", one.get("right")))
    return [
        row
        for row in rows.values()
        if row["kind"] in ("guess", "exercise", "question", "claim") and row.get("guess", "") is not None
    ]


def _text(row: dict, key: str) -> str:
    if isinstance(row[key], (int, float)):
        return (quantity if key == "guess" else measured)(row[key], row["unit"])
    return "–" if row[key] is None else str(row[key])
