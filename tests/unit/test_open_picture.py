"""Every usual kind of picture is opened, upright and opaque; what cannot be read is refused with a sentence."""

import numpy as np
import pytest
from PIL import Image, ImageFilter, ImageOps

from digit_core.errors import EmptyDrawingError, PictureTooLargeError, UnreadablePictureError
from digit_core.page.decode import open_picture
from digit_core.page.formats import MAX_BYTES
from tests.support.drawings import picture_of, to_bytes
from tests.support.frames import frame_of, grey, likeness
from tests.support.png import png_claiming


@pytest.mark.parametrize("light", [False, True])
@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparent_paper_becomes_what_the_ink_stands_out_from(mode, light):
    strokes = ImageOps.invert(grey("5"))
    transparent = Image.new("L", strokes.size, 255 if light else 0)
    transparent.putalpha(strokes)

    frame = frame_of(to_bytes(transparent.convert(mode), "PNG"))

    assert likeness(frame, frame_of(grey("5"))) > 0.98


@pytest.mark.parametrize("wide", [5, 9, 21])
@pytest.mark.parametrize("ink", [(0, 0, 0), (255, 255, 255), (200, 30, 30), (250, 220, 40)])
def test_an_outline_is_paper_as_stickers_and_image_editors_give_it(ink, wide):
    strokes = ImageOps.invert(grey("8"))
    around = strokes.filter(ImageFilter.MaxFilter(wide))
    paper = (255, 255, 255) if sum(ink) < 3 * 128 else (0, 0, 0)
    sticker = Image.new("RGBA", strokes.size, (0, 0, 0, 0))
    for colour, cover in ((paper, around), (ink, strokes)):
        sticker.alpha_composite(Image.merge("RGBA", [*Image.new("RGB", strokes.size, colour).split(), cover]))

    frame = frame_of(to_bytes(sticker, "PNG"))

    assert likeness(frame, frame_of(grey("8"))) > 0.98


@pytest.mark.parametrize(("lighter_by", "is_outline"), [(40, False), (62, True)])
def test_an_outline_differs_by_a_fifth_of_the_range_of_brightness(lighter_by, is_outline):
    values = np.zeros((200, 200, 2), np.uint8)
    values[60:140, 60:140] = 140 + lighter_by, 255
    values[62:138, 62:138] = 140, 255

    opaque = open_picture(Image.fromarray(values, "LA").convert("RGBA"))

    assert opaque.getpixel((5, 5)) == ((255,) * 3 if is_outline else (0,) * 3)


@pytest.mark.parametrize("fringe", [0, 255])
@pytest.mark.parametrize("ink", [0, 255])
def test_the_fringe_of_a_colour_that_ink_was_cut_out_of_is_no_outline(ink, fringe):
    strokes = np.asarray(ImageOps.invert(grey("5")), float)
    mixed = (ink * strokes + fringe * (255 - strokes)) / 255
    cut_out = Image.merge("LA", [Image.fromarray(np.round(values).astype(np.uint8)) for values in (mixed, strokes)])

    frame = frame_of(to_bytes(cut_out, "PNG"))

    assert likeness(frame, frame_of(grey("5"))) > 0.95


def test_wholly_transparent_pictures_are_blank():
    with pytest.raises(EmptyDrawingError):
        open_picture(Image.new("RGBA", (80, 80), (0, 0, 0, 0)))


def test_a_palette_with_transparency_is_read():
    palette = ImageOps.invert(grey("7")).point(lambda value: 1 if value > 127 else 0).convert("P")
    palette.putpalette([255, 255, 255, 0, 0, 0])

    frame = frame_of(to_bytes(palette, "PNG", transparency=0))

    assert likeness(frame, frame_of(grey("7"))) > 0.95


@pytest.mark.parametrize(
    ("form", "manner"),
    [("JPEG", {"quality": 60}), ("BMP", {}), ("GIF", {}), ("TIFF", {}), ("WEBP", {}), ("PPM", {})],
)
def test_usual_kinds_of_files_are_read(form, manner):
    assert likeness(frame_of(to_bytes(grey("4"), form, **manner)), frame_of(grey("4"))) > 0.97


@pytest.mark.parametrize("brightest", [255, 4095, 65535])
def test_sixteen_bits_are_read_however_many_of_them_are_used(brightest):
    deep = Image.fromarray(np.round(np.asarray(grey("2")) / 255 * brightest).astype(np.uint16))

    assert likeness(frame_of(to_bytes(deep, "PNG")), frame_of(grey("2"))) > 0.98


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "HSV", "I", "F"])
def test_every_mode_is_read(mode):
    picture = grey("3").convert("RGB").convert(mode) if mode == "HSV" else None
    if mode == "LAB":
        picture = Image.merge("LAB", [grey("3"), *[Image.new("L", (280, 280), 128)] * 2])

    assert likeness(frame_of(picture or grey("3").convert(mode)), frame_of(grey("3"))) > 0.97


def test_a_cmyk_photo_is_read():
    assert likeness(frame_of(to_bytes(grey("6").convert("CMYK"), "JPEG")), frame_of(grey("6"))) > 0.97


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photo_is_brought_upright(orientation):
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    upright = grey("4", width=320)
    as_stored = upright.transpose(turns[orientation]) if orientation in turns else upright
    exif = Image.Exif()
    exif[0x0112] = orientation

    picture = open_picture(to_bytes(as_stored, "JPEG", exif=exif))

    assert picture.size == upright.size
    assert likeness(frame_of(picture), frame_of(upright)) > 0.97


def test_an_animation_gives_its_first_picture():
    animation = to_bytes(grey("1"), "GIF", save_all=True, append_images=[grey("8"), grey("0")])

    assert likeness(frame_of(animation), frame_of(grey("1"))) > 0.97


def test_arrays_paths_bytes_and_pictures_are_read_alike(tmp_path):
    picture = picture_of("9")
    picture.save(tmp_path / "nine.png")
    sources = [
        np.asarray(picture),
        np.asarray(picture.convert("L")),
        np.asarray(picture.convert("RGBA")),
        tmp_path / "nine.png",
        str(tmp_path / "nine.png"),
        (tmp_path / "nine.png").read_bytes(),
    ]

    frames = [frame_of(source) for source in sources]

    for frame in frames:
        np.testing.assert_allclose(frame, frame_of(picture), atol=0.02)


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        (b"", UnreadablePictureError, "empty"),
        (b"this is no picture at all", UnreadablePictureError, "could not be read"),
        (b"\x89PNG\r\n\x1a\n and then nothing", UnreadablePictureError, "could not be read"),
        (to_bytes(grey(), "PNG")[:900], UnreadablePictureError, "could not be read"),
        (to_bytes(grey(), "JPEG")[:1500], UnreadablePictureError, "could not be read"),
        (to_bytes(grey(), "GIF")[:200], UnreadablePictureError, "could not be read"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(300), UnreadablePictureError, "HEIC"),
        (b"GIF89a" + bytes(range(1, 200)), UnreadablePictureError, "could not be read"),
        (png_claiming(40_000, 2), PictureTooLargeError, "megapixels"),
        (png_claiming(9_000, 9_000), PictureTooLargeError, "megapixels"),
        (png_claiming(29_000, 29_000), PictureTooLargeError, "megapixels"),
        (bytes(MAX_BYTES + 1), PictureTooLargeError, "has 26 MB; at most 25 MB"),
    ],
    ids=[
        "0 bytes",
        "text",
        "header alone",
        "half a PNG",
        "half a JPEG",
        "half a GIF",
        "HEIC",
        "noise",
        "40,000 px wide",
        "81 megapixels",
        "a bomb",
        "too many bytes",
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(content, error, words):
    with pytest.raises(error) as refusal:
        open_picture(content)

    assert words in str(refusal.value)
    assert str(refusal.value).endswith(".")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UnreadablePictureError, match=r"'nowhere\.png' could not be opened"):
        open_picture(tmp_path / "nowhere.png")


def test_a_folder_is_no_picture(tmp_path):
    with pytest.raises(UnreadablePictureError):
        open_picture(tmp_path)


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((28, 28)), "expected a uint8 array, got float64"),
        (np.zeros((28, 28, 2), np.uint8), r"got \(28, 28, 2\)"),
        (np.zeros(28, np.uint8), r"got \(28,\)"),
    ],
)
def test_a_wrong_array_is_the_developers_error(array, words):
    with pytest.raises(TypeError, match=words):
        open_picture(array)


def test_a_wrong_type_is_the_developers_error():
    with pytest.raises(TypeError, match="got int"):
        open_picture(7)
