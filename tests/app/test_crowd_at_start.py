"""The app starts however many wait for it."""

import asyncio

import gradio as gr
import httpx
from starlette.middleware import Middleware

from ui.sentences import SentenceBlocks


class TooBusyToLook:
    """Answers no HEAD, as a page that a crowd asks for answers it later than anybody waits."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope.get("method") == "HEAD":
            await asyncio.Event().wait()
        await self.app(scope, receive, send)


def test_a_page_that_is_too_busy_to_be_looked_at_as_it_starts_serves_all_the_same():
    with SentenceBlocks(analytics_enabled=False) as page:
        gr.Markdown("Here I am")

    _, url, _ = page.launch(
        prevent_thread_lock=True, quiet=True, ssr_mode=False, app_kwargs={"middleware": [Middleware(TooBusyToLook)]}
    )
    answer = httpx.get(url, timeout=60)
    page.close()

    assert "Here I am" in answer.text
