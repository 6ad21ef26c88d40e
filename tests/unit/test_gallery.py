"""The small pictures of many files: only the wanted ones, only of the chosen files, nothing kept."""

from threading import Thread

import gradio as gr
import pytest

from tests.support.drawings import picture_of
from ui.components.gallery import PAGE_SIZE, Gallery, GalleryHandlers
from ui.server.turns import Turns


@pytest.fixture
def gallery():
    return Gallery()


@pytest.fixture
def files(tmp_path):
    picture_of("47", width=900, height=300).save(tmp_path / "number.png")
    (tmp_path / "broken.png").write_bytes(b"this is no picture")
    return [str(tmp_path / "number.png"), str(tmp_path / "broken.png")]


def test_a_thumbnail_is_small_and_tells_how_large_its_picture_is(files):
    [thumbnail] = GalleryHandlers(Turns()).thumbnails((0,), files)

    assert (thumbnail.file, thumbnail.width, thumbnail.height) == ("number.png", 900, 300)
    assert len(thumbnail.source) < 20_000


def test_a_broken_file_has_no_picture_and_one_that_was_not_chosen_is_left_out(files):
    [broken] = GalleryHandlers(Turns()).thumbnails((1, 2), files)

    assert (broken.index, broken.source) == (1, "")


def test_a_crowd_makes_a_page_of_pictures_slow_and_loses_none(files):
    turns = Turns(at_once=1, waiting=0)
    done = []
    asking = Thread(target=lambda: done.extend(GalleryHandlers(turns).thumbnails((0,), files)))
    with turns.turn():
        asking.start()
        assert done == []

    asking.join(60)

    assert [thumbnail.source != "" for thumbnail in done] == [True]


@pytest.mark.parametrize("payload", [None, [], {}, {"wanted": "0"}, {"wanted": list(range(PAGE_SIZE + 1))}])
def test_a_page_that_the_page_would_not_ask_for_is_refused(gallery, payload):
    with pytest.raises(gr.Error, match="A page has at most"):
        gallery.preprocess(payload)


def test_indices_that_are_none_are_passed_over(gallery):
    assert gallery.preprocess({"wanted": [3, -1, "x", None, 5]}) == (3, 5)
