"""A cell that is run again, and a lab that is reset, leave nothing behind in the bench. `make soak` tries every lab."""

import pytest

from redislab.lessons import LESSONS
from tests.budgets.soak import grown, soak
from tests.conftest import sampled

# a server that is killed; processes that share a load; an application, a server and a delay of its own
SOME = ("TtlLab", "CountersLab", "ArenaLab")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", sampled(SOME, every=3))
def test_nothing_grows_over_re_runs_and_resets(name):
    assert grown(*soak(LESSONS.labs[name], turns=6)) == {}
