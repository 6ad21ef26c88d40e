"""The pictures of files that nobody has read, with made-up readings: `python -m ui.components.gallery`."""

from __future__ import annotations

import gradio as gr

from ui.components.demo import launch
from ui.components.events import send_on_failure
from ui.components.gallery import PAGE_SIZE, Gallery, GalleryHandlers
from ui.server.turns import Turns

# In place of the table of files, which tells the gallery what was read.
TELL = """(files) => {
    const rows = (files ?? []).map(({ orig_name }) => [orig_name, "7", 0.9, "sure", false, [["7", 0, 0, 20, 20]]]);
    const detail = { rows, onlyDoubtful: false, anew: true };
    document.getElementById("gallery").dispatchEvent(new CustomEvent("files-read", { bubbles: true, detail }));
}"""


def build_demo() -> gr.Blocks:
    """Place the gallery below the place for files."""
    with gr.Blocks() as demo:
        gr.Markdown(f"Choose more than {PAGE_SIZE} pictures for a second page.")
        files = gr.File(file_count="multiple", type="filepath", elem_id="files")
        gallery = Gallery(elem_id="gallery")
        files.change(None, files, js=TELL)
        turning = gallery.turn(GalleryHandlers(Turns()).thumbnails, [gallery, files], gallery, queue=False)
        turning.failure(None, js=send_on_failure("thumbnails-failed", "gallery"))
    return demo


if __name__ == "__main__":
    launch(build_demo())
