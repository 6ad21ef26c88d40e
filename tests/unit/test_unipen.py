"""Pen strokes come out of their files as they were written."""

import gzip
import io
import os
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from training.data.unipen import DIGITS, read_parsed, read_pendigits, read_unipen
from training.errors import DataError

PENDIGITS = """.INCLUDE dene.doc
.SEGMENT DIGIT 0 ? "8"
.COMMENT 8 12 224
.PEN_DOWN
 10 50
 14 40
.PEN_UP
.DT 100
.SEGMENT DIGIT 1-2 ? "4"
.COMMENT 4 1 117
.PEN_DOWN
 0 9
 3 9
.PEN_UP
.PEN_DOWN
 2 10
.PEN_UP
"""

DOCUMENTATION = """.VERSION 1.0
.COORD X Y T
.X_POINTS_PER_INCH 254
.Y_POINTS_PER_MM   20
.DATA_INFO a page with
   the points . , and ; on it
"""

INK = """.WRITER_ID {writer}
.PEN_DOWN
100 100 0
110 140 1
.PEN_UP
110 141 2
120 150 3
.PEN_DOWN
130 100 4
130 120 5
130 140 6
.PEN_UP
.PEN_DOWN
.PEN_UP
.PEN_DOWN
200 100 7
200 180 8
.PEN_UP
"""


def unipen_file(writer_file, *segments):
    site = writer_file.split("/")[0]
    return "\n".join([".VERSION 1.0", f".INCLUDE {site}/all.doc", f".INCLUDE {writer_file}", *segments, ""])


@pytest.fixture
def unipen_folder(tmp_path):
    """Two writers of site apa; the second wrote an "a" as well, and somebody of site xyz is not asked for."""
    files = {
        "data/1a/apa/one.dat": unipen_file(
            "apa/data/one.dat", '.SEGMENT CHARACTER 0-2 ? "4"', '.SEGMENT DIGIT 3 ? "1"'
        ),
        "data/1a/apa/two.dat": unipen_file("apa/data/two.dat", '.SEGMENT CHARACTER 3-3 ? "1"'),
        "data/1c/apa/two.dat": unipen_file("apa/data/two.dat", '.SEGMENT CHARACTER 2 ? "a"'),
        "data/1a/xyz/six.dat": unipen_file("xyz/data/six.dat", '.SEGMENT CHARACTER 3 ? "6"'),
        "include/apa/all.doc": DOCUMENTATION,
        "include/xyz/all.doc": DOCUMENTATION,
        "include/apa/data/one.dat": INK.format(writer="Zoe"),
        "include/apa/data/two.dat": INK.format(writer="Max"),
        "include/xyz/data/six.dat": INK.format(writer="Ann"),
    }
    for name, text in files.items():
        path = tmp_path / "unipen" / "train_r01_v07" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="latin-1")
    return tmp_path / "unipen"


def add_digits(folder, *segments):
    """Let writer Zoe's file hold only these segments."""
    path = folder / "train_r01_v07/data/1a/apa/one.dat"
    path.write_text(unipen_file("apa/data/one.dat", *segments))


def drawings_of(path, writer="unipen-apa/1"):
    return [drawing for drawing in read_unipen(path) if drawing.writer == writer]


def compress_without_compressing(data):
    """Write Unix `compress` format with nothing but single bytes: 9 bits each, which is valid for short data."""
    bits = "".join(f"{byte:09b}"[::-1] for byte in data)
    bits += "0" * (-len(bits) % 8)
    return b"\x1f\x9d\x90" + bytes(int(bits[i : i + 8][::-1], 2) for i in range(0, len(bits), 8))


def assert_same(drawings, others):
    assert [(d.label, d.writer) for d in drawings] == [(d.label, d.writer) for d in others]
    for drawing, other in zip(drawings, others, strict=True):
        assert [len(stroke) for stroke in drawing.strokes] == [len(stroke) for stroke in other.strokes]
        np.testing.assert_allclose(np.concatenate(drawing.strokes), np.concatenate(other.strokes), atol=0.51)


def test_pendigits_keep_strokes_label_and_writer_with_y_down(tmp_path):
    path = tmp_path / "pendigits-orig.tra"
    path.write_text(PENDIGITS)

    eight, four = read_pendigits(path)

    assert (eight.label, eight.writer) == ("8", "pendigits/12")
    assert (four.label, four.writer) == ("4", "pendigits/1")
    assert [stroke.tolist() for stroke in eight.strokes] == [[[0, 0], [4, 10]]]
    assert [stroke.tolist() for stroke in four.strokes] == [[[0, 1], [3, 1]], [[2, 0]]]
    assert eight.strokes[0].dtype == np.float32


@pytest.mark.parametrize("pack", [gzip.compress, compress_without_compressing])
def test_pendigits_may_be_packed(tmp_path, pack):
    plain = tmp_path / "pendigits-orig.tra"
    plain.write_text(PENDIGITS[: PENDIGITS.index(".SEGMENT DIGIT 1-2")])
    packed = tmp_path / "packed"
    packed.write_bytes(pack(plain.read_bytes()))

    drawings = read_pendigits(packed)

    assert_same(drawings, read_pendigits(plain))


@pytest.mark.parametrize(
    "content", [b"", b"no digits here", gzip.compress(PENDIGITS.encode())[:-20], b"\x1f\x9d\x90\x00"]
)
def test_damaged_pendigits_are_named(tmp_path, content):
    path = tmp_path / "pendigits-orig.tra.gz"
    path.write_bytes(content)

    with pytest.raises(DataError, match=r"pendigits-orig\.tra\.gz"):
        read_pendigits(path)


def test_unipen_is_in_hundredths_of_a_millimetre_whatever_the_tablet(unipen_folder):
    four, one = drawings_of(unipen_folder)

    # 254 points an inch are 10 to the millimetre in x, and y has 20
    assert [stroke.tolist() for stroke in four.strokes] == [[[0, 200], [100, 0]], [[300, 200], [300, 100], [300, 0]]]
    assert [stroke.tolist() for stroke in one.strokes] == [[[0, 400], [0, 0]]]
    assert (four.label, one.label) == ("4", "1")


def test_only_ink_is_kept_and_only_blocks_with_coordinates_count(unipen_folder):
    add_digits(unipen_folder, '.SEGMENT CHARACTER 1-2 ? "1"', '.SEGMENT CHARACTER 3 ? "1"')

    short, tall = drawings_of(unipen_folder)

    assert [len(stroke) for stroke in short.strokes] == [3]
    assert [len(stroke) for stroke in tall.strokes] == [2]


@pytest.mark.parametrize(
    ("span", "lengths"), [("2:1-2:2", [2]), ("2:2-3", [1, 2]), ("0-2:0", [2, 1]), ("0,2", [2, 3]), ("2-2", [3])]
)
def test_a_segment_may_name_some_points_of_a_block_or_several_blocks(unipen_folder, span, lengths):
    add_digits(unipen_folder, f'.SEGMENT CHARACTER {span} ? "4"')

    (drawing,) = drawings_of(unipen_folder)

    assert [len(stroke) for stroke in drawing.strokes] == lengths


@pytest.mark.parametrize(
    "segment",
    [
        '.SEGMENT CHARACTER 17 ? "4"',  # no such block
        '.SEGMENT CHARACTER 3-9 ? "4"',
        '.SEGMENT CHARACTER 1 ? "4"',  # the pen was up
        '.SEGMENT WORD 0-3 ? "42"',
        '.SEGMENT CHARACTER 0:0-0:0 ? "1"',  # a single point
        ".SEGMENT TEXT 0-3",
    ],
)
def test_what_is_no_character_is_left_out(unipen_folder, segment):
    add_digits(unipen_folder, '.SEGMENT CHARACTER 3 ? "1"', segment)

    drawings = drawings_of(unipen_folder)

    assert [drawing.label for drawing in drawings] == ["1"]


@pytest.mark.parametrize("point", ["0 9999 0", "9999 100 0", "230 100 0"])
def test_lost_pens_and_two_digits_cut_as_one_are_left_out(unipen_folder, point):
    ink = unipen_folder / "train_r01_v07/include/apa/data/one.dat"
    ink.write_text(ink.read_text() + f".PEN_DOWN\n100 100 0\n{point}\n.PEN_UP\n")
    add_digits(unipen_folder, '.SEGMENT CHARACTER 3 ? "1"', '.SEGMENT CHARACTER 4 ? "0"')

    drawings = drawings_of(unipen_folder)

    assert [drawing.label for drawing in drawings] == ["1"]


def test_a_flat_letter_stays(unipen_folder):
    ink = unipen_folder / "train_r01_v07/include/apa/data/two.dat"
    ink.write_text(ink.read_text() + ".PEN_DOWN\n100 100 0\n150 100 0\n.PEN_UP\n")
    letters = unipen_folder / "train_r01_v07/data/1c/apa/two.dat"
    letters.write_text(unipen_file("apa/data/two.dat", '.SEGMENT CHARACTER 4 ? "-"', r'.SEGMENT CHARACTER 3 ? "\""'))

    drawings = read_unipen(unipen_folder, categories=["1c"])

    assert [drawing.label for drawing in drawings] == ["-", '"']


def test_exact_repetitions_by_one_writer_are_read_once(unipen_folder):
    add_digits(unipen_folder, *['.SEGMENT CHARACTER 3 ? "1"'] * 3)

    drawings = read_unipen(unipen_folder, categories=DIGITS)

    assert [(drawing.label, drawing.writer) for drawing in drawings] == [("1", "unipen-apa/1"), ("1", "unipen-apa/0")]


def test_a_writer_keeps_the_number_for_digits_and_letters(unipen_folder):
    digits = read_unipen(unipen_folder, categories=DIGITS)
    letters = read_unipen(unipen_folder, categories=["1b", "1c", "1d"])

    assert [(d.label, d.writer) for d in digits] == [
        ("4", "unipen-apa/1"),
        ("1", "unipen-apa/1"),
        ("1", "unipen-apa/0"),
    ]
    assert [(d.label, d.writer) for d in letters] == [("a", "unipen-apa/0")]


def test_one_person_has_one_number_at_site_ibm_on_every_page(tmp_path):
    for page in ("r00-07", "r02-07", "r02-04"):
        ink, data = tmp_path / f"include/ibm/data/{page}.dat", tmp_path / f"data/1a/ibm/{page}.dat"
        ink.parent.mkdir(parents=True, exist_ok=True)
        data.parent.mkdir(parents=True, exist_ok=True)
        ink.write_text(INK.format(writer=page).replace("110 140 1", f"110 140 1\n110 14{page[2]} 1"))
        data.write_text(f'.INCLUDE ibm/data/{page}.dat\n.COORD X Y T\n.SEGMENT CHARACTER 0-2 ? "4"\n')
    (tmp_path / "include/ibm/all.doc").write_text(DOCUMENTATION)
    for path in (tmp_path / "data/1a/ibm").iterdir():
        path.write_text(".INCLUDE ibm/all.doc\n" + path.read_text())

    drawings = read_unipen(tmp_path)

    assert [drawing.writer for drawing in drawings] == ["unipen-ibm/1", "unipen-ibm/0", "unipen-ibm/1"]


@pytest.mark.parametrize("kind", ["zip", "xz", "gz"])
def test_an_archive_reads_like_the_folder(unipen_folder, tmp_path, kind):
    archive = tmp_path / f"unipen.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(archive, "w") as opened:
            for path in sorted(unipen_folder.rglob("*")):
                opened.write(path, path.relative_to(unipen_folder))
    else:
        with tarfile.open(archive, f"w:{kind}") as opened:
            opened.add(unipen_folder / "train_r01_v07", "train_r01_v07")

    drawings = read_unipen(archive)

    assert len(drawings) == 4
    assert_same(drawings, read_unipen(unipen_folder))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"\xfd7zXZ\x00 broken"])
def test_a_damaged_archive_is_named(tmp_path, content):
    path = tmp_path / "train_r01_v07.tar.xz"
    path.write_bytes(content)

    with pytest.raises(DataError, match=r"train_r01_v07\.tar\.xz"):
        read_unipen(path)


def test_a_truncated_archive_is_named(unipen_folder, tmp_path):
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w:gz") as opened:
        opened.add(unipen_folder, "unipen")
    path = tmp_path / "train_r01_v07.tgz"
    path.write_bytes(whole.getvalue()[:-300])

    with pytest.raises(DataError, match=r"train_r01_v07\.tgz"):
        read_unipen(path)


def test_a_missing_include_is_named(unipen_folder):
    (unipen_folder / "train_r01_v07/include/apa/all.doc").unlink()

    with pytest.raises(DataError, match=r"include/apa/all\.doc"):
        read_unipen(unipen_folder)


def test_a_file_that_includes_itself_is_refused(unipen_folder):
    (unipen_folder / "train_r01_v07/include/apa/all.doc").write_text(".INCLUDE apa/all.doc\n")

    with pytest.raises(DataError, match="includes itself"):
        read_unipen(unipen_folder)


def write_arrays(path, **changes):
    arrays = {
        "xy": np.array([[0, 2], [4, 0], [1, 1], [5, 5]], np.int16),
        "stroke_off": np.array([0, 2, 3, 4]),
        "sample_off": np.array([0, 2, 3]),
        "label": np.array([4, 1], np.uint8),
        "writer": np.array([3, 25], np.int16),
    }
    np.savez(path, **{name: array for name, array in (arrays | changes).items() if array is not None})
    return path


def test_parsed_strokes_are_drawings_again(tmp_path):
    path = write_arrays(tmp_path / "pendigits.npz")

    four, one = read_parsed(path)

    assert [stroke.tolist() for stroke in four.strokes] == [[[0, 2], [4, 0]], [[1, 1]]]
    assert [stroke.tolist() for stroke in one.strokes] == [[[5, 5]]]
    assert [(d.label, d.writer) for d in (four, one)] == [("4", "pendigits/3"), ("1", "pendigits/25")]


@pytest.mark.parametrize(
    ("labels", "sites", "numbers", "writers"),
    [
        ([4, 1], ["aga", "aga"], [0, 13], ["unipen-aga/0", "unipen-aga/13"]),
        ([4, 1], ["apa", "apb"], [14, 35], ["unipen-apa/0", "unipen-apb/0"]),
        ([4, 1], ["apb", "apb"], [23, 35], ["unipen-apb/0", "unipen-apb/14"]),  # 12 and 13 wrote no digit
        (["g", "-"], ["apb", "apb"], [23, 35], ["unipen-apb/0", "unipen-apb/12"]),
        (["g", "-"], ["apb", "apb"], [23, 43], ["unipen-apb/0", "unipen-apb/21"]),  # 20 wrote no letter
        (["g", "-"], ["aga", "ceb"], [0, 99], ["unipen-aga/0", "unipen-cea/1"]),  # one person at two sites
    ],
)
def test_parsed_writers_are_numbered_by_site(tmp_path, labels, sites, numbers, writers):
    path = write_arrays(
        tmp_path / "unipen.npz",
        label=np.array(labels),
        site=np.array(sites),
        writer=np.array(numbers, np.int16),
    )

    drawings = read_parsed(path)

    assert [drawing.writer for drawing in drawings] == writers


@pytest.mark.parametrize("changes", [{"label": None}, {"label": np.array([1])}, {"xy": np.array([None])}])
def test_damaged_parsed_strokes_are_named(tmp_path, changes):
    path = write_arrays(tmp_path / "unipen.npz", **changes)

    with pytest.raises(DataError, match=r"unipen\.npz"):
        read_parsed(path)


def real_file(name):
    path = Path(os.environ.get("DIGIT_DATA_DIR", "")) / name
    if "DIGIT_DATA_DIR" not in os.environ or not path.is_file():
        pytest.skip(f"DIGIT_DATA_DIR has no {name}")
    return path


def test_the_real_pendigits_equal_their_parsed_copy():
    drawings = read_pendigits(real_file("pendigits-orig.tra.gz"))

    assert len(drawings) == 7494
    assert_same(drawings, read_parsed(real_file("pendigits.npz")))


def test_the_real_unipen_digits_equal_their_parsed_copy_and_six_more():
    parsed = read_parsed(real_file("unipen.npz"))

    drawings = read_unipen(real_file("unipen-originals.tar.xz"))

    assert len(drawings) == len(parsed) + 6
    followers = iter(drawings)
    found = [next(d for d in followers if looks_like(d, other)) for other in parsed]  # in the same order
    assert_same(found, parsed)


def looks_like(drawing, other):
    if (drawing.label, drawing.writer) != (other.label, other.writer):
        return False
    points, others = np.concatenate(drawing.strokes), np.concatenate(other.strokes)
    return points.shape == others.shape and np.abs(points - others).max() < 0.51


def test_all_but_one_real_writer_of_digits_also_wrote_letters_under_the_same_name():
    digits = {drawing.writer for drawing in read_parsed(real_file("unipen.npz"))}
    letters = {drawing.writer for drawing in read_parsed(real_file("unipen_other.npz"))}

    assert digits - letters == {"unipen-apb/28"}
