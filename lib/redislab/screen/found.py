"""Cards of what was found, and below one of them the panel that it opens."""

from collections.abc import Callable

import ipywidgets as widgets
import traitlets

from redislab.bench.cards import Card
from redislab.screen.page import HERE, PageWidget, directly, script


class Cards(PageWidget):
    """Some cards, one below the other. The page sends the key of the one whose button was pressed."""

    _esm = script(HERE / "found.js")
    cards = traitlets.List().tag(sync=True)


class Found(widgets.VBox):
    """All cards. The panel that a card opens stands right below it, one at a time.

    Args:
        panel: makes a panel on an experiment.

    Attributes:
        opened: the key of the card whose panel is open; None if there is none.
    """

    def __init__(self, panel: Callable, post: Callable = directly):
        self._panel, self._cards, self.opened = panel, [], None
        self._upper, self._lower = (Cards(post, lambda message: self.press(message["press"])) for _ in range(2))
        super().__init__([self._upper, self._lower])
        self.add_class("rl-found")

    def show(self, cards: list[Card]) -> None:
        """Show these; the panel of one that is no longer among them is closed."""
        self._cards = cards
        if self.opened not in [card.key for card in cards]:
            self.close_panel()
        looks = [look(card, card.key == self.opened) for card in cards]
        place = next((place for place, each in enumerate(looks, 1) if each["open"]), len(looks))
        self._upper.cards, self._lower.cards = looks[:place], looks[place:]

    def press(self, key: str) -> None:
        """Open the panel of a card, or close it if it is the one that is open."""
        card = next((card for card in self._cards if card.key == key and card.opens), None)
        opening = card is not None and key != self.opened
        self.close_panel()
        if opening:
            self.opened = key
            self.children = [self._upper, self._panel(card.opens()), self._lower]
        self.show(self._cards)

    def close_panel(self) -> None:
        """With what runs in it."""
        self.opened, (_, *opened, _) = None, self.children
        self.children = [self._upper, self._lower]
        for panel in opened:
            panel.close()


def look(card: Card, opened: bool) -> dict:
    """As the page has it."""
    shown = {name: value for name, value in vars(card).items() if name != "opens"}
    offer = "Close the lab" if opened else card.offer
    return shown | {"key": card.key, "open": opened, "offer": offer if card.opens else ""}
