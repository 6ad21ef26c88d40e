"""The named colours of page and plots; each stands out at 3:1 on light and on dark paper."""

from __future__ import annotations

COMPACT_COLOUR = "#2f7bd0"  # told apart from deep's also by eyes that mix red and green
DEEP_COLOUR = "#d4700f"
MARK_COLOUR = "#c2255c"  # boxes over a picture, which may be white, grey or black
FOR_COLOUR = "#2f9e44"  # evidence for a digit, on white paper
AGAINST_COLOUR = "#c2255c"  # evidence against it, on white paper
DIGIT_COLOURS = (  # 0 to 9, side by side in a band; white figures stand out on each at 4.5:1, each on any paper at 3:1
    "#2471ca",
    "#737373",
    "#a140bf",
    "#0e8248",
    "#cd2b39",
    "#906e08",
    "#bd4f0f",
    "#087d95",
    "#c72383",
    "#675dd6",
)
