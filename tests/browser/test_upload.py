"""The Upload tab: files in a real browser on the real app, and its handlers with a recognizer that errs."""

import base64
import json

import pytest
from gradio_client import Client, handle_file
from PIL import ImageDraw
from playwright.sync_api import expect

from digit_core.errors import TooManyDigitsError
from digit_core.types import Vote
from tests.support.chromium import DEADLINE, QUIET_CHROMIUM, WHOLE_CHROMIUM
from tests.support.drawings import picture_of
from ui.server.turns import Turns
from ui.tabs.upload import HINT, UploadHandlers


@pytest.fixture
def upload(page):
    page.get_by_role("tab", name="Upload").click()
    return lambda path: page.set_input_files("#upload-image input[type=file]", path)


def url_of(path):
    """A picture's file as a URL that holds it."""
    return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode("ascii")


@pytest.fixture
def file_of(tmp_path):
    def write(text, name="digits.png", **manner):
        path = tmp_path / name
        picture_of(text, **manner).save(path)
        return path

    return write


def test_a_file_is_read_at_once_with_a_box_around_every_digit(page, upload, file_of):
    upload(file_of("407", width=600, height=240, brush=16, ink="#223366", paper="#ece6d8"))

    expect(page.locator("#upload-answer")).to_have_text("407")
    expect(page.locator("#upload-marked .box b")).to_have_text(["4", "0", "7"])
    expect(page.locator("#upload-panel .shapes button img")).to_have_count(3)
    expect(page.locator("#upload-panel .top tr")).to_have_count(3)


def test_boxes_stand_where_the_digits_are(page, upload, file_of):
    upload(file_of("17", width=400, height=200))

    first, second = (page.locator("#upload-marked .box").nth(index).bounding_box() for index in (0, 1))
    picture = page.locator("#upload-marked img").bounding_box()
    middle = picture["x"] + picture["width"] / 2
    assert picture["x"] < first["x"] < first["x"] + first["width"] < middle < second["x"]
    assert second["x"] + second["width"] < picture["x"] + picture["width"]


def test_the_next_file_can_be_chosen_right_away(page, upload, file_of):
    upload(file_of("3", name="three.png"))
    expect(page.locator("#upload-answer")).to_have_text("3")

    upload(file_of("8", name="eight.jpg"))

    expect(page.locator("#upload-answer")).to_have_text("8")


def test_read_answers_the_present_file_again(page, upload, file_of):
    upload(file_of("2"))
    expect(page.locator("#upload-answer")).to_have_text("2")

    with page.expect_response("**/gradio_api/run/**") as response:
        page.get_by_role("button", name="Read").click()

    assert response.value.ok
    expect(page.locator("#upload-answer")).to_have_text("2")


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n and then nothing"])
def test_a_broken_file_gives_a_sentence(page, upload, tmp_path, content):
    broken = tmp_path / "broken.png"
    broken.write_bytes(content)

    upload(broken)

    answer = page.locator("#upload-answer")
    expect(answer).not_to_have_text(HINT)
    expect(answer).to_have_text(" ".join(answer.text_content().split()))
    assert answer.text_content().endswith(".")
    assert "Traceback" not in page.text_content("body")


def test_an_empty_sheet_gives_a_sentence_and_is_shown(page, upload, file_of):
    upload(file_of("1", ink="white"))

    expect(page.locator("#upload-marked img")).to_be_visible()
    expect(page.locator("#upload-answer")).to_contain_text("nothing to read")


def test_a_file_name_is_shown_as_text_and_never_run(page, upload, file_of):
    name = "{{alert(1)}} ${alert(2)} <img src=x onerror=alert(3)>.png"

    upload(file_of("9", name=name))

    expect(page.locator("#upload-answer")).to_have_text("9")
    expect(page.locator("#upload-image .state")).to_have_text(name)
    assert page.locator("img[onerror], img[src=x]").count() == 0


def test_the_name_of_a_broken_file_is_shown_as_text_and_never_run(page, upload, tmp_path):
    broken = tmp_path / "${alert(1)} <img src=x onerror=alert(2)>.png"
    broken.write_bytes(b"this is no picture")

    upload(broken)

    expect(page.locator("#upload-answer")).not_to_have_text(HINT)
    expect(page.locator("#upload-image .state")).to_have_text(broken.name)
    assert page.locator("img[onerror], img[src=x]").count() == 0


class Refusing:
    """A recognizer that finds the same fault with every picture."""

    def read(self, *_):
        raise TooManyDigitsError("Too many shapes.")


def test_a_picture_that_could_not_be_read_is_still_shown(file_of):
    handlers = UploadHandlers(Refusing(), Turns())

    marked, answer = handlers.answer(file_of("7"), Vote(), 0.5)

    assert (marked.picture.size, marked.digits) == ((280, 280), ())
    assert answer.sentence == "Too many shapes."


def test_a_crowd_is_sent_away_with_a_sentence(file_of):
    handlers = UploadHandlers(Refusing(), Turns(at_once=1, waiting=0))

    with handlers.turns.turn():
        marked, answer = handlers.answer(file_of("7"), Vote(), 0.5)

    assert marked is None
    assert "try again" in answer.sentence


@pytest.fixture(scope="module")
def whole_browser(playwright, tmp_path_factory):
    """A browser with what windows have: a clipboard for pictures, and a camera that shows a drawn 5."""
    folder = tmp_path_factory.mktemp("camera")
    write_video(folder / "camera.y4m", picture_of("5", width=320, height=240, brush=18))
    fake = ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={folder / 'camera.y4m'}"]
    context = playwright.chromium.launch_persistent_context(
        folder / "profile", args=[*QUIET_CHROMIUM, *fake], **WHOLE_CHROMIUM
    )
    context.set_default_timeout(DEADLINE)
    yield context
    context.close()


@pytest.fixture
def upload_page(new_page, whole_browser, watch, app_url):
    """Opens the Upload tab in a browser with clipboard and camera or without, where pages may use both or not."""
    pages = []

    def open_page(devices=True, allowed=("camera", "clipboard-read", "clipboard-write")):
        page = whole_browser.new_page() if devices else new_page()
        watch(page)
        pages.append(page)
        page.context.grant_permissions(list(allowed))
        page.goto(app_url)
        page.get_by_role("tab", name="Upload").click()
        return page

    yield open_page
    for page in pages:
        page.context.clear_permissions()
        page.close()


def test_a_picture_is_pasted_from_the_clipboard(upload_page, file_of):
    page = upload_page()
    expect(page.locator("#upload-image")).to_contain_text("paste one with Ctrl+V")
    page.evaluate(
        """async (picture) => {
            const png = await (await fetch(picture)).blob();
            await navigator.clipboard.write([new ClipboardItem({ "image/png": png })]);
        }""",
        url_of(file_of("64", width=400, height=200)),
    )

    page.keyboard.press("Control+V")

    expect(page.locator("#upload-answer")).to_have_text("64")


def test_a_clipboard_without_a_picture_is_said_in_a_sentence(upload_page):
    page = upload_page()
    page.evaluate("navigator.clipboard.writeText('407')")

    page.keyboard.press("Control+V")

    expect(page.locator("#upload-image .state")).to_have_text("There is no picture in the clipboard.")


def test_nothing_is_pasted_while_another_tab_is_open(upload_page):
    page = upload_page()
    page.evaluate("navigator.clipboard.writeText('407')")
    page.get_by_role("tab", name="Draw").click()

    page.keyboard.press("Control+V")
    page.get_by_role("tab", name="Upload").click()

    expect(page.locator("#upload-image .state")).to_have_text("")


def test_of_several_dropped_pictures_the_first_is_read_and_the_page_says_so(page, upload, file_of):
    files = [url_of(file_of(text, name=f"{text}.png")) for text in "38"]
    page.locator("#upload-image .drop").evaluate(
        """async (drop, pictures) => {
            const dropped = new DataTransfer();
            for (const [index, picture] of pictures.entries()) {
                const png = await (await fetch(picture)).blob();
                dropped.items.add(new File([png], `${index}.png`, { type: "image/png" }));
            }
            drop.dispatchEvent(new DragEvent("drop", { dataTransfer: dropped, bubbles: true, cancelable: true }));
        }""",
        files,
    )

    expect(page.locator("#upload-answer")).to_have_text("3")
    expect(page.locator("#upload-image .state")).to_contain_text("0.png: the first of 2.")


def write_video(path, picture):
    """One frame of raw video, as Chromium's fake camera takes it: brightness, then two planes of grey colour."""
    grey = picture.convert("L")
    header = f"YUV4MPEG2 W{grey.width} H{grey.height} F10:1 Ip A1:1 C420jpeg\nFRAME\n".encode()
    path.write_bytes(header + grey.tobytes() + bytes([128]) * (grey.width * grey.height // 2))


def test_the_camera_takes_a_picture_that_is_read(upload_page):
    page = upload_page()
    camera = page.locator("#upload-image")

    camera.get_by_role("button", name="Camera").click()
    expect(camera.locator("video")).to_be_visible()
    camera.get_by_role("button", name="Take picture").click()

    expect(page.locator("#upload-answer")).to_have_text("5")
    expect(camera.locator("video")).to_be_hidden()
    assert camera.locator("video").evaluate("video => video.srcObject") is None


def test_the_camera_closes_when_somebody_looks_elsewhere(upload_page):
    page = upload_page()
    page.locator("#upload-image").get_by_role("button", name="Camera").click()
    video = page.locator("#upload-image video")
    page.wait_for_function("document.querySelector('#upload-image video').srcObject")
    track = video.evaluate_handle("video => video.srcObject.getVideoTracks()[0]")

    page.get_by_role("tab", name="Draw").click()

    page.wait_for_function("track => track.readyState === 'ended'", arg=track)
    assert video.evaluate("video => video.srcObject") is None


def test_a_camera_that_opens_while_nobody_looks_is_closed_at_once(upload_page):
    page = upload_page()
    page.evaluate(
        """() => {
            const { mediaDevices } = navigator;
            const open = mediaDevices.getUserMedia.bind(mediaDevices);
            mediaDevices.getUserMedia = async (wish) => {
                const stream = await open(wish);
                Object.defineProperty(document, "hidden", { get: () => true }); // meanwhile, another tab of the browser
                window.track = stream.getVideoTracks()[0];
                return stream;
            };
        }"""
    )

    page.locator("#upload-image").get_by_role("button", name="Camera").click()

    page.wait_for_function("window.track?.readyState === 'ended'")
    expect(page.locator("#upload-image").get_by_role("button", name="Camera")).to_be_visible()


@pytest.mark.parametrize(
    ("manner", "words"),
    [
        ({"devices": False, "allowed": ["camera"]}, "No camera was found."),
        ({"allowed": []}, "The camera was not allowed."),
    ],
)
def test_without_a_camera_a_sentence_says_why(upload_page, manner, words):
    page = upload_page(**manner)

    page.locator("#upload-image").get_by_role("button", name="Camera").click()

    expect(page.locator("#upload-image .state")).to_contain_text(words)
    expect(page.locator("#upload-image").get_by_role("button", name="Camera")).to_be_enabled()


def test_where_pages_may_not_see_the_camera_a_phone_still_takes_a_picture(visit, file_of):
    page = visit(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.evaluate("Object.defineProperty(navigator, 'mediaDevices', { value: undefined })")
    page.get_by_role("tab", name="Upload").click()

    with page.expect_file_chooser() as chooser:
        page.locator("#upload-image").get_by_role("button", name="Camera").click()
    chooser.value.set_files(file_of("2"))

    expect(page.locator("#upload-answer")).to_have_text("2")
    assert chooser.value.element.get_attribute("capture") == "environment"


def test_a_box_opens_its_digits_bars_by_mouse_and_by_key(page, upload, file_of):
    upload(file_of("407", width=600, height=240, brush=16))
    expect(page.locator("#upload-answer")).to_have_text("407")
    best = page.locator("#upload-panel .bars li.best b")

    page.locator("#upload-marked .box").nth(2).click()
    expect(best).to_have_text("7")
    page.locator("#upload-marked").get_by_role("button", name="Shape 2 of 3: 0").focus()
    page.keyboard.press("Enter")

    expect(best).to_have_text("0")
    pressed = page.locator("#upload-marked .box[aria-pressed=true]")
    expect(pressed).to_have_count(1)
    expect(pressed).to_have_text("0")


def test_a_digit_in_the_answer_opens_its_bars(page, upload, file_of):
    upload(file_of("407", width=600, height=240, brush=16))
    expect(page.locator("#upload-answer")).to_have_text("407")

    page.locator("#upload-answer span").nth(2).click()

    expect(page.locator("#upload-panel .bars li.best b")).to_have_text("7")
    expect(page.locator("#upload-panel .shapes button").nth(2)).to_have_attribute("aria-pressed", "true")
    assert page.text_content("#upload-answer") == "407"


def test_the_reading_can_be_taken_along_as_the_api_tells_it(page, upload, file_of, app_url):
    sheet = file_of("47", width=400, height=200)
    upload(sheet)
    expect(page.locator("#upload-answer")).to_have_text("47")

    with page.expect_download() as download:
        page.locator("#upload-panel").get_by_role("button", name="Download as JSON").click()

    taken = json.loads(download.value.path().read_text())
    told = Client(app_url, verbose=False).predict(handle_file(sheet), api_name="/read")
    assert taken.pop("milliseconds") > 0
    assert told.pop("milliseconds") > 0
    assert taken == told


def test_a_shape_that_is_no_digit_is_marked_and_said_so_with_the_nearest_digit(page, upload, tmp_path):
    sheet = picture_of("44", width=500, height=240, brush=14)
    pen = ImageDraw.Draw(sheet)
    pen.rectangle((0, 0, 250, 240), "white")
    for line in ([(60, 40), (60, 200)], [(150, 40), (60, 120), (150, 200)]):  # a K
        pen.line(line, "black", 14)
    sheet.save(tmp_path / "letter.png")

    upload(tmp_path / "letter.png")

    expect(page.locator("#upload-answer")).to_have_text("?4")
    expect(page.locator("#upload-panel .verdict")).to_contain_text("This does not look like a digit; the nearest is ")
    expect(page.locator("#upload-panel .shapes small").first).to_have_text("not a digit")
    expect(page.locator("#upload-marked .box.not_a_digit b")).to_have_text("?")
