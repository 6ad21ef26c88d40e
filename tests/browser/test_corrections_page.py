"""Corrections on the page: what is sent is kept, and nothing else."""

import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from PIL import Image
from playwright.sync_api import expect

from tests.support.corrections import REPO, files_in, frame_of, records_of
from tests.support.drawings import picture_of
from tests.support.hub_server import WRITER
from tests.support.running_app import running_app
from ui.components.correction.handlers import TAKEN_BACK, THANKS
from ui.components.correction.store import CorrectionStore

ROOT = Path(__file__).parents[2]
TALL = {"width": 1280, "height": 1400}  # the paper stays in sight, and so in reach of the mouse


@pytest.fixture(scope="module")
def corrections_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("corrections")


@pytest.fixture(scope="module")
def corrections_url(corrections_folder):
    with running_app(ROOT, DIGIT_MODEL_SOURCE="bundled", DIGIT_CORRECTIONS=str(corrections_folder)) as address:
        yield address


@pytest.fixture
def visit_here(new_page, corrections_url, corrections_folder):
    """Opens a page that keeps corrections, in an empty folder; what the browser complains about fails the test."""
    for record in corrections_folder.glob("*/*.png"):
        record.unlink()
    complaints = []

    def open_page(**manner):
        page = new_page(**{"viewport": TALL, **manner})
        page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(corrections_url)
        page.locator("#draw-canvas canvas").wait_for()
        page.locator("#draw-correction details").wait_for(state="attached")
        return page

    yield open_page
    assert complaints == []


def shown_frame(page, panel):
    """The frame that the answer panel shows, as pixels."""
    return page.locator(f"{panel} .frame").evaluate(
        """async (frame) => {
            await frame.decode();
            const canvas = new OffscreenCanvas(28, 28).getContext("2d");
            canvas.drawImage(frame, 0, 0, 28, 28);
            return [...canvas.getImageData(0, 0, 28, 28).data].filter((_, index) => index % 4 === 0);
        }"""
    )


def test_without_the_setting_no_question_for_corrections_is_on_the_page(page, draw, drawing_answer):
    draw(page, "7")
    drawing_answer(page)

    assert page.locator("#draw-correction, #upload-correction").count() == 0
    assert "Was it wrong" not in page.content()
    assert "Was it wrong" not in page.evaluate("JSON.stringify(window.gradio_config)")


def test_the_panel_corrects_a_drawing(visit_here, corrections_folder, draw, drawing_answer):
    page = visit_here()
    question = page.locator("#draw-correction")
    expect(question.locator("details")).to_be_hidden()
    draw(page, "7")
    drawing_answer(page)

    question.get_by_text("Was it wrong?").click()
    send = question.get_by_role("button", name="Send the correction")
    expect(send).to_be_disabled()
    question.get_by_role("radio", name="1").check()
    expect(send).to_be_disabled()
    question.get_by_role("checkbox", name="I agree").check()
    send.click()

    expect(question.get_by_role("status")).to_have_text(THANKS)
    expect(send).to_be_disabled()
    (record,) = files_in(corrections_folder)
    assert record.parent.name == "1"
    assert np.asarray(Image.open(record)).ravel().tolist() == shown_frame(page, "#draw-panel")


def test_the_page_says_what_is_kept_before_it_is(visit_here, draw, drawing_answer):
    page = visit_here()
    draw(page, "7")
    drawing_answer(page)

    page.get_by_text("Was it wrong?").first.click()

    said = page.locator("#draw-correction .kept")
    for words in ("Only the small picture", "nothing else of you", "until the people who run this page delete it"):
        expect(said).to_contain_text(words)
    expect(page.locator("#kept")).to_contain_text("Only what you send under “Was it wrong?” is kept.")


def test_agreement_lasts_for_the_visit_and_the_answer_for_one_drawing(
    visit_here, corrections_folder, draw, drawing_answer
):
    page = visit_here()
    question = page.locator("#draw-correction")
    draw(page, "7")
    drawing_answer(page)
    question.get_by_text("Was it wrong?").click()
    question.get_by_role("radio", name="no digit").check()
    question.get_by_role("checkbox", name="I agree").check()
    question.get_by_role("button", name="Send the correction").click()
    expect(question.get_by_role("status")).to_have_text(THANKS)

    page.get_by_role("button", name="Clear").click()
    expect(question.locator("details")).to_be_hidden()
    draw(page, "4")
    drawing_answer(page)

    expect(question.get_by_role("status")).to_have_text("")
    expect(question.get_by_role("radio", name="no digit")).not_to_be_checked()
    expect(question.get_by_role("checkbox", name="I agree")).to_be_checked()
    question.get_by_role("radio", name="9").check()
    question.get_by_role("button", name="Send the correction").click()
    expect(question.get_by_role("status")).to_have_text(THANKS)
    assert sorted(record.parent.name for record in files_in(corrections_folder)) == ["9", "not_a_digit"]


def correct(page, question, label):
    """Say what the present shape was, as a visitor who has agreed or not yet."""
    if not question.locator("details").evaluate("details => details.open"):
        question.get_by_text("Was it wrong?").click()
    question.get_by_role("radio", name=label).check()
    question.get_by_role("checkbox", name="I agree").check()
    question.get_by_role("button", name="Send the correction").click()
    expect(question.get_by_role("status")).to_have_text(THANKS)


def test_the_last_correction_is_taken_back_even_when_something_else_was_drawn(
    visit_here, corrections_folder, draw, drawing_answer
):
    page = visit_here()
    question = page.locator("#draw-correction")
    back = question.get_by_role("button", name="Take it back")
    draw(page, "7")
    drawing_answer(page)
    expect(back).to_be_hidden()
    correct(page, question, "1")
    page.get_by_role("button", name="Clear").click()
    draw(page, "4")
    drawing_answer(page)
    correct(page, question, "8")
    first, _ = files_in(corrections_folder)
    expect(question.locator(".last")).to_contain_text("Your last correction, “it was an 8”, is kept.")
    page.get_by_role("button", name="Clear").click()

    back.click()

    expect(question.get_by_role("status")).to_have_text(TAKEN_BACK)
    expect(question.get_by_role("status")).to_be_focused()
    expect(back).to_be_hidden()
    assert files_in(corrections_folder) == [first]
    assert first.parent.name == "1"


def test_what_was_taken_back_can_be_said_anew(visit_here, corrections_folder, draw, drawing_answer):
    page = visit_here()
    question = page.locator("#draw-correction")
    draw(page, "7")
    drawing_answer(page)
    correct(page, question, "1")
    question.get_by_role("button", name="Take it back").focus()
    page.keyboard.press("Enter")
    expect(question.get_by_role("status")).to_have_text(TAKEN_BACK)

    correct(page, question, "2")

    expect(question.locator(".last")).to_contain_text("“it was a 2”")
    (record,) = files_in(corrections_folder)
    assert record.parent.name == "2"


def test_what_can_no_longer_be_taken_back_says_so(visit_here, corrections_folder, draw, drawing_answer):
    page = visit_here()
    question = page.locator("#draw-correction")
    draw(page, "7")
    drawing_answer(page)
    correct(page, question, "1")
    for record in files_in(corrections_folder):
        record.unlink()

    question.get_by_role("button", name="Take it back").click()

    expect(question.get_by_role("status")).to_contain_text("no longer where it was kept")
    expect(question.locator(".last")).to_be_hidden()


def test_the_pages_own_example_is_not_asked_about_until_somebody_changes_it(
    visit_here, corrections_folder, draw, drawing_answer
):
    page = visit_here(reduced_motion="reduce")  # the example stands at once
    question = page.locator("#draw-correction")
    page.get_by_role("button", name="Example").click()
    drawing_answer(page)
    expect(page.locator("#draw-panel .frame")).to_be_visible()
    expect(question.locator("details")).to_be_hidden()

    draw(page, strokes=[[(20, 20), (60, 20)]])
    drawing_answer(page)
    expect(question.locator("details")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    drawing_answer(page)
    expect(question.locator("details")).to_be_hidden()

    page.get_by_role("button", name="Clear").click()
    draw(page, "7")
    drawing_answer(page)
    correct(page, question, "1")
    assert len(files_in(corrections_folder)) == 1


def test_the_page_that_writes_by_itself_is_not_asked_about(visit_here):
    page = visit_here()
    question = page.locator("#draw-correction details")

    expect(page.locator("#draw-panel .frame")).to_be_visible()

    assert page.locator("#draw-canvas .note").text_content().startswith("An example")
    expect(question).to_be_hidden()


def test_the_panel_corrects_no_earlier_step_of_a_drawing(visit_here, draw, drawing_answer):
    page = visit_here()
    draw(page, "47")
    drawing_answer(page)
    question = page.locator("#draw-correction details")
    expect(question).to_be_visible()
    steps = page.locator("#draw-timeline [role=slider]")

    steps.press("Home")
    expect(question).to_be_hidden()
    steps.press("End")

    expect(question).to_be_visible()


def test_one_digit_of_an_uploaded_number_is_corrected_by_keys_alone(visit_here, corrections_folder, tmp_path):
    page = visit_here()
    picture_of("407", width=600, height=240, brush=16).save(tmp_path / "number.png")
    page.get_by_role("tab", name="Upload").click()
    page.set_input_files("#upload-image input[type=file]", tmp_path / "number.png")
    page.locator("#upload-panel .shapes button").nth(2).click()

    question = page.locator("#upload-correction")
    question.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(question.locator(".which")).to_have_text("This is about shape 3 of 3.")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(question.get_by_role("status")).to_have_text(THANKS)
    (record,) = files_in(corrections_folder)
    assert record.parent.name == "1"
    assert np.asarray(Image.open(record)).ravel().tolist() == shown_frame(page, "#upload-panel")


# Colours do not depend on the width, nor the order of things on the colours: each of both is looked at once.
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_the_open_question_is_accessible_and_fits(visit_here, draw, drawing_answer, scheme, width):
    page = visit_here(viewport={"width": width, "height": 844}, color_scheme=scheme)
    draw(page, "47")
    drawing_answer(page)
    question = page.locator("#draw-correction")
    question.get_by_text("Was it wrong?").click()
    question.get_by_role("radio", name="1").check()
    question.get_by_role("checkbox", name="I agree").check()
    question.get_by_role("button", name="Send the correction").click()
    expect(question.get_by_role("button", name="Take it back")).to_be_visible()

    page.evaluate(AXE_SCRIPT)
    found = page.evaluate("axe.run('#draw-correction', { resultTypes: ['violations'] })")

    assert [fault["id"] for fault in found["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    for target in question.locator("label, summary, button").all():
        assert target.bounding_box()["height"] >= 40


def test_nobody_can_fetch_what_is_kept(visit_here, corrections_url, corrections_folder, draw, drawing_answer):
    record = CorrectionStore(corrections_folder).keep(frame_of("7"), "1", "visit")

    for address in (
        f"/gradio_api/file={record}",
        f"/file={record}",
        f"/gradio_api/file={record.relative_to(corrections_folder)}",
    ):
        with pytest.raises(urllib.error.HTTPError) as refusal:
            urllib.request.urlopen(corrections_url + address)
        assert refusal.value.code in (403, 404)


def test_stopping_the_app_sends_the_corrections_that_wait(
    chromium, private_repo, corrections_hub, draw, drawing_answer, tmp_path
):
    settings = {
        "HF_ENDPOINT": corrections_hub.endpoint,
        "HOME": str(tmp_path),
        "DIGIT_MODEL_SOURCE": "bundled",
        "DIGIT_CORRECTIONS": f"hub:{REPO}",
        "DIGIT_CORRECTIONS_TOKEN": WRITER,
    }
    with running_app(ROOT, **settings) as address, chromium.new_context() as context:
        page = context.new_page()
        page.goto(address)
        page.locator("#draw-canvas canvas").wait_for()
        draw(page, "7")
        drawing_answer(page)
        question = page.locator("#draw-correction")
        question.get_by_text("Was it wrong?").click()
        expect(question.locator(".kept")).to_contain_text("private collection on the Hugging Face Hub")
        question.get_by_role("radio", name="2").check()
        question.get_by_role("checkbox", name="I agree").check()
        question.get_by_role("button", name="Send the correction").click()
        expect(question.get_by_role("status")).to_have_text(THANKS)
        assert records_of(private_repo) == []

    (sent,) = records_of(private_repo)
    assert sent.startswith("2/")
