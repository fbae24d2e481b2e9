import pytest


@pytest.fixture(autouse=True)
def alone(provider_environment: None) -> None:
    """Nothing of the developer's own account reaches these tests."""
