"""`python -m redislab`: what Ctrl-C does is settled before anything else is loaded."""

import _signal  # what signal is made of: that one takes 5 ms to load, in which Ctrl-C would end in a traceback
import os
import sys

INCOMPLETE = 3


def _give_up(*_) -> None:
    """Before there is anything to report, and after it was reported."""
    try:
        os.write(2, b"Given up.\n")
    finally:
        os._exit(INCOMPLETE)


if __name__ == "__main__":
    _signal.signal(_signal.SIGINT, _give_up)
    from redislab.command import main

    sys.exit(main())
