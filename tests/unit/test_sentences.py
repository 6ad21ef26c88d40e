"""What no component can take is answered by a sentence, and the log says which code could not take it."""

import logging

import gradio as gr
import pytest

from tests.support.loops import run_apart
from ui.sentences import SentenceBlocks
from ui.server.refusals import Refusals


def test_the_log_says_where_arguments_failed_and_nothing_of_what_was_sent(caplog, monkeypatch):
    caplog.set_level(logging.INFO, logger="digits")
    monkeypatch.setattr("ui.sentences.refusals", Refusals())
    with SentenceBlocks(analytics_enabled=False) as page:
        slider = gr.Slider()
        slider.change(lambda value: value, slider)
    [handler] = page.fns.values()

    with pytest.raises(gr.Error, match="What was sent is not what is needed here") as refusal:
        run_apart(page.preprocess_data(handler, ["my secret"], None))

    assert "secret" not in str(refusal.value)
    [record] = caplog.records
    assert record.message.startswith("refused: TypeError in components/number.py:")
    assert "secret" not in caplog.text
