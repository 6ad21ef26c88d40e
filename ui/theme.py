"""How the page looks: one theme, two named colours, one small style sheet."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from digit_core.figures.colours import COMPACT_COLOUR, DEEP_COLOUR, MARK_COLOUR

FONT = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif")  # the reader's own: nothing is fetched

PAGE_STYLE = f"""
:root {{ --compact: {COMPACT_COLOUR}; --deep: {DEEP_COLOUR}; --mark: {MARK_COLOUR}; }}
{Path(__file__).with_name("page.css").read_text(encoding="utf-8")}
"""


def page_theme() -> gr.themes.Base:
    """Gradio's one built-in theme without contrast faults, with round corners and the reader's own font."""
    return gr.themes.Monochrome(font=FONT, radius_size="md").set(
        body_background_fill="*neutral_100",  # a desk for the white paper to lie on
        body_background_fill_dark="*neutral_900",
        slider_color="*neutral_800",
        button_border_width="1px",
        button_secondary_border_color="*border_color_primary",
        button_secondary_text_color_hover="*body_text_color",  # the built-in greys are too faint to read
        link_text_color="*body_text_color",
        link_text_color_dark="*body_text_color",
        link_text_color_hover="*body_text_color",
        link_text_color_hover_dark="*body_text_color",
        link_text_color_visited="*body_text_color",
        link_text_color_visited_dark="*body_text_color",
    )
