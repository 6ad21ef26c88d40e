"""Starts the page and the API: `python app.py`."""

from __future__ import annotations

import logging
import os
import signal
import sys
from pathlib import Path
from time import perf_counter

from digit_core import DigitError, __version__, load_recognizer
from digit_core.errors import CorrectionsUnreachableError
from digit_core.recognizer import Recognizer
from ui.api import build_api
from ui.components.controls import build_vote_controls, keep_choices
from ui.components.correction.store import CorrectionStore, open_corrections
from ui.components.dropzone import LARGEST_UPLOAD_MB
from ui.sentences import SentenceBlocks
from ui.server.doors import shut_doors
from ui.server.health import Health
from ui.server.memory import keep_for_good, return_large_blocks
from ui.server.turns import Turns
from ui.server.uploads import claim_folder, sweep_regularly
from ui.server.zero_gpu import register_zero_gpu
from ui.tabs.draw import build_draw_tab, live_events
from ui.tabs.models import build_models_tab
from ui.tabs.upload import build_upload_tab
from ui.theme import PAGE_STYLE, page_theme

# isort: split
import gradio as gr  # after ui, which makes it quicker

TITLE = "Handwritten digits"
FAVICON = Path(__file__).parent / "ui" / "favicon.svg"
KEPT_SENTENCE = "Drawings are not kept; uploaded pictures are temporary files that are deleted within two hours."
CORRECTED_SENTENCE = "Only what you send under “Was it wrong?” is kept."
KEPT_SESSIONS = 256  # pages that Gradio remembers at a time, some 184 kB each; nothing here depends on it

log = logging.getLogger("digits")


def build_page(recognizer: Recognizer, corrections: CorrectionStore | None = None) -> gr.Blocks:
    """Assemble the page and the API over one recognizer; the page asks for corrections where a store keeps them."""
    turns = Turns()
    kept = f"{KEPT_SENTENCE} {CORRECTED_SENTENCE}" if corrections else KEPT_SENTENCE
    with SentenceBlocks(title=TITLE, analytics_enabled=False) as page:
        gr.Markdown(f"# {TITLE}", elem_id="title")
        with gr.Row(render=False) as vote_row:
            controls = build_vote_controls(recognizer.vote, recognizer.threshold)
        with gr.Tabs():
            build_draw_tab(recognizer, controls, turns, corrections)
            build_upload_tab(recognizer, controls, turns, corrections)
            build_models_tab(recognizer)
        vote_row.render()
        keep_choices(page, controls)
        gr.Markdown(f"{kept} {recognizer.origin}", elem_id="kept")
        build_api(recognizer, turns)
    return page


def corrections_asked_for() -> CorrectionStore | None:
    """Open the store that the environment names; a Hub that is away costs the corrections, not the page."""
    try:
        return open_corrections()
    except CorrectionsUnreachableError as error:
        log.warning(error)
        return None


def serve(recognizer: Recognizer, corrections: CorrectionStore | None) -> None:
    """Serve the page until stopped.

    Raises:
        OSError: the port that was asked for is taken.
    """
    page = build_page(recognizer, corrections)
    keep_for_good()
    port = os.environ.get("GRADIO_SERVER_PORT")
    page.launch(
        server_port=int(port) if port else None,  # given here, a taken port is an error instead of another one
        theme=page_theme(),
        favicon_path=FAVICON,
        css=PAGE_STYLE,
        max_file_size=f"{LARGEST_UPLOAD_MB}mb",
        state_session_capacity=KEPT_SESSIONS,
        footer_links=["api"],
        run_history=False,
        enable_monitoring=False,
        show_error=True,
        ssr_mode=False,
        app_kwargs={"lifespan": shut_doors(live_events(page), Health(recognizer).check)},
    )


def main() -> None:
    """Load the networks and serve until stopped; without sound weights or with a wrong setting, say why and end."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)
    log.setLevel(logging.INFO)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # how a Space is stopped: what is to be kept is kept then
    return_large_blocks()
    register_zero_gpu()
    try:
        with sweep_regularly(claim_folder()):
            load_and_serve()
    except (DigitError, OSError) as error:
        sys.exit(str(error))


def load_and_serve() -> None:
    """Load the networks and serve until stopped.

    Raises:
        DigitError: there are no sound weights, or a setting is wrong.
        OSError: the port that was asked for is taken.
    """
    corrections = None
    try:
        start = perf_counter()
        corrections = corrections_asked_for()
        recognizer = load_recognizer()
        log.info("version %s started in %.1f s. %s", __version__, perf_counter() - start, recognizer.origin)
        serve(recognizer, corrections)
    finally:
        if corrections:
            corrections.close()
        log.info("stopped")


if __name__ == "__main__":
    main()
