"""A file that is no picture is refused with a sentence, and never waited for."""

import os
import socket
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digit_core.errors import EmptyDrawingError, UnreadablePictureError
from digit_core.page.decode import open_picture


def test_a_name_with_a_null_character_is_a_sentence():
    with pytest.raises(UnreadablePictureError, match=r"'a\\x00b\.png' could not be opened"):
        open_picture("a\0b.png")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with a name")
def test_a_pipe_that_nobody_writes_to_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")

    with pytest.raises(UnreadablePictureError, match=r"'pipe\.png' is a pipe or a device"):
        open_picture(tmp_path / "pipe.png")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no endless file")
def test_an_endless_device_is_not_read():
    with pytest.raises(UnreadablePictureError, match="'zero' is a pipe or a device"):
        open_picture("/dev/zero")


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this system has no sockets with a name")
def test_a_socket_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # a socket's name is short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("s")

        with pytest.raises(UnreadablePictureError, match="'s' is a pipe or a device"):
            open_picture("s")


def test_a_folder_is_called_a_folder(tmp_path):
    with pytest.raises(UnreadablePictureError, match="is a folder"):
        open_picture(tmp_path)


@pytest.mark.parametrize("size", [(0, 5), (5, 0), (0, 0)])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "I;16", "1", "P"])
def test_a_side_of_no_pixels_is_blank(size, mode):
    with pytest.raises(EmptyDrawingError):
        open_picture(Image.new(mode, size))


def test_an_array_with_a_side_of_no_pixels_is_blank():
    with pytest.raises(EmptyDrawingError):
        open_picture(np.zeros((0, 5, 3), np.uint8))


def test_a_wholly_transparent_file_is_blank_and_not_damaged(tmp_path):
    Image.new("RGBA", (40, 40), (0, 0, 0, 0)).save(tmp_path / "nothing.png")

    with pytest.raises(EmptyDrawingError):
        open_picture(tmp_path / "nothing.png")
