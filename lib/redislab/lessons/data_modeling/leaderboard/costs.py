"""What a new score and a page cost, by the number of players."""

from collections import deque
from statistics import median

from redislab.bench import commandstats

ENOUGH = 20  # calls of each kind, before their median counts


class Costs:
    """Curves of µs over players: "update_client", "page_client", "update_server" and "page_server".

    Args:
        client: reads the server's own count.
        page: the steps that a page takes, each with the commands that redis-py may send for it; none: not known.
    """

    def __init__(self, client, page: tuple[tuple[str, ...], ...]):
        self._client, self._commands, self._boards = client, {"update": (("zincrby",),), "page": page}, 0
        self._points = {f"{kind}_{side}": {} for side in ("client", "server") for kind in self._commands}
        self.begin()

    def begin(self) -> None:
        """Another board: calls on the former one no longer count."""
        self._boards += 1
        self._seconds = {kind: deque(maxlen=200) for kind in self._commands}

    def spend(self, kind: str, seconds: float) -> None:
        """Note what the client waited for an "update" or a "page"."""
        self._seconds[kind].append(seconds)

    def note(self, window, players: int) -> None:
        """Add a point to each curve; it replaces the one for the same number of players, to two digits."""
        served = {kind: self._served(window, kind) for kind in self._commands}
        if None in served.values() or any(len(seconds) <= ENOUGH for seconds in self._seconds.values()):
            return
        for kind, seconds in self._seconds.items():
            self._points[f"{kind}_client"][float(f"{players:.2g}")] = 1e6 * median(seconds)
            if self._commands[kind]:
                self._points[f"{kind}_server"][float(f"{players:.2g}")] = served[kind]

    def _served(self, window, kind: str) -> float | None:
        """µs of the server for all steps, over the last seconds."""
        each = [
            window.per_call(f"{names} on board {self._boards}", commandstats(self._client, *names))
            for names in self._commands[kind]
        ]
        return None if None in each else sum(each)

    def curves(self) -> dict[str, list[tuple[float, float]]]:
        return {name: sorted(points.items()) for name, points in self._points.items()}


def grown(curve: list[tuple[float, float]]) -> float | None:
    """How many times as high it ends as it begins; None where there is but one point."""
    return curve[-1][1] / curve[0][1] if len(curve) > 1 else None
