"""Files of pen strokes -> `Drawing` values: the UNIPEN text format, and strokes already parsed into arrays.

UNIPEN (Guyon et al. 1994, "UNIPEN project of on-line data exchange and recognizer benchmarks") is lines of
`.KEYWORD value`. `.PEN_DOWN` and `.PEN_UP` open blocks of coordinates; `.SEGMENT CHARACTER 3-4 ? "8"` says that the
blocks 3 and 4, counted from 0 among those that have coordinates, are somebody's "8"; `3:1-3:43` takes points 1 to 43 of
block 3 alone. `.INCLUDE` puts another file in its place. In every reader here y runs down, (0, 0) is the top left of
the drawing, and only what the pen wrote while it was down is kept.
"""

from __future__ import annotations

import gzip
import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import unlzw3

from training.data.strokes import Drawing
from training.errors import DataError

UNIPEN_SITES = ("aga", "apa", "apb", "cea", "ceb", "ced", "ibm", "val")  # those whose digits were looked through
DIGITS = ("1a",)  # UNIPEN's folder of isolated digits
OTHER_CHARACTERS = ("1b", "1c", "1d")  # its folders of isolated capitals, small letters and symbols

UNITS_PER_MM = 100  # UNIPEN drawings are in hundredths of a millimetre
MM_PER = {"INCH": 25.4, "CM": 10.0, "MM": 1.0}
MAX_SIDE = 8000  # 80 mm: what is larger holds a point where the tablet lost the pen, often (0, 0)
MAX_DIGIT_ASPECT = 2.15  # width / height: what is wider was cut out as one digit and is two

GZIP_MAGIC = b"\x1f\x8b"
COMPRESS_MAGIC = b"\x1f\x9d"  # Unix compress, the ".Z" of the UCI archive

# One person wrote at two sites: the second identity is replaced by the first.
SAME_WRITER = {"unipen-ceb/0": "unipen-cea/1"}
# Parsed files number a site's writers among those who wrote that kind of character; these ones did not.
WITHOUT_DIGITS: dict[str, tuple[int, ...]] = {
    "apb": (12, 13, 17, 19, 20, 26, 29, 30, 32, 33, 34, 36, 37, 39, 45, 47, 50),
    "cea": (0, 1, 3),
    "ceb": (2, 3),
    "ced": (37,),
}
WITHOUT_OTHERS: dict[str, tuple[int, ...]] = {"apb": (20, 28)}

_KEYWORD = re.compile(r"^[ \t]*\.([A-Z][A-Z_0-9]*)", re.MULTILINE)
_SCALE = re.compile(r"([XY])_POINTS_PER_(INCH|CM|MM)")
_SEGMENT = re.compile(r'[ \t]*\S+[ \t]+(\S+)[ \t]+\S+[ \t]+"(.*)"')
_SPAN = re.compile(r"(\d+)(?::(\d+))?(?:-(\d+)(?::(\d+))?)?")
_NUMBER = re.compile(r"[1-9]\d*(?:\.\d+)?")
_WRITER_ID = re.compile(rb"^[ \t]*\.WRITER_ID[ \t]+(\S+)", re.MULTILINE)
_ARCHIVE_PATH = re.compile(r"(?:.*?/)?((?:data/(1[a-d])|include)/([^/]+)/.+)")


@dataclass(frozen=True, slots=True)
class _Block:
    """The coordinates between two movements of the pen, as the file has them.

    Attributes:
        is_ink: whether the pen was down.
        text: numbers, one point a line.
        columns: how many numbers a point has, and which of them are x and y.
        scale: what x and y are multiplied by.
        writer: the `.WRITER_ID` in force, None where the file had none so far.
    """

    is_ink: bool
    text: str
    columns: tuple[int, int, int]
    scale: tuple[float, float]
    writer: str | None


@dataclass(frozen=True, slots=True)
class _Segment:
    """What a `.SEGMENT` says: the blocks it names, its label, and the `.COMMENT` after it ("" if there is none)."""

    span: str
    label: str
    comment: str


def read_pendigits(path: Path) -> list[Drawing]:
    """Read the original file of UCI's "Pen-Based Recognition of Handwritten Digits" (Alpaydin & Alimoglu 1998).

    Args:
        path: `pendigits-orig.tra`, plain, gzipped (`.gz`) or compressed (`.Z`, as the public archive holds it).

    Returns:
        One drawing per digit in the file's order, in pixels of the tablet; writers are "pendigits/1" and so on.

    Raises:
        DataError: the file cannot be opened or holds no digit.
    """
    try:
        text = _decompress(path.read_bytes()).decode("latin-1")
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise DataError(
            f"The pen digits in {path} cannot be read ({error}); remove the file and start again."
        ) from error
    blocks, segments = _parse(_statements(text, lambda _name: ""))  # its only include is documentation
    drawings = []
    for segment in segments:
        strokes, _ = _cut_out(blocks, segment.span)
        note = segment.comment.split()  # label, writer, running number
        if strokes and len(note) >= 2 and note[1].isdecimal():
            drawings.append(Drawing(strokes, segment.label, f"pendigits/{int(note[1])}"))
    if not drawings:
        raise DataError(f"{path} was to hold pen digits in UNIPEN format, and there is none in it.")
    return drawings


def read_unipen(path: Path, categories: Iterable[str] = (*DIGITS, *OTHER_CHARACTERS)) -> list[Drawing]:
    """Read isolated characters from UNIPEN train_r01_v07 (doi 10.5281/zenodo.1195803).

    Left out: multi-character labels, segments that name points the file does not have, exact repetitions by the same
    writer, drawings larger than `MAX_SIDE`, and digits without extent or wider than `MAX_DIGIT_ASPECT` times their
    height. Of the eight sites' digits that leaves 6,890 of 7,555; six of them are unreadable or wrongly cut, which no
    rule on their size tells.

    A writer is "unipen-SITE/NUMBER", the rank of his or her `.WRITER_ID` among all of the site's, whichever kind of
    character is read; at site ibm the id is "page-writer" and only the second half counts.

    Args:
        path: a folder, zip or tar (any compression) that holds `data/1a/SITE/...` and `include/SITE/...`.
        categories: "1a" digits, "1b" capitals, "1c" small letters, "1d" symbols; those that are absent are skipped.

    Returns:
        Drawings in hundredths of a millimetre, by category, site and file.

    Raises:
        DataError: the archive cannot be opened, lacks an included file, or holds no such character.
    """
    files = _archive_files(path)
    writers = _number_writers(files)

    def read_included(name: str) -> str:
        try:
            return files[f"include/{name}"].decode("latin-1")
        except KeyError:
            raise DataError(f"{path} lacks include/{name}; unpack or download the whole archive again.") from None

    drawings: dict[tuple[str, str, tuple[bytes, ...]], Drawing] = {}
    for name in _in_reading_order(files, tuple(categories)):
        site = _site(name)
        blocks, segments = _parse(_statements(files[name].decode("latin-1"), read_included))
        for segment in segments:
            strokes, writer_id = _cut_out(blocks, segment.span)
            if len(segment.label) != 1 or not strokes or not _is_plausible(strokes, segment.label):
                continue
            person = _person(site, writer_id or Path(name).stem)
            numbers = writers.setdefault(site, {})
            number = numbers.setdefault(person, len(numbers))
            drawing = Drawing(strokes, segment.label, _writer(site, number))
            drawings.setdefault(_fingerprint(drawing), drawing)
    if not drawings:
        raise DataError(f"{path} was to hold UNIPEN's data/1a and include folders, and no character was found in it.")
    return list(drawings.values())


def read_parsed(path: Path) -> list[Drawing]:
    """Read strokes that were parsed before and stored as arrays.

    Args:
        path: an npz file with `xy` (points, 2), y down; stroke k is `xy[stroke_off[k]:stroke_off[k + 1]]`, sample i is
            strokes `sample_off[i]` to `sample_off[i + 1] - 1`; `label` and `writer` per sample, and for UNIPEN `site`.

    Returns:
        Drawings in the file's order and unit. Writers get the names that `read_unipen` and `read_pendigits` give them:
        a file's numbers ascend through the sites, and `WITHOUT_DIGITS` and `WITHOUT_OTHERS` say whom it skips.

    Raises:
        DataError: the file cannot be opened or lacks one of these arrays.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            points = arrays["xy"].astype(np.float32)
            strokes = [points[start:stop] for start, stop in _spans(arrays["stroke_off"])]
            drawn = [tuple(strokes[start:stop]) for start, stop in _spans(arrays["sample_off"])]
            labels, numbers = arrays["label"], arrays["writer"]
            sites = arrays.get("site")
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"The pen strokes in {path} cannot be read ({error}); put a whole copy there.") from error
    if not len(drawn) == len(labels) == len(numbers):
        raise DataError(f"{path} holds {len(drawn)} drawings but {len(labels)} labels; put a whole copy there.")
    if sites is None:
        writers = [f"pendigits/{number}" for number in numbers]
    else:
        skipped = WITHOUT_OTHERS if labels.dtype.kind == "U" else WITHOUT_DIGITS
        writers = _site_writers(sites, numbers, skipped)
    return [Drawing(*sample) for sample in zip(drawn, map(str, labels), writers, strict=True)]


def _decompress(data: bytes) -> bytes:
    if data.startswith(GZIP_MAGIC):
        return gzip.decompress(data)
    if data.startswith(COMPRESS_MAGIC):
        return unlzw3.unlzw(data)
    return data


def _archive_files(path: Path) -> dict[str, bytes]:
    """Read what `UNIPEN_SITES` have in an archive, by its name from `data/` or `include/` on."""

    def match_name(name: str) -> str | None:
        found = _ARCHIVE_PATH.fullmatch(name.replace("\\", "/"))
        return found[1] if found and found[3] in UNIPEN_SITES else None

    files: dict[str, bytes] = {}
    try:
        if path.is_dir():
            for file in path.rglob("*"):
                if (name := match_name(file.relative_to(path).as_posix())) and file.is_file():
                    files[name] = file.read_bytes()
        elif zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as zipped:
                for entry in zipped.infolist():
                    if (name := match_name(entry.filename)) and not entry.is_dir():
                        files[name] = zipped.read(entry)
        else:
            with tarfile.open(path) as tape:
                for member in tape:
                    if (name := match_name(member.name)) and (content := tape.extractfile(member)):
                        files[name] = content.read()
    except (OSError, EOFError, tarfile.TarError, zipfile.BadZipFile, lzma.LZMAError, zlib.error) as error:
        raise DataError(f"UNIPEN in {path} cannot be read ({error}); put the whole archive there.") from error
    return files


def _in_reading_order(files: dict[str, bytes], categories: tuple[str, ...]) -> list[str]:
    """Name the files with segments by category, then site, then path."""
    return sorted((name for name in files if name.startswith("data/") and name.split("/")[1] in categories), key=Path)


def _number_writers(files: dict[str, bytes]) -> dict[str, dict[str, int]]:
    """Number each site's writers in the order of their names, over every file the site has."""
    names: dict[str, set[str]] = {}
    for path, content in files.items():
        site = _site(path)
        people = names.setdefault(site, set())
        people.update(_person(site, name.decode("latin-1")) for name in _WRITER_ID.findall(content))
    return {site: {name: rank for rank, name in enumerate(sorted(people))} for site, people in names.items()}


def _site(name: str) -> str:
    """Find the site in "data/1a/SITE/..." or "include/SITE/..."."""
    return name.split("/")[2 if name.startswith("data/") else 1]


def _person(site: str, writer_id: str) -> str:
    return writer_id.rsplit("-", maxsplit=1)[-1] if site == "ibm" else writer_id


def _writer(site: str, number: int) -> str:
    writer = f"unipen-{site}/{number}"
    return SAME_WRITER.get(writer, writer)


def _site_writers(sites: np.ndarray, numbers: np.ndarray, skipped: dict[str, tuple[int, ...]]) -> list[str]:
    """Turn numbers that ascend through all sites into each site's own, leaving room for those whom the file skips."""
    ranks: dict[str, list[int]] = {}
    first: dict[str, int] = {}
    for site in np.unique(sites):
        present = numbers[sites == site]
        first[site] = int(present.min())
        absent = skipped.get(str(site), ())
        everyone = range(int(present.max()) - first[site] + 1 + len(absent))
        ranks[site] = [rank for rank in everyone if rank not in absent]
    return [
        _writer(str(site), ranks[site][int(number) - first[site]]) for site, number in zip(sites, numbers, strict=True)
    ]


def _statements(text: str, read: Callable[[str], str], within: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Give (keyword, value) in the file's order, with included files in their place."""
    parts = _KEYWORD.split(text)
    for keyword, value in zip(parts[1::2], parts[2::2], strict=True):
        if keyword != "INCLUDE":
            yield keyword, value
            continue
        name = value.strip()
        if name in within:
            raise DataError(f"The UNIPEN file {name} includes itself; put the whole archive there again.")
        yield from _statements(read(name), read, (*within, name))


def _parse(statements: Iterable[tuple[str, str]]) -> tuple[list[_Block], list[_Segment]]:
    """Collect the blocks that have coordinates, and the segments."""
    blocks: list[_Block] = []
    segments: list[_Segment] = []
    columns = (2, 0, 1)
    scale = {"X": 1.0, "Y": 1.0}
    writer = None
    segment_is_open = False
    for keyword, value in statements:
        if keyword in ("PEN_DOWN", "PEN_UP"):
            if value and not value.isspace():
                blocks.append(_Block(keyword == "PEN_DOWN", value, columns, (scale["X"], scale["Y"]), writer))
        elif keyword == "SEGMENT":
            if found := _SEGMENT.match(value):
                segments.append(_Segment(found[1], re.sub(r"\\(.)", r"\1", found[2]), ""))
                segment_is_open = True
        elif keyword == "COMMENT" and segment_is_open:
            segments[-1] = _Segment(segments[-1].span, segments[-1].label, value.strip())
            segment_is_open = False
        elif keyword == "WRITER_ID":
            writer = next(iter(value.split()), None)
        elif keyword == "COORD":
            names = value.split()
            if "X" in names and "Y" in names:
                columns = (len(names), names.index("X"), names.index("Y"))
        elif (found := _SCALE.fullmatch(keyword)) and (points := _NUMBER.search(value)):
            scale[found[1]] = MM_PER[found[2]] * UNITS_PER_MM / float(points[0])
    return blocks, segments


def _cut_out(blocks: list[_Block], span: str) -> tuple[tuple[np.ndarray, ...], str | None]:
    """Cut a segment's ink out of the blocks: its strokes and its writer; no stroke if the file lacks what it names."""
    strokes: list[np.ndarray] = []
    writer = None
    for part in span.split(","):
        found = _SPAN.fullmatch(part)
        if not found:
            return (), None
        first, last = int(found[1]), int(found[3] or found[1])
        if last >= len(blocks):
            return (), None
        for number in range(first, last + 1):
            if not blocks[number].is_ink:
                continue
            start = int(found[2]) if found[2] and number == first else None
            stop = int(found[4]) + 1 if found[4] and number == last else None
            points = _points(blocks[number])[start:stop]
            if len(points):
                strokes.append(points)
                writer = blocks[number].writer
    if not strokes:
        return (), None
    corner = np.min([stroke.min(axis=0) for stroke in strokes], axis=0)
    return tuple((stroke - corner).astype(np.float32) for stroke in strokes), writer


def _points(block: _Block) -> np.ndarray:
    """Read a block's points as (points, 2), y down; none where its numbers do not fill whole points."""
    width, x, y = block.columns
    try:
        table = np.array(block.text.split(), dtype=np.float64).reshape(-1, width)
    except ValueError:
        return np.empty((0, 2))
    return table[:, [x, y]] * (block.scale[0], -block.scale[1])


def _is_plausible(strokes: tuple[np.ndarray, ...], label: str) -> bool:
    width, height = np.max([stroke.max(axis=0) for stroke in strokes], axis=0)
    if label.isdecimal():
        return 0 < max(width, height) <= MAX_SIDE and width <= MAX_DIGIT_ASPECT * height
    return max(width, height) <= MAX_SIDE


def _fingerprint(drawing: Drawing) -> tuple[str, str, tuple[bytes, ...]]:
    """Tell exact repetitions: the same writer, label and points."""
    points = tuple(np.rint(stroke).astype(np.int32).tobytes() for stroke in drawing.strokes)
    return drawing.writer, drawing.label, points


def _spans(offsets: np.ndarray) -> Iterator[tuple[int, int]]:
    return zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)
