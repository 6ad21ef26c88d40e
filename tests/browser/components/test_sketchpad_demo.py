"""The sketchpad alone: its tools, what it writes by itself, and what it sends of what is drawn."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_handwriting import wait_for_example
from tests.browser.test_pad import MIDDLE_BAR, ink_box, pixels, touch, use
from tests.support.drawings import strokes_of

COMPONENT = "sketchpad"
ACROSS, DOWN = [(60, 60), (200, 60)], [(200, 60), (120, 220)]


def last_drawing(page):
    return page.locator("#sent textarea")


@pytest.fixture
def phone(visit):
    return visit(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)


@pytest.fixture
def greeted_page(visit):
    """The page of a visitor who minds no motion, once it has written its example and sent it."""
    page = visit(reduced_motion="no-preference")
    wait_for_example(page)
    expect(last_drawing(page)).to_have_value(re.compile("by the page$"))
    return page


def test_a_stroke_is_sent_as_it_stands_on_the_paper(page, draw):
    draw(page, strokes=[ACROSS])

    expect(last_drawing(page)).to_have_value(re.compile(r"^\d+: 280×280, 3\d\d\d pixels of ink$"))


def test_undo_takes_a_stroke_back_and_the_last_one_leaves_blank_paper(page, draw):
    draw(page, strokes=[ACROSS, DOWN])

    page.get_by_role("button", name="Undo").click()
    expect(last_drawing(page)).to_have_value(re.compile(r"3\d\d\d pixels of ink$"))
    page.get_by_role("button", name="Undo").click()

    expect(last_drawing(page)).to_have_value(re.compile("blank paper$"))


def test_wide_paper_is_sent_in_its_own_size(page, draw):
    page.get_by_role("button", name="Wide").click()

    draw(page, strokes=[ACROSS])

    expect(last_drawing(page)).to_have_value(re.compile("700×280"))


def test_an_example_says_that_the_page_wrote_it(visit):
    page = visit(reduced_motion="reduce")

    page.get_by_role("button", name="Example").click()

    expect(last_drawing(page)).to_have_value(re.compile("by the page$"))


def test_a_new_stroke_ends_what_could_be_redone(page, draw):
    draw(page, "7")
    use(page, "Undo")
    draw(page, strokes=[MIDDLE_BAR])
    bar = pixels(page)

    use(page, "Redo")

    assert pixels(page) == bar


def test_the_eraser_takes_ink_away_as_wide_as_the_brush_and_can_be_undone(page, draw, drawing_answer):
    draw(page, strokes=[*strokes_of("7"), MIDDLE_BAR])
    barred = pixels(page)
    use(page, "Eraser")
    expect(page.get_by_role("button", name="Eraser")).to_have_attribute("aria-pressed", "true")

    draw(page, strokes=[[(40, 200), (240, 200)]])

    dark = "(canvas, y) => canvas.getContext('2d').getImageData(0, y, 280, 1).data.some(value => value < 128)"
    canvas = page.locator("#draw-canvas canvas")
    seen = [canvas.evaluate(f"canvas => ({dark})(canvas, {y})") for y in (187, 193, 207, 213)]
    assert seen == [True, False, False, True]
    use(page, "Undo")
    assert pixels(page) == barred
    use(page, "Redo")
    assert pixels(page) != barred


def test_a_finger_erases_and_what_was_rubbed_out_whole_is_blank_paper(phone):
    touch(phone, MIDDLE_BAR)
    assert ink_box(phone)
    use(phone, "Eraser")
    phone.get_by_role("slider", name="Brush width").fill("36")

    touch(phone, [(40, 140), (240, 140)])

    assert ink_box(phone) is None
    expect(last_drawing(phone)).to_have_value(re.compile("blank paper$"))


def test_the_other_end_of_a_stylus_erases(page, draw):
    draw(page, strokes=[MIDDLE_BAR])
    page.get_by_role("slider", name="Brush width").fill("36")

    page.locator("#draw-canvas canvas").evaluate(
        """canvas => {
            canvas.setPointerCapture = () => {}; // a browser captures real pointers only
            const { left, top, width } = canvas.getBoundingClientRect();
            const stylus = (kind, x, button) => canvas.dispatchEvent(new PointerEvent(kind, {
                pointerId: 9, pointerType: "pen", button, bubbles: true, cancelable: true,
                clientX: left + x * width / 280, clientY: top + 140 * width / 280,
            }));
            stylus("pointerdown", 40, 5);
            stylus("pointermove", 240, -1);
            stylus("pointerup", 240, 5);
        }"""
    )

    assert ink_box(page) is None
    use(page, "Undo")
    assert ink_box(page)


def test_erasing_blank_paper_leaves_nothing_to_undo(page, draw):
    use(page, "Eraser")
    draw(page, strokes=[MIDDLE_BAR])
    use(page, "Eraser")
    draw(page, "7")

    use(page, "Undo")
    use(page, "Undo")
    use(page, "Redo")

    assert ink_box(page)


def test_two_arrows_held_together_go_diagonally_and_shift_goes_slowly(page):
    page.locator("#draw-canvas canvas").focus()

    page.keyboard.press("Space")
    page.keyboard.down("ArrowUp")
    page.keyboard.down("ArrowRight")
    page.keyboard.up("ArrowUp")
    page.keyboard.up("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Space")

    assert ink_box(page) == pytest.approx([130, 110, 160, 150], abs=2)


def test_who_comes_by_keyboard_sees_the_focus_and_what_the_keys_do(page, draw):
    expect(page.locator("#draw-canvas .keys")).to_have_css("opacity", "0")
    page.locator("#draw-canvas").get_by_role("button", name="Undo").focus()

    page.keyboard.press("Shift+Tab")

    expect(page.locator("#draw-canvas canvas")).to_be_focused()
    expect(page.locator("#draw-canvas .keys")).to_have_css("opacity", "1")
    expect(page.locator("#draw-canvas .sheet")).to_have_css("outline-style", "solid")
    for key in ("Space", "ArrowLeft", "Space"):
        page.keyboard.press(key)
    expect(page.locator("#draw-canvas .keys")).to_have_css("opacity", "0")  # or the words would lie over the ink
    expect(page.locator("#draw-canvas .sheet")).to_have_css("outline-style", "solid")
    draw(page, "1")
    expect(page.locator("#draw-canvas .sheet")).to_have_css("outline-style", "none")


def test_every_tool_is_large_enough_for_a_finger(phone):
    boxes = [tool.bounding_box() for tool in phone.locator("#draw-canvas :is(button, input)").all()]

    assert boxes
    assert all(box["height"] >= 40 and box["width"] >= 40 for box in boxes)


@pytest.mark.parametrize("tool", ["Undo", "Clear", "Redo"])
def test_a_tool_clears_the_example_and_finds_nothing_else_to_do(greeted_page, tool):
    page = greeted_page

    use(page, tool)

    assert ink_box(page) is None
    expect(last_drawing(page)).to_have_value(re.compile("blank paper$"))


def test_a_tool_that_a_screen_reader_presses_clears_the_example_too(greeted_page):
    page = greeted_page

    page.locator("#draw-canvas").get_by_role("button", name="Clear").dispatch_event("click")

    assert ink_box(page) is None
    expect(last_drawing(page)).to_have_value(re.compile("blank paper$"))
