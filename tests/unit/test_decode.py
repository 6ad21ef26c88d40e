"""Whatever a stranger's file is built like, it is decoded at a bounded cost or refused with a sentence."""

import io
import os
import socket
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digit_core.errors import DigitError, EmptyDrawingError, PictureTooLargeError, UnreadablePictureError
from digit_core.page.decode import open_picture, read_pixels
from digit_core.page.formats import HEIC_BRANDS, MAX_PIXELS_OF
from tests.support.drawings import picture_of, to_bytes
from tests.support.png import png_chunk


def draw_four(width=900, height=600):
    return picture_of("4", width=width, height=height, brush=40)


# The allow-list


@pytest.mark.parametrize("form", ["PNG", "JPEG", "MPO", "WEBP", "AVIF", "GIF", "BMP", "TIFF", "PPM"])
def test_what_people_save_pictures_in_is_read(form):
    content = to_bytes(draw_four().convert("RGB"), form)

    assert open_picture(content).size == (900, 600)
    assert read_pixels(content, 300).rgb.shape == (200, 300, 3)


def test_grey_and_black_and_white_maps_are_read():
    assert read_pixels(to_bytes(draw_four().convert("L"), "PPM"), 300).rgb.shape == (200, 300, 3)
    assert read_pixels(to_bytes(draw_four().convert("1"), "PPM"), 300).rgb.shape == (200, 300, 3)


@pytest.mark.parametrize("form", ["EPS", "PCX", "TGA", "ICO", "SGI", "DDS", "IM", "JPEG2000"])
def test_no_other_decoder_is_started(form):
    with pytest.raises(UnreadablePictureError, match="PNG"):
        open_picture(to_bytes(draw_four(120, 120).convert("RGB"), form))


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "PostScript"),
        (b"\xc5\xd0\xd3\xc6" + bytes(40), "PostScript"),
        (b"%PDF-1.7\n", "PDF files cannot be read here; save the page as a picture"),
        (b"\xef\xbb\xbf\n%PDF-1.4\n", "PDF"),
        (bytes(1000) + b"%PDF-1.4\n", "PDF"),
        (bytes(1200) + b"%PDF-1.4\n", "unknown kind"),  # beyond the first kilobyte
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        *((b"\0\0\0\x18ftyp" + brand + bytes(300), "HEIC") for brand in sorted(HEIC_BRANDS)),
        (b"\0\0\0\x18ftypxyzw\0\0\0\0mif1heic" + bytes(300), "HEIC"),
        (b"\0\0\0\x1cftypavif\0\0\0\0mif1miafavif" + bytes(300), "damaged"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0isommp42" + bytes(300), "unknown kind"),
    ],
)
def test_what_cannot_be_read_is_called_by_its_name(content, word):
    with pytest.raises(UnreadablePictureError, match=word):
        open_picture(content)


# Blank is not damaged


@pytest.mark.parametrize("form", ["PNG", "WEBP", "TIFF", "AVIF"])
def test_a_wholly_transparent_file_is_blank(form):
    content = to_bytes(Image.new("RGBA", (80, 80), (0, 0, 0, 0)), form)

    for read in (open_picture, lambda source: read_pixels(source, 40)):
        with pytest.raises(EmptyDrawingError):
            read(content)


def test_a_wholly_transparent_palette_is_blank():
    with pytest.raises(EmptyDrawingError):
        open_picture(to_bytes(Image.new("P", (80, 80), 3), "GIF", transparency=3))


# Small pixels


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
@pytest.mark.parametrize(("width", "height"), [(900, 600), (333, 1000), (160, 90), (1, 900)])
def test_pixels_say_how_large_the_picture_was(form, width, height):
    pixels = read_pixels(to_bytes(Image.new("RGB", (width, height), "red"), form), 250)

    assert (pixels.width, pixels.height) == (width, height)
    assert max(pixels.rgb.shape[:2]) == min(250, max(width, height))
    assert pixels.scale == pytest.approx(max(1, max(width, height) / 250), rel=0.01)
    assert pixels.rgb.dtype == np.uint8


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_pixels_are_upright(form, orientation):
    stored = Image.new("RGB", (400, 240), "white")
    stored.paste("black", (0, 0, 200, 120))  # the stored upper left quarter
    exif = Image.Exif()
    exif[0x0112] = orientation

    pixels = read_pixels(to_bytes(stored, form, exif=exif), 100)

    upright = open_picture(to_bytes(stored, form, exif=exif))
    assert (pixels.width, pixels.height) == upright.size
    assert np.array_equal(open_picture(upright), upright)
    assert pixels.rgb.shape[:2] == ((60, 100) if orientation < 5 else (100, 60))
    shrunk = np.asarray(upright.convert("L").resize(pixels.rgb.shape[1::-1], Image.Resampling.BOX), float)
    assert np.abs(pixels.rgb.mean(axis=2) - shrunk).mean() < 3


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "PA", "CMYK", "YCbCr", "LAB", "I", "F", "I;16"])
def test_pixels_of_every_mode_are_the_whole_picture_shrunk(mode):
    grey = draw_four().convert("L")
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    elif mode == "LAB":
        picture = Image.merge("LAB", [grey, *[Image.new("L", grey.size, 128)] * 2])
    elif mode == "PA":
        picture = grey.convert("RGBA").convert("PA")
    else:
        picture = grey.convert(mode)

    pixels = read_pixels(picture, 300)

    expected = np.asarray(open_picture(picture).convert("L").resize((300, 200), Image.Resampling.BOX), float)
    assert np.abs(pixels.rgb.mean(axis=2) - expected).mean() < 2


@pytest.mark.parametrize("light", [False, True])
def test_shrunk_transparency_becomes_what_the_ink_stands_out_from(light):
    ink = Image.new("L", (900, 600), 255 if light else 0)
    ink.putalpha(Image.fromarray(255 - np.asarray(draw_four().convert("L"))))

    grey = read_pixels(to_bytes(ink, "PNG"), 300).rgb[..., 0]

    assert grey[0, 0] == (0 if light else 255)
    assert grey.max() - grey.min() > 200


def test_the_colour_under_what_is_transparent_does_not_bleed():
    hidden = np.zeros((400, 400, 4), np.uint8)
    hidden[..., 0] = 255  # red that nobody sees
    hidden[100:300, 150:251] = (0, 0, 0, 255)

    rgb = read_pixels(hidden, 50).rgb

    assert np.abs(rgb.astype(int) - rgb[..., :1]).max() <= 1


def test_pixels_leave_a_callers_image_alone():
    image = Image.open(io.BytesIO(to_bytes(draw_four(), "JPEG")))

    read_pixels(image, 100)

    assert image.size == (900, 600)


def test_floats_that_are_no_numbers_are_black():
    values = np.tile(np.linspace(0, 1, 64, dtype=np.float32), (64, 1))
    values[0, :3] = np.nan, np.inf, -np.inf

    picture = open_picture(Image.fromarray(values))

    assert picture.getpixel((0, 0)) == picture.getpixel((1, 0)) == 0
    assert picture.getpixel((63, 5)) == 255


@pytest.mark.parametrize("longest", [0, -3])
def test_a_longest_side_is_positive(longest):
    with pytest.raises(ValueError, match=f"got {longest}"):
        read_pixels(draw_four(), longest)


# Files that are built to cost


def png_of_empty_chunks(count):
    content = to_bytes(Image.new("L", (40, 40), 255), "PNG")
    return content[:33] + png_chunk(b"prVt", b"") * count + content[33:]


def test_a_picture_in_very_many_pieces_is_refused():
    with pytest.raises(UnreadablePictureError, match="too many small pieces"):
        open_picture(png_of_empty_chunks(240_000))


def test_a_picture_in_some_thousand_pieces_is_read():
    assert open_picture(png_of_empty_chunks(5000)).size == (40, 40)


def jpeg_of_scans(count):
    content = to_bytes(draw_four(120, 80), "JPEG", progressive=True)
    mark = b"\xff\xda"
    once = content[content.rindex(mark) : -2]
    return content[:-2] + once * (count - content.count(mark)) + content[-2:]


def test_a_jpeg_of_endless_scans_is_refused_and_one_of_some_read():
    assert open_picture(jpeg_of_scans(30)).size == (120, 80)
    with pytest.raises(UnreadablePictureError, match="too many small pieces"):
        open_picture(jpeg_of_scans(40))


def test_a_picture_in_endless_figures_is_refused_and_a_short_one_read():
    def write_plainly(side):
        return b"P3\n%d %d\n255\n" % (side, side) + b"0 " * (3 * side * side)

    assert open_picture(write_plainly(100)).size == (100, 100)
    with pytest.raises(UnreadablePictureError, match="too many small pieces"):
        open_picture(write_plainly(620))  # 2.3 MB


def test_a_tiff_of_endless_tiles_is_refused():
    side, tile = 1360, 4
    count = (side // tile) ** 2  # 115,600
    tags = [
        (256, 4, 1, side),
        (257, 4, 1, side),
        (258, 3, 1, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (322, 4, 1, tile),
        (323, 4, 1, tile),
        (324, 4, count, 200),
        (325, 4, count, 200),
    ]
    ifd = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags) + bytes(4)
    content = (b"II*\0" + struct.pack("<I", 8) + ifd).ljust(200, b"\0") + struct.pack("<I", 100) * count

    with pytest.raises(UnreadablePictureError, match="too many small pieces"):
        open_picture(content)


@pytest.mark.parametrize("form", sorted(MAX_PIXELS_OF))
def test_what_takes_more_memory_may_have_fewer_pixels(form):
    side = int(MAX_PIXELS_OF[form] ** 0.5) + 1
    manners = {"WEBP": {"method": 0}, "AVIF": {"speed": 10}, "progressive JPEG": {"progressive": True}}

    with pytest.raises(PictureTooLargeError, match=f"at most {MAX_PIXELS_OF[form] // 10**6} megapixels"):
        open_picture(to_bytes(Image.new("L", (side, side), 255), form.split()[-1], **manners[form]))


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "AVIF", "GIF", "BMP", "TIFF", "PPM"])
def test_a_spoilt_file_is_read_or_refused_with_a_sentence(form):
    rng = np.random.default_rng(7)
    sound = to_bytes(draw_four(120, 90).convert("RGB"), form)
    for _ in range(40):
        spoilt = bytearray(sound)
        for place in rng.integers(0, len(spoilt), 6):
            spoilt[place] = rng.integers(256)
        try:
            assert read_pixels(bytes(spoilt), 64).rgb.ndim == 3
        except DigitError as error:
            assert str(error).endswith(".")  # noqa: PT017 - either outcome is right


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "AVIF", "BMP", "PPM"])
def test_half_a_file_is_not_read_as_if_it_were_whole(form):
    content = to_bytes(draw_four().convert("RGB"), form)

    with pytest.raises(UnreadablePictureError, match="damaged"):
        read_pixels(content[: len(content) // 2], 64)


# What is no file


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


def test_an_array_is_read_without_a_copy_and_grey_stays_grey():
    grey = np.asarray(draw_four().convert("L"))

    pixels = read_pixels(grey, 1000)

    assert pixels.values is grey
    assert pixels.grey is grey
    assert np.array_equal(pixels.rgb, np.repeat(grey[..., None], 3, axis=2))


@pytest.mark.parametrize("longest", [900, 300, 250])
def test_an_array_is_read_as_the_picture_of_it_is(longest):
    coarse = Image.fromarray(np.random.default_rng(0).integers(0, 255, (6, 9, 3), np.uint8))
    colours = np.asarray(coarse.resize((900, 600), Image.Resampling.BICUBIC))

    as_array, as_picture = read_pixels(colours, longest), read_pixels(Image.fromarray(colours), longest)

    assert (as_array.width, as_array.height, as_array.scale) == (900, 600, as_picture.scale)
    assert np.abs(as_array.rgb.astype(int) - as_picture.rgb).max() <= 1
    assert np.abs(as_array.grey.astype(int) - as_picture.grey).max() <= 1


@pytest.mark.parametrize(("form", "least", "longest"), [("JPEG", 450, 450), ("JPEG", None, 700), ("PNG", 450, 700)])
def test_a_jpeg_is_decoded_as_small_as_one_may(form, least, longest):
    pixels = read_pixels(to_bytes(draw_four().convert("RGB"), form), 700, least)

    assert max(pixels.values.shape) == longest
    assert (pixels.width, pixels.height) == (900, 600)
