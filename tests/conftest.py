import pytest

from redislab.world import start


@pytest.fixture(scope="session")
def lab():
    """The lab of this test run, on whatever REDISLAB_BACKEND says, or else on the first that works."""
    return start()
