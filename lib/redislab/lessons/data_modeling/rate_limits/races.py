"""Two requests of one subject, where one is allowed."""

from redislab.bench.races import races
from redislab.lessons.data_modeling.as_in_the_module import ModuleSlidingWindow
from redislab.modeling import SlidingLog

MOMENT = 1_000.0  # s


def request(limiter, later: float):
    """A request, by a clock that stands still; the two are a tenth of a second apart."""

    def ask(client, keys):
        return bool(limiter(client, keys, limit=1, window=60, clock=lambda: MOMENT + later).allow("ann"))

    return ask


def one_is_allowed(returned):
    return f"{sum(returned)} of 2 were allowed; the limit is 1" if sum(returned) != 1 else ""


def two_requests(limiter, title: str):
    return races(
        request(limiter, 0.0), request(limiter, 0.1), expect=one_is_allowed, otherwise="exceed the limit", title=title
    )


overshoot = two_requests(ModuleSlidingWindow, "ZCARD, then ZADD")
better_window = two_requests(SlidingLog, "A sliding log in a script")
