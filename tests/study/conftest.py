import pytest


@pytest.fixture(autouse=True)
def _progress_of_its_own(progress_file):
    """No test sees what another one has passed."""
