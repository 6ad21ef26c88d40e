"""The sketchpad alone: what it sends of what is drawn."""

import re

from playwright.sync_api import expect

COMPONENT = "sketchpad"
ACROSS, DOWN = [(60, 60), (200, 60)], [(200, 60), (120, 220)]


def last_drawing(page):
    return page.locator("#sent textarea")


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
