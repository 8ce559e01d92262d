"""What an experiment has found, each as a card below its charts."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Card:
    """One thing that was found.

    Attributes:
        mood: "danger", "warning" or "hint".
        subject: where it was found, such as the name of a key.
        said: what was seen.
        rows: more about it: heads, and a sentence for each.
        link: what it says, and the address.
        opens: makes the experiment that shows it, with its knobs set; `offer` is what the button says, `note` stands beside it.
        copy: a text to be copied; `copy_label` says what for.
    """

    mood: str
    title: str
    subject: str = ""
    said: str = ""
    rows: tuple[tuple[str, str], ...] = ()
    link: tuple[str, str] | None = None
    opens: Callable | None = None
    offer: str = ""
    note: str = ""
    copy: str = ""
    copy_label: str = ""

    @property
    def key(self) -> str:
        """What tells it from the others."""
        return f"{self.title} {self.subject}"
