"""Many pictures at once, in a real browser."""

import csv
import io
import json

import pytest
from playwright.sync_api import expect

from digit_core.command.table import COLUMNS
from tests.support.drawings import picture_of
from ui.components.gallery import PAGE_SIZE


@pytest.fixture
def many(page):
    """Opens the folded part and chooses files for it."""

    def choose(files):
        page.get_by_role("tab", name="Upload").click()
        page.locator("#batch").get_by_role("button", name="Many pictures").click()
        page.set_input_files("#batch-files input[type=file]", files)
        page.locator("#batch-files .file-preview").wait_for()
        return page.locator("#batch")

    return choose


def png(text, **manner):
    """A drawn number as a PNG file's bytes."""
    file = io.BytesIO()
    picture_of(text, **manner).save(file, format="PNG")
    return file.getvalue()


def sheets(count, **manner):
    """Files of the same number, as a browser takes them."""
    content = png("4071", **manner)
    return [{"name": f"{number}.png", "mimeType": "image/png", "buffer": content} for number in range(count)]


def test_many_files_are_read_filtered_and_taken_along(page, many, tmp_path):
    names = ("twelve.png", "=1+1.png", "<img src=x onerror=alert(1)>.png", "${alert(1)}.png", "broken.png")
    for name, text in zip(names, ("12", "7", "3", "5"), strict=False):
        (tmp_path / name).write_bytes(png(text))
    (tmp_path / "broken.png").write_bytes(b"this is no picture")

    part = many([tmp_path / name for name in names])
    part.get_by_role("button", name="Read all").click()

    rows = part.locator("#batch-panel tbody tr")
    expect(rows).to_have_count(5)
    expect(part.locator(".words")).to_have_text("5 read, 1 to look at again.")
    expect(rows.locator("td:nth-child(2)")).to_have_text(["12", "7", "3", "5", ""])
    expect(rows.nth(4).locator("td:nth-child(4)")).to_contain_text("picture")
    part.get_by_label("Only what is unsure").check()
    expect(rows.filter(visible=True)).to_have_count(1)
    with page.expect_download() as download:
        part.get_by_role("link", name="Download CSV").click()
    with download.value.path().open(newline="") as file:
        table = list(csv.reader(file))
    assert table[0] == list(COLUMNS)
    assert [row[1] for row in table[1:]] == ["12", "7", "3", "5", ""]
    assert all(0 < float(row[2]) <= 1 for row in table[1:5])
    assert "picture" in table[5][5]
    assert not any(row[0].startswith("=") for row in table)


def test_names_of_files_are_shown_as_text_and_never_run(page, many, tmp_path):
    names = ("${alert(1)}.png", "<img src=x onerror=alert(1)>.png", "{{alert(1)}}.png")
    for name in names:
        (tmp_path / name).write_bytes(png("8"))

    part = many([tmp_path / name for name in names])
    part.get_by_role("button", name="Read all").click()
    expect(part.locator("#batch-panel tbody tr")).to_have_count(3)
    part.get_by_text("Pictures, with a box").click()

    expect(part.locator("#batch-gallery img")).to_have_count(3)
    expect(part.locator("#batch-panel tbody td:first-child").first).to_contain_text("alert(1)")
    expect(part.locator("#batch-gallery figcaption").first).to_contain_text("alert(1)")
    assert page.locator("img[onerror], img[src=x]").count() == 0


def test_the_gallery_shows_a_page_of_pictures_with_their_boxes_and_no_more(page, many):
    broken = {"name": "broken.png", "mimeType": "image/png", "buffer": b"this is no picture"}
    part = many([*sheets(29, width=400, height=120, brush=9), broken])
    part.get_by_role("button", name="Read all").click()
    expect(part.locator(".words")).to_have_text("30 read, 1 to look at again.")
    gallery = part.locator("#batch-gallery")

    gallery.get_by_text("Pictures, with a box").click()
    expect(gallery.locator("img")).to_have_count(PAGE_SIZE)
    expect(gallery.locator(".where")).to_have_text(f"1 to {PAGE_SIZE} of 30")
    expect(gallery.locator("figure").first.locator(".box b")).to_have_text(["4", "0", "7", "1"])
    gallery.get_by_role("button", name="Next").click()
    expect(gallery.locator(".where")).to_have_text(f"{PAGE_SIZE + 1} to 30 of 30")
    expect(gallery.locator("img")).to_have_count(29 - PAGE_SIZE)
    expect(gallery.locator("figure").last).to_contain_text("broken.png")
    part.get_by_label("Only what is unsure").check()

    expect(gallery.locator("figure")).to_have_count(1)
    expect(gallery.locator(".where")).to_have_text("1 to 1 of 1")


def test_stop_keeps_what_was_read_so_far_and_says_so(page, many):
    part = many(sheets(60, width=1600, height=1200, brush=60))
    part.get_by_role("button", name="Read all").click()
    expect(part.locator(".words")).to_contain_text("of 60 read, about")
    expect(part.get_by_role("progressbar", name="Pictures read")).to_be_visible()

    part.get_by_role("button", name="Stop").click()

    words = part.locator(".words").text_content()
    assert words.startswith("Stopped: ")
    assert words.endswith("to look at again.")
    read = part.locator("#batch-panel tbody tr").count()
    assert 0 < read < 60
    expect(part.get_by_role("button", name="Read all")).to_be_enabled()
    part.get_by_role("button", name="Read all").click()  # the queue is free: the stopped reading does not go on
    expect(part.locator(".words")).to_contain_text("of 60 read, about")
    part.get_by_role("button", name="Stop").click()


def test_a_reading_that_broke_off_says_so(page, many):
    part = many(sheets(1))
    asked = []

    def join(route):
        answer = route.fetch()
        asked.append(answer.json()["event_id"])
        route.fulfill(response=answer)

    def fail(route):
        ended = {"msg": "process_completed", "event_id": asked[0], "output": {"error": "gone"}, "success": False}
        route.fulfill(content_type="text/event-stream", body=f"data: {json.dumps(ended)}\n\n")

    page.route("**/queue/join**", join)
    page.route("**/queue/data**", fail)

    part.get_by_role("button", name="Read all").click()

    expect(part.locator(".words")).to_contain_text("Interrupted: nothing was read.")
    expect(part.get_by_role("button", name="Read all")).to_be_enabled()
