"""How numbers and digits are written on the page; format.js does the same where the browser has to write them."""

from __future__ import annotations

NEARLY_CERTAIN = 0.9994  # share; above, one decimal would round to 100.0 %, and no network can be that certain
WHOLE_FROM, WHOLE_TO = 0.1, 0.99  # shares; between them whole per cents say enough


def percent(share: float) -> str:
    """Write a share in [0, 1] with one decimal: "93.4%", never "100.0%"."""
    return ">99.9%" if share > NEARLY_CERTAIN else f"{share:.1%}"


def rough_percent(share: float) -> str:
    """Write a share in [0, 1] as it is said in a sentence: "93%", near both ends with one decimal, never 0 or 100."""
    if share < 1 - NEARLY_CERTAIN:
        return "<0.1%"
    return f"{share:.0%}" if WHOLE_FROM <= share < WHOLE_TO else percent(share)


def in_words(written: str) -> str:
    """Turn a written percentage into words that can be read aloud: ">99.9%" is "more than 99.9%"."""
    return written.replace(">", "more than ").replace("<", "less than ")


def with_article(digit: int) -> str:
    """Write a digit with its article: "a 7", "an 8"."""
    return f"{'an' if digit == 8 else 'a'} {digit}"
