"""The named colours of page and plots; each stands out at 3:1 on light and on dark paper."""

from __future__ import annotations

COMPACT_COLOUR = "#2f7bd0"  # told apart from deep's also by eyes that mix red and green
DEEP_COLOUR = "#d4700f"
MARK_COLOUR = "#c2255c"  # boxes over a picture, which may be white, grey or black
FOR_COLOUR = "#2f9e44"  # evidence for a digit, on white paper ...
AGAINST_COLOUR = "#c2255c"  # ... and against it
