"""Numbers at the door: what Redis could not hold exactly is refused in a sentence, before anything is written."""

from numbers import Integral, Real

LONGEST = (
    10**10
)  # s, three centuries; Redis adds a TTL to the time of day, and refuses what no longer fits into 64 bits
EXACT = 2**53  # Lua's numbers, JavaScript's and the scores of sorted sets are exact up to here


def milliseconds(name: str, seconds: float) -> int:
    """A time to live, for PX and PEXPIRE.

    Raises:
        ValueError: not a number of seconds from a thousandth to LONGEST.
    """
    return round(1000 * within(name, seconds, "seconds", 0.001, LONGEST))


def whole(name: str, value: int, least: int = 1, most: int = EXACT) -> int:
    """`value`, which has to be a whole number.

    Raises:
        ValueError: it is not, or it is out of its bounds.
    """
    number = within(name, value, "a whole number", least, most)
    if number != int(number):
        raise ValueError(f"{name} = {value!r} does not work: choose a whole number from {least:,} to {most:,}.")
    return int(number)


def stored(fields: dict) -> list:
    """Each field followed by its value, as HSET takes them; a float of NumPy's becomes one of Python's."""
    return [
        part for name, value in fields.items() for part in (name, float(value) if isinstance(value, float) else value)
    ]


def within(name: str, value: float, what: str, least: float = -EXACT, most: float = EXACT) -> float:
    """`value` as an int or a float, which has to be a number from `least` to `most`; `what` it is goes into the sentence.

    Of another library's number (NumPy's, say) redis-py would send what `repr` says, and not the digits.

    Raises:
        ValueError: it is not.
    """
    if isinstance(value, bool) or not isinstance(value, Real) or not least <= value <= most:
        raise ValueError(f"{name} = {value!r:.40} does not work: choose {what} from {least:,} to {most:,}.")
    return int(value) if isinstance(value, Integral) else float(value)
