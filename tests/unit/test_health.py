"""Whoever runs the app learns whether it reads, also when reading is what fails."""

from types import SimpleNamespace

import httpx
import pytest

from digit_core.errors import EmptyDrawingError
from tests.support.loops import run_apart
from ui.server.doors import Doors
from ui.server.health import Health
from ui.server.routes import HEALTH


class ReadsAlways:
    """A recognizer that reads the same text from everything."""

    def __init__(self, text):
        self.text = text

    def read(self, image):
        return SimpleNamespace(text=self.text)


class FailsAlways:
    """A recognizer that raises."""

    def __init__(self, error):
        self.error = error

    def read(self, image):
        raise self.error


def ask(health):
    """What the app answers whoever asks for its health."""

    async def get():
        transport = httpx.ASGITransport(Doors(None, health=health.check))
        async with httpx.AsyncClient(transport=transport, base_url="http://app") as http:
            return await http.get(HEALTH)

    return run_apart(get())


def test_an_app_that_reads_is_ok():
    answer = ask(Health(ReadsAlways("1")))

    assert (answer.status_code, answer.json()["status"], answer.json()["text"]) == (200, "ok", "1")


def test_an_app_that_misreads_is_failing():
    answer = ask(Health(ReadsAlways("7")))

    assert (answer.status_code, answer.json()["status"], answer.json()["text"]) == (503, "failing", "7")


@pytest.mark.parametrize("error", [RuntimeError("the session is gone"), EmptyDrawingError()])
def test_an_app_that_cannot_read_is_failing_and_the_log_says_why(caplog, error):
    answer = ask(Health(FailsAlways(error)))

    assert (answer.status_code, answer.json()["status"], answer.json()["text"]) == (503, "failing", "")
    assert str(error) in caplog.text


def test_who_asks_again_at_once_gets_the_same_answer_and_the_log_no_second_line(caplog, monkeypatch):
    monkeypatch.setattr("ui.server.health.CHECK_EVERY", 3600.0)
    health = Health(FailsAlways(RuntimeError("the session is gone")))

    assert health.check() == health.check()
    assert len(caplog.records) == 1
