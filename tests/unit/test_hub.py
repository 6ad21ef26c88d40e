"""What everybody who asks the Hub needs: plain HTTP, a deadline, and its errors in words."""

import threading
from types import SimpleNamespace

import pytest
from huggingface_hub import constants
from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError

from digit_core.errors import WeightsError
from digit_core.hub import DeadlineError, hub_sentence, run_with_deadline, status_of, use_plain_http

REPO = "tester/digits"


def error_of(kind, status):
    """The client's error of a kind, for an answer of the Hub with a status."""
    return kind("the Hub's words", response=SimpleNamespace(status_code=status, headers={}, request=None))


def fail():
    raise OSError(28, "No space left on device")


def test_tasks_run_at_the_same_time_and_answer_in_their_order():
    both = threading.Barrier(2, timeout=60)

    answers = run_with_deadline(60, lambda: (both.wait(), "first")[1], lambda: (both.wait(), "second")[1])

    assert answers == ["first", "second"]


def test_what_a_task_raises_is_its_outcome():
    [answer, error] = run_with_deadline(60, lambda: "there", fail)

    assert answer == "there"
    assert isinstance(error, OSError)


def test_a_task_that_hangs_is_left_behind():
    released = threading.Event()
    try:
        [answer, late] = run_with_deadline(0.5, lambda: "there", released.wait)
    finally:
        released.set()

    assert answer == "there"
    assert isinstance(late, DeadlineError)
    assert hub_sentence(late, REPO) == "the Hub did not deliver within 0.5 seconds"


def test_the_client_goes_by_plain_http_whatever_it_was_told_before(monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", False)

    use_plain_http()

    assert constants.HF_HUB_DISABLE_XET


@pytest.mark.parametrize(
    ("error", "reading", "writing"),
    [
        (error_of(HfHubHTTPError, 401), "the Hub does not know HF_TOKEN", "the Hub does not know this token"),
        (error_of(HfHubHTTPError, 402), "the Hub answered with status 402", f"the Hub wants a paid plan for {REPO}"),
        (error_of(HfHubHTTPError, 403), f"HF_TOKEN may not read {REPO}", f"HF_TOKEN may not write to {REPO}"),
        (error_of(GatedRepoError, 403), f"{REPO} is gated", f"HF_TOKEN may not write to {REPO}"),
        (error_of(RepositoryNotFoundError, 404), f"{REPO} does not exist", f"HF_TOKEN may not write to {REPO}"),
        (error_of(HfHubHTTPError, 422), "the Hub answered with status 422", f"the Hub refused {REPO} with status 422"),
        (error_of(HfHubHTTPError, 503), "the Hub answered with status 503", "status 503 for tester/digits; try again"),
        (WeightsError("These are other weights."), "These are other weights", "These are other weights"),
        (OSError(28, "No space left on device"), "could not be kept (No space left on device)", "connection"),
        (ZeroDivisionError("/home/me/secret"), "client failed (ZeroDivisionError)", "client failed"),
    ],
)
def test_an_error_is_told_to_who_reads_and_to_who_writes(error, reading, writing):
    assert reading in hub_sentence(error, REPO)
    assert writing in hub_sentence(error, REPO, writing=True)


def test_what_an_unknown_error_says_is_not_passed_on():
    assert "secret" not in hub_sentence(RuntimeError("https://example.org/?token=secret"), REPO)


def test_only_an_answer_has_a_status():
    assert status_of(error_of(HfHubHTTPError, 503)) == 503
    assert status_of(OSError("no answer")) is None
