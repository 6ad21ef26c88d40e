"""Numbers are written alike, whether the server or the browser writes them."""

from pathlib import Path

from ui.components import format as formats
from ui.components.base import SHARED_NUMBERS

SCRIPT = (Path(formats.__file__).parent / "format.js").read_text(encoding="utf-8")
SHARES = [0, 0.0004, 0.0123, 0.0994, 0.11, 0.512, 0.9049, 0.991, 0.9876, 0.9993, 0.9996, 1]


def test_the_browser_writes_a_share_as_python_does(new_page):
    page = new_page()

    written = page.evaluate(
        f"""shares => {{
            {SHARED_NUMBERS}{SCRIPT}
            return shares.map((share) => [percent(share), roughPercent(share), inWords(roughPercent(share))]);
        }}""",
        SHARES,
    )

    assert written == [
        [formats.percent(share), formats.rough_percent(share), formats.in_words(formats.rough_percent(share))]
        for share in SHARES
    ]


def test_the_browser_gives_a_digit_the_article_that_python_gives_it(new_page):
    page = new_page()

    written = page.evaluate(f"() => {{ {SCRIPT}; return [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(withArticle); }}")

    assert written == [formats.with_article(digit) for digit in range(10)]
