"""The preprocessing gives the same frame however and on whatever a digit was written."""

import warnings
from contextlib import nullcontext, suppress

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from digit_core.errors import DigitError, EmptyDrawingError, PictureTooLargeError, UnreadablePictureError
from digit_core.page.decode import MAX_BYTES, open_picture
from digit_core.page.frame import (
    BODY_SIZE,
    FRAME_SIZE,
    MAX_STROKE,
    MIN_STROKE,
    crop_to_ink,
    stroke_width,
    to_mnist_frame,
)
from digit_core.page.ink import INK_SIDE, clean_paper, to_ink
from tests.support.drawings import picture_of, to_bytes
from tests.support.png import png_claiming


def frame_of(source):
    return to_mnist_frame(to_ink(open_picture(source)))


def likeness(first, second):
    """The correlation of two frames: 1 for the same, 0 for strangers."""
    return np.corrcoef(first.ravel(), second.ravel())[0, 1]


def centre_of_mass(frame):
    rows, columns = np.mgrid[0:FRAME_SIZE, 0:FRAME_SIZE]
    return (frame * rows).sum() / frame.sum(), (frame * columns).sum() / frame.sum()


def grey(text="4", **manner):
    """A clean grey picture, ink dark."""
    return picture_of(text, **manner).convert("L")


# Frames


@pytest.mark.parametrize("digit", "0123456789")
def test_an_mnist_like_frame_pasted_large_on_a_canvas_comes_back_nearly_itself(digit):
    frame = frame_of(picture_of(digit))
    enlarged = cv2.resize(frame, (560, 560), interpolation=cv2.INTER_CUBIC).clip(0, 1)
    canvas = Image.new("L", (900, 700), 255)
    canvas.paste(Image.fromarray(np.round(255 * (1 - enlarged)).astype(np.uint8)), (250, 60))

    again = frame_of(canvas)

    assert likeness(again, frame) > 0.95
    assert np.abs(again - frame).mean() < 0.04


@pytest.mark.parametrize("digit", "0123456789")
def test_a_frame_is_made_as_mnist_made_its_frames(digit):
    frame = frame_of(picture_of(digit))

    assert frame.shape == (FRAME_SIZE, FRAME_SIZE)
    assert frame.dtype == np.float32
    assert frame.min() >= 0
    assert 0.9 < frame.max() <= 1 + 1e-6
    rows, columns = np.nonzero(frame)
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == BODY_SIZE


@pytest.mark.parametrize("corner", [(0, 0), (400, 30), (40, 320), (400, 320), (210, 170)])
def test_a_frame_is_centred_wherever_the_digit_was_drawn(corner):
    canvas = Image.new("L", (600, 500), 255)
    canvas.paste(grey(width=180, height=180, brush=14), corner)

    frame = frame_of(canvas)

    assert centre_of_mass(frame) == pytest.approx((13.5, 13.5), abs=0.7)


@pytest.mark.parametrize("side", [60, 280, 1000, 2500])
def test_the_size_of_the_picture_does_not_matter(side):
    frame = frame_of(picture_of("5", width=side, height=side, brush=side / 14))

    assert likeness(frame, frame_of(picture_of("5"))) > 0.95


@pytest.mark.parametrize("digit", "01478")
@pytest.mark.parametrize("brush", [3, 8, 20, 34])
def test_fine_pens_and_bold_brushes_give_about_the_same_stroke(digit, brush):
    frame = frame_of(picture_of(digit, brush=brush))

    width = stroke_width(cv2.resize(frame, (280, 280))) / 10
    assert 0.85 * MIN_STROKE < width < 1.15 * MAX_STROKE


def test_a_stroke_is_as_wide_as_it_was_drawn():
    ink = np.zeros((200, 200), np.float32)
    ink[20:180, 90:102] = 1

    assert stroke_width(ink) == pytest.approx(12, rel=0.15)
    assert stroke_width(np.zeros((9, 9), np.float32)) == 0


@pytest.mark.parametrize(
    ("drawn", "shown"),
    [
        (1.33, 1.8),  # too thin
        (2.4, 2.0),  # left as it is, and rounded to whole pixels
        (3.0, 3.0),
        (3.6, 2.9),  # too bold
    ],
)
def test_a_stroke_becomes_two_or_three_pixels_wide_as_mnists_are(drawn, shown):
    stroke = np.ones((300, round(15 * drawn)), np.float32)

    frame = to_mnist_frame(stroke)

    assert frame[14].sum() == pytest.approx(shown, abs=0.15)


def test_what_cannot_be_centred_exactly_always_stands_on_the_same_side():
    frame = to_mnist_frame(np.ones((300, 45), np.float32))

    assert np.flatnonzero(frame[14]).tolist() == [12, 13, 14]


def test_the_faintest_ink_takes_no_part_in_where_a_digit_ends():
    ink = np.zeros((40, 40), np.float32)
    ink[10:30, 10:30], ink[9, 10:30], ink[30, 10:30] = 1, 0.13, 0.2

    assert crop_to_ink(ink).shape == (21, 20)


@pytest.mark.parametrize(("edge", "width"), [(0.45, 10), (0.6, 12)])
def test_a_strokes_edge_is_where_it_is_half_ink(edge, width):
    ink = np.zeros((100, 40), np.float32)
    ink[:, 10:20], ink[:, 9], ink[:, 20] = 1, edge, edge

    assert stroke_width(ink) == pytest.approx(width, abs=0.7)


def test_without_ink_there_is_no_frame():
    with pytest.raises(EmptyDrawingError):
        to_mnist_frame(np.zeros((50, 50), np.float32))


# Ink and paper


@pytest.mark.parametrize(("ink", "paper"), [("white", "black"), ("#eeeeee", "#204030"), ("#203080", "#f4efe0")])
def test_ink_is_found_whether_it_is_darker_or_lighter_than_the_paper(ink, paper):
    assert likeness(frame_of(picture_of("2", ink=ink, paper=paper)), frame_of(picture_of("2"))) > 0.98


@pytest.mark.parametrize("invert", [False, True])
def test_a_real_mnist_frame_is_read_as_it_is_and_inverted(invert):
    frame = Image.fromarray(np.round(255 * frame_of(picture_of("9"))).astype(np.uint8))

    again = frame_of(ImageOps.invert(frame) if invert else frame)

    assert likeness(again, np.asarray(frame)) > 0.9


def test_a_shadow_over_the_paper_leaves_the_digit_alone():
    light = np.linspace(0.45, 1.0, 280)[None, :] * np.linspace(0.8, 1.0, 280)[:, None]
    shaded = (np.asarray(grey("3", brush=10)) * light).astype(np.uint8)

    assert likeness(frame_of(shaded), frame_of(grey("3", brush=10))) > 0.95


@pytest.mark.parametrize("paper", [0, 255])
def test_the_paper_of_a_drawing_by_a_program_is_known_at_once(paper):
    drawing = np.full((280, 280), paper, np.uint8)
    drawing[60:200, 80:200] = 255 - paper

    assert clean_paper(drawing) == paper


def test_nothing_is_taken_for_granted_of_a_photo_or_a_drawing_to_the_edge():
    photo = np.full((280, 280), 230, np.uint8)
    to_the_edge, mostly_ink = np.full((2, 280, 280), 255, np.uint8)
    to_the_edge[100:140, :] = 0
    mostly_ink[20:-20, 20:-20] = 0

    pictures = photo, to_the_edge, mostly_ink, np.full((28, 28), 255, np.uint8)

    assert [clean_paper(picture) for picture in pictures] == [None] * 4


def test_a_filled_shape_is_not_hollowed():
    canvas = np.full((280, 280), 255, np.uint8)
    cv2.fillPoly(canvas, [np.array([[140, 30], [250, 230], [30, 230]])], 0)

    assert to_ink(canvas)[170, 140] > 0.9


def test_grain_on_the_paper_leaves_the_digit_alone():
    rng = np.random.default_rng(1)
    grainy = np.asarray(grey("6")) * 0.7 + 40 + rng.normal(0, 6, (280, 280))

    assert likeness(frame_of(grainy.clip(0, 255).astype(np.uint8)), frame_of(grey("6"))) > 0.97


def test_faint_pencil_becomes_full_ink():
    ink = to_ink(picture_of("8", ink="#c8c8c8"))

    assert ink.max() == pytest.approx(1)
    assert ink[0, 0] == 0


@pytest.mark.parametrize("paper", ["white", "black", "#7f7f7f"])
def test_blank_paper_has_no_ink(paper):
    with pytest.raises(EmptyDrawingError):
        to_ink(Image.new("RGB", (280, 280), paper))


@pytest.mark.parametrize("grain", [2, 5, 9, 20])
@pytest.mark.parametrize("seed", range(4))
def test_grainy_blank_paper_has_no_ink(grain, seed):
    rng = np.random.default_rng(seed)
    paper = rng.normal(190, grain, (300, 300)).clip(0, 255).astype(np.uint8)

    with pytest.raises(EmptyDrawingError):
        to_ink(paper)


@pytest.mark.parametrize(("side", "paper"), [(40, None), (50, 255)])
def test_a_scan_of_one_character_is_too_small_to_tell_its_paper_by_the_border(side, paper):
    pixels = np.full((side, side), 255, np.uint8)
    pixels[10:30, 15:20] = 0

    assert clean_paper(pixels) == paper


@pytest.mark.parametrize(
    ("mark", "size", "is_ink"), [(242, 400, False), (235, 400, True), (0, 16, False), (0, 25, True)]
)
def test_what_hardly_differs_from_clean_paper_and_what_is_dust_are_no_ink(mark, size, is_ink):
    pixels, side = np.full((1000, 1000), 255, np.uint8), int(size**0.5)
    pixels[500 : 500 + side, 500 : 500 + side] = mark

    with nullcontext() if is_ink else pytest.raises(EmptyDrawingError):
        assert to_ink(pixels).max() == 1


def test_a_few_bright_pixels_are_not_the_paper_of_a_small_scan():
    scan = np.full((20, 20), 204, np.uint8)
    scan[4:16, 8:12] = 0
    scan[0, :16] = 255  # one in 25

    assert to_ink(scan)[18, 18] == 0


@pytest.mark.parametrize(("side", "is_ink"), [(48, True), (70, False)])
def test_a_dark_spot_is_ink_up_to_a_third_of_the_picture_and_then_the_ground(side, is_ink):
    photo = np.full((192, 192), 200, np.uint8)
    photo[60 : 60 + side, 60 : 60 + side] = 90
    photo[10:40, 10:14] = 40

    assert (to_ink(photo)[60 + side // 2, 60 + side // 2] > 0.5) == is_ink


@pytest.mark.parametrize(("contrast", "is_ink"), [(3.3, False), (4.8, True)])
def test_what_stands_out_from_the_grain_less_than_grain_may_is_no_ink(contrast, is_ink):
    photo = np.random.default_rng(5).normal(200, 8, (200, 200))
    photo[90:110, 90:110] -= 8 * contrast

    with nullcontext() if is_ink else pytest.raises(EmptyDrawingError):
        assert to_ink(np.clip(photo, 0, 255).astype(np.uint8))[100, 100] > 0


def test_ink_of_a_large_picture_is_shrunk():
    ink = to_ink(picture_of("1", width=2000, height=500, brush=30))

    assert max(ink.shape) == INK_SIDE
    assert ink.dtype == np.float32


# Pictures


@pytest.mark.parametrize("light", [False, True])
@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparent_paper_becomes_what_the_ink_stands_out_from(mode, light):
    strokes = ImageOps.invert(grey("5"))
    transparent = Image.new("L", strokes.size, 255 if light else 0)
    transparent.putalpha(strokes)

    frame = frame_of(to_bytes(transparent.convert(mode), "PNG"))

    assert likeness(frame, frame_of(grey("5"))) > 0.98


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


def test_arrays_paths_bytes_and_pictures_are_the_same(tmp_path):
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


# What cannot be read


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
        (bytes(MAX_BYTES + 1), PictureTooLargeError, "25 MB"),
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
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # nobody who runs an app sees warnings
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


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (1, 300), (300, 1), (3, 3)])
@pytest.mark.parametrize("value", [0, 255])
def test_the_smallest_pictures_are_blank(size, value):
    with pytest.raises(EmptyDrawingError):
        to_ink(open_picture(Image.new("L", size, value)))


@pytest.mark.parametrize("seed", range(20))
def test_tiny_and_odd_noise_is_a_frame_or_refused(seed):
    rng = np.random.default_rng(seed)
    noise = rng.integers(0, 256, rng.integers(1, 12, 2), dtype=np.uint8)

    with suppress(DigitError):
        assert np.isfinite(frame_of(noise)).all()


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
