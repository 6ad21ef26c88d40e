"""Gradio's own client is told by a sentence that too many of its events wait."""

import threading

import gradio as gr
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from ui.sentences import SentenceBlocks
from ui.server.doors import shut_doors
from ui.server.event_queue import MAX_WAITING_OF_ONE

DEADLINE = 120  # seconds: a fault ends there, a busy machine does not


@pytest.fixture
def may_answer():
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def url(may_answer):
    """A served page whose one event waits until it may answer."""

    def answer(name: str) -> str:
        assert may_answer.wait(DEADLINE)
        return name

    with SentenceBlocks(analytics_enabled=False) as page:
        text = gr.Textbox()
        text.submit(answer, text, text, api_name="look", concurrency_limit=1)
    _, url, _ = page.launch(prevent_thread_lock=True, quiet=True, app_kwargs={"lifespan": shut_doors()})
    yield url
    may_answer.set()
    page.close(verbose=False)


def test_gradios_client_shows_the_sentence_and_gets_all_other_answers(url, may_answer):
    count = MAX_WAITING_OF_ONE + 2  # one of them runs, one is too many
    client = Client(url, verbose=False, max_workers=count)
    ended = threading.Event()

    jobs = [client.submit(str(number), api_name="/look") for number in range(count)]
    for job in jobs:
        job.future.add_done_callback(lambda _: ended.set())
    assert ended.wait(DEADLINE)
    may_answer.set()

    troubles = [error for job in jobs if (error := job.exception(DEADLINE))]
    assert [type(error) for error in troubles] == [AppError]
    assert "Please try again in 15 seconds." in str(troubles[0])
