"""Two processes behind a plain round-robin proxy answer like one: the app keeps nothing of a reading."""

import io
from pathlib import Path

import httpx
import pytest

from tests.support.drawings import picture_of, strokes_of
from tests.support.round_robin import round_robin
from tests.support.running_app import running_app

ROOT = Path(__file__).parents[2]
LONGEST = 300  # seconds


@pytest.fixture(scope="module")
def replicas(tmp_path_factory):
    """Yields the proxy's address and what it asked whom; both processes keep uploads in the same folder."""
    settings = {"DIGIT_MODEL_SOURCE": "bundled", "DIGIT_SHARED_UPLOADS": str(tmp_path_factory.mktemp("shared"))}
    with (
        running_app(ROOT, **settings) as first,
        running_app(ROOT, **settings) as second,
        round_robin(first, second) as (address, asked),
    ):
        yield address, asked


def without_time(answer):
    return {name: value for name, value in answer.items() if name != "milliseconds"}


def test_both_replicas_give_programs_the_same_answers(replicas):
    address, asked = replicas
    png = io.BytesIO()
    picture_of("407", width=600, height=240, brush=16).save(png, format="PNG")
    asked.clear()

    with httpx.Client(base_url=f"{address}/gradio_api", timeout=LONGEST) as client:
        path = client.post("/upload", files={"files": ("a.png", png.getvalue())}).json()[0]
        image = {"path": path, "meta": {"_type": "gradio.FileData"}}
        bodies = {
            "read": [image, *[None] * 8],
            "read_strokes": [strokes_of("407", 600, 240), *[None] * 11],
            "read_many": [[image, image]],
            "models": [],
        }
        answers = {
            name: [client.post(f"/run/{name}", json={"data": data}).json()["data"][0] for _ in range(2)]
            for name, data in bodies.items()
        }

    assert len({server for server, _ in asked}) == 2
    assert answers["models"][0] == answers["models"][1]
    for name in ("read", "read_strokes"):
        first, second = map(without_time, answers[name])
        assert first == second
        assert first["text"] == "407"
    assert [[row["text"] for row in rows] for rows in answers["read_many"]] == [["407", "407"]] * 2


def test_the_page_reads_what_is_drawn_and_uploaded(replicas, new_page, draw, drawing_answer, tmp_path):
    address, asked = replicas
    picture_of("58", width=400, height=240, brush=16).save(tmp_path / "number.png")
    page = new_page()
    page.set_default_timeout(LONGEST * 1000)
    asked.clear()
    page.goto(address)
    page.locator("#draw-canvas canvas").wait_for()

    draw(page, "7")
    drawn = drawing_answer(page)
    page.get_by_role("tab", name="Upload").click()
    page.set_input_files("#upload-image input[type=file]", tmp_path / "number.png")
    page.wait_for_function("document.querySelector('#upload-answer')?.textContent === '58'")

    assert drawn == "7"
    assert len({server for server, request in asked if "/run/" in request or "/upload" in request}) == 2
