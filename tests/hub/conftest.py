"""What the tests of a Hub on loopback share."""

import pytest

from tests.support.hub_client import add_finder, ask_only
from tests.support.hub_server import HubServer


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A Hub that the client takes for the only one, and a token that may write there."""
    with HubServer() as server:
        ask_only(server, tmp_path, monkeypatch)
        yield server


@pytest.fixture
def models(models):
    """A models folder to spoil: two small classifiers, and the shipped finder as if it had never been pushed."""
    return add_finder(models)
