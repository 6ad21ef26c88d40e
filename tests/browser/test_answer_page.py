"""The answer panel in a real browser: the threshold's line stands where it decides."""

import pytest
from playwright.sync_api import expect

from tests.support.drawings import picture_of


def line_and_track(page, name="draw"):
    """Where the threshold's line stands, and where it should for a share of the bars: (x, share -> x)."""
    line = page.locator(f"#{name}-panel .line").bounding_box()
    track = page.locator(f"#{name}-panel .track").first.bounding_box()
    return line["x"] + line["width"] / 2, lambda share: track["x"] + share * track["width"]


def test_the_threshold_is_a_line_through_the_bars_and_follows_its_control(page, draw, drawing_answer):
    words = page.locator("#draw-panel .sure")
    expect(words).to_be_hidden()

    draw(page, "5")
    drawing_answer(page)

    shipped = float(page.locator("#vote-threshold input[type=number]").input_value())
    expect(words).to_have_text(f"sure from {shipped:.0%}")
    at, place_of = line_and_track(page)
    assert at == pytest.approx(place_of(shipped), abs=1)
    page.locator("#vote-threshold input[type=range]").press("ArrowLeft")
    expect(words).to_have_text(f"sure from {shipped - 0.01:.0%}")
    page.locator("#vote-threshold input[type=number]").fill("0.35")
    expect(words).to_have_text("sure from 35%")
    at, place_of = line_and_track(page)
    assert at == pytest.approx(place_of(0.35), abs=1)
    page.get_by_role("button", name="Clear").click()
    expect(words).to_be_hidden()


def test_an_uploaded_picture_has_the_line_too(page, tmp_path):
    picture_of("407", width=600, height=240, brush=16).save(tmp_path / "number.png")
    page.locator("#vote-threshold input[type=number]").fill("0.5")
    page.get_by_role("tab", name="Upload").click()

    page.set_input_files("#upload-image input[type=file]", tmp_path / "number.png")

    expect(page.locator("#upload-panel .sure")).to_have_text("sure from 50%")
    at, place_of = line_and_track(page, "upload")
    assert at == pytest.approx(place_of(0.5), abs=1)


def test_on_a_phone_line_and_words_stay_within_the_bars(visit, draw, drawing_answer):
    page = visit(viewport={"width": 390, "height": 844})
    draw(page, "4")
    drawing_answer(page)

    for share in (0, 1):
        page.locator("#vote-threshold input[type=number]").fill(str(share))

        words = page.locator("#draw-panel .sure")
        expect(words).to_have_text(f"sure from {100 * share}%")
        at, place_of = line_and_track(page)
        assert at == pytest.approx(place_of(share), abs=1)
        box = words.bounding_box()
        assert box["x"] >= place_of(0) - 1
        assert box["x"] + box["width"] <= place_of(1) + 1
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
