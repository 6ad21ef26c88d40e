"""Try files that were made to harm: `python -m tests.hostile`, or `--short` for what CI runs.

The corpus is made by code: every format sound, cut short and spoilt; every mode; sizes at the limits; pictures that are
small as files and large in memory; files of countless pieces; files that are no pictures. Each goes through Python,
over HTTP into the real app, and a sample through the page. Each must be answered or refused with a sentence, and two at
once may take `MEGABYTES` over the idle process; a broken promise ends the command with an error. So much of one core as
`SECONDS` says is meant to be enough: what takes longer is only named, since a processor's seconds are longer where
others use it, too. (`digit_core.effort` bounds the work by counts, which tests hold.)
"""

from __future__ import annotations

import argparse
import io
import struct
import sys
import tempfile
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import httpx
import numpy as np
from PIL import Image, ImageDraw, features

from digit_core import DigitError, Reading, Vote, load_recognizer
from digit_core.page.formats import HEIC_BRANDS, MAX_READS
from digit_core.pen import WIDE_CANVAS
from tests.support.drawings import picture_of
from tests.support.running_app import running_app
from ui.components.sketchpad import Drawing
from ui.server.memory import return_large_blocks
from ui.tabs.draw import DrawHandlers

ROOT = Path(__file__).parents[1]
SECONDS = ((12_000_000, 2.0), (50_000_000, 5.0))  # of CPU, for a picture of up to so many pixels
DRAWING_SECONDS = 0.3  # of CPU, for whatever the page's paper may be said to hold
TRIES = 3  # of which the shortest counts: what else a processor does makes its seconds longer, never shorter
MEGABYTES = 500  # over the idle process, for any two pictures at once
FORMATS = ("PNG", "JPEG", "WEBP", "AVIF", "GIF", "BMP", "TIFF", "PPM")
LARGE = (8160, 6120)  # pixels: just under 50 megapixels


@dataclass(frozen=True, slots=True)
class Case:
    """One file of the corpus, made when it is needed, as some are large."""

    name: str
    make: Callable[[], bytes]
    pixels: int = 1_000_000
    text: str | None = None  # what it must be read as; None where that is anybody's guess


def encode(picture: Image.Image, form: str, **manner: object) -> bytes:
    """Encode a picture."""
    file = io.BytesIO()
    picture.save(file, form, **manner)
    return file.getvalue()


def spoilt(content: bytes, seed: int) -> bytes:
    """Change a few bytes."""
    rng = np.random.default_rng(seed)
    changed = bytearray(content)
    for place in rng.integers(0, len(changed), 8):
        changed[place] = rng.integers(256)
    return bytes(changed)


def png_claiming(width: int, height: int) -> bytes:
    """A small file that says it holds a large picture."""
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def chains(columns: int = 39, rows: int = 11, side: int = 1600) -> Image.Image:
    """A grid of short chains of touching strokes: much to cut, and nothing to read."""
    page = Image.new("L", (side, side * rows * 2 // columns), 255)
    pen = ImageDraw.Draw(page)
    step = side / columns
    for row in range(rows):
        for column in range(columns):
            left, top = column * step + 3, row * 2 * step + 6
            for link in range(4):
                x = left + link * (step - 8) / 4
                pen.ellipse([x, top, x + step / 4, top + step], outline=0, width=2)
    return page


def long_chains(columns: int, rows: int, links: int, side: int = 1600) -> Image.Image:
    """Chains of touching rings: each could be cut in hundreds of ways."""
    step = side / columns
    width = 0.9 * step / links
    height = 1.5 * width
    page = Image.new("L", (side, int(rows * height * 1.5) + 40), 255)
    pen = ImageDraw.Draw(page)
    for row in range(rows):
        for link in range(columns * links):
            left, top = (link // links + 0.05) * step + link % links * width * 0.9, 20 + row * height * 1.5
            pen.ellipse([left, top, left + width, top + height], outline=0, width=max(2, int(width / 7)))
    return page


def scribble(count: int, size: tuple[int, int], seed: int) -> Image.Image:
    """Short strokes everywhere."""
    rng = np.random.default_rng(seed)
    page = Image.new("L", size, 255)
    pen = ImageDraw.Draw(page)
    for _ in range(count):
        x, y = rng.uniform(0, size[0]), rng.uniform(0, size[1])
        pen.line([x, y, x + rng.normal(0, 25), y + rng.normal(0, 25)], fill=0, width=3)
    return page


def small_cases() -> Iterator[Case]:
    """Files of under a megapixel."""
    sound = {form: encode(picture_of("47", width=320, height=200, brush=12).convert("RGB"), form) for form in FORMATS}
    for form, content in sound.items():
        yield Case(f"sound.{form}", lambda content=content: content, text="47")
        for share in (0.02, 0.1, 0.3, 0.6, 0.9, 0.99):
            yield Case(
                f"cut at {share}.{form}", lambda content=content, share=share: content[: int(len(content) * share)]
            )
        for seed in range(12):
            yield Case(f"spoilt {seed}.{form}", lambda content=content, seed=seed: spoilt(content, seed))
        yield Case(f"renamed.{form}.eps", lambda content=content: content, text="47")
    grey = picture_of("47", width=320, height=200, brush=12).convert("L")
    for mode in ("1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "YCbCr", "LAB", "I", "I;16", "F"):
        form = "PNG" if mode in ("1", "L", "P", "RGB", "RGBA", "LA", "I;16") else "TIFF"
        deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
        picture = deep if mode == "I;16" else grey.convert("RGB").convert("LAB" if mode == "LAB" else "RGB")
        with suppress(ValueError, OSError):
            picture = picture if mode in ("I;16", "LAB") else grey.convert(mode)
            content = encode(picture, form)
            yield Case(f"mode {mode}.{form}", lambda content=content: content)
    for orientation in (*range(10), 65535):
        exif = Image.Exif()
        exif[0x0112] = orientation
        yield Case(f"turned {orientation}.jpg", lambda exif=exif: encode(grey, "JPEG", exif=exif))
    for size in ((1, 1), (1, 900), (900, 1), (2, 2), (28, 28), (30_000, 1), (30_001, 1)):
        yield Case(f"{size[0]} by {size[1]}.png", lambda size=size: encode(Image.new("L", size, 255), "PNG"))
    for alpha in (0, 1, 128):
        clear = Image.new("RGBA", (300, 200), (0, 0, 0, alpha))
        for form in ("PNG", "WEBP", "TIFF", "GIF"):
            yield Case(f"alpha {alpha}.{form}", lambda clear=clear, form=form: encode(clear, form))
    for width, height in ((65_535, 65_535), (2**31 - 1, 1), (0, 0), (30_001, 10), (10_000, 5_001)):
        yield Case(f"claims {width} by {height}.png", lambda w=width, h=height: png_claiming(w, h))
    for brand in sorted(HEIC_BRANDS):
        yield Case(f"{brand.decode()}.heic", lambda brand=brand: b"\0\0\0\x18ftyp" + brand + bytes(300))
    rng = np.random.default_rng(3)
    for name, content in {
        "nothing.png": b"",
        "text.png": b"this is no picture",
        "noise.png": rng.integers(0, 256, 5000, dtype=np.uint8).tobytes(),
        "page.pdf": b"%PDF-1.7\n" + bytes(400),
        "drawing.svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        "program.eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n{} loop\n",
        "program.png": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n{} loop\n",
        "archive.zip": b"PK\3\4" + bytes(200),
        "film.mp4": b"\0\0\0\x18ftypmp42" + bytes(300),
        "font.ttf": b"\0\1\0\0" + bytes(300),
        "both.gif": b"GIF89a" + b"<script>alert(1)</script>" * 9,
    }.items():
        yield Case(name, lambda content=content: content)
    for form in ("EPS", "PCX", "TGA", "ICO", "SGI", "DDS", "IM", "PDF"):
        yield Case(f"other.{form}", lambda form=form: encode(grey.convert("RGB"), form))
    frames = [Image.new("L", (200, 200), value) for value in range(0, 250, 5)]
    yield Case("fifty frames.gif", lambda: encode(frames[0], "GIF", save_all=True, append_images=frames[1:]))


def costly_cases() -> Iterator[Case]:
    """Files that are built to take long or much."""
    sound = encode(Image.new("L", (40, 40), 255), "PNG")
    yield Case("a million pieces.png", lambda: sound[:33] + _chunk(b"prVt", b"") * 1_000_000 + sound[33:])
    yield Case("just few enough pieces.png", lambda: sound[:33] + _chunk(b"prVt", b"") * (MAX_READS // 4) + sound[33:])
    yield Case("figures.ppm", lambda: b"P3\n2000 2000\n255\n" + b"0 " * 12_000_000, 4_000_000)
    yield Case("odd depth.ppm", lambda: b"P6\n2000 2000\n1023\n" + bytes(24_000_000), 4_000_000)
    yield Case("chains.png", lambda: encode(chains(), "PNG"))
    yield Case("chains, twice.png", lambda: encode(chains(side=3200), "PNG"), 6_000_000)
    yield Case("forty chains.png", lambda: encode(long_chains(4, 10, 10), "PNG"), 2_000_000)
    yield Case("long chains.png", lambda: encode(long_chains(1, 40, 30), "PNG"), 7_000_000)
    for seed, count in enumerate((200, 1000, 4000, 20_000)):
        yield Case(
            f"{count} strokes.png", lambda c=count, s=seed: encode(scribble(c, (1600, 1200), s), "PNG"), 2_000_000
        )
    rng = np.random.default_rng(5)
    grain = rng.integers(0, 256, (3000, 4000), dtype=np.uint8)
    yield Case("12 megapixels of grain.jpg", lambda: encode(Image.fromarray(grain), "JPEG"), 12_000_000)
    dots = Image.fromarray(np.where(rng.random((300, 400)) < 0.02, 0, 255).astype(np.uint8)).resize((4000, 3000), 0)
    yield Case("12 megapixels of dots.png", lambda: encode(dots, "PNG"), 12_000_000)


def large_cases() -> Iterator[Case]:
    """Pictures of 50 megapixels, small as files and large in memory."""
    pixels = LARGE[0] * LARGE[1]

    def draw(mode: str) -> Image.Image:
        page = Image.new("L", LARGE, 255)
        ImageDraw.Draw(page).arc((900, 900, 5000, 5500), 0, 300, fill=0, width=260)
        if mode == "RGBA":
            clear = Image.new("RGBA", LARGE, 0)
            clear.putalpha(page.point(lambda value: 255 - value))
            return clear
        return page.convert(mode)

    yield Case("large.jpg", lambda: encode(draw("RGB"), "JPEG"), pixels)
    yield Case("large progressive.jpg", lambda: encode(draw("RGB"), "JPEG", progressive=True, subsampling=0), pixels)
    yield Case("large CMYK.jpg", lambda: encode(draw("CMYK"), "JPEG", progressive=True), pixels)
    yield Case("large alpha.png", lambda: encode(draw("RGBA"), "PNG", compress_level=1), pixels)
    yield Case(
        "large alpha.tif",
        lambda: encode(draw("RGBA"), "TIFF", compression="tiff_deflate", strip_size=2**30),
        pixels,
    )
    yield Case("large alpha.gif", lambda: encode(draw("L").convert("P"), "GIF", transparency=255), pixels)
    yield Case("large float.tif", lambda: encode(draw("F"), "TIFF", compression="tiff_deflate"), pixels)
    deep = lambda: Image.fromarray(np.asarray(draw("L")).astype(np.uint16) * 257)  # noqa: E731 - made when needed
    yield Case("large 16 bits.png", lambda: encode(deep(), "PNG", compress_level=1), pixels)
    if features.check("avif"):
        fewer = (6400, 4600)
        yield Case("large.avif", lambda: encode(draw("RGBA").resize(fewer), "AVIF", speed=10), fewer[0] * fewer[1])
    yield Case("large.webp", lambda: encode(draw("RGBA").resize((5000, 3900)), "WEBP", method=0), 19_500_000)


def max_seconds(case: Case) -> float:
    """How much CPU a case may take."""
    return next(seconds for pixels, seconds in SECONDS if case.pixels <= pixels)


def resident() -> float:
    """Resident MB of this process."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096 / 2**20


class Peak:
    """Watches this process' memory while something happens."""

    def __enter__(self) -> Peak:
        self.before = self.most = resident()
        self._ended = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()
        return self

    def _watch(self) -> None:
        while not self._ended.wait(0.005):
            self.most = max(self.most, resident())

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._watcher.join()

    @property
    def megabytes(self) -> float:
        """How much more there was than before."""
        return self.most - self.before


def try_in_python(cases: list[Case]) -> list[str]:
    """Read each case by the library; print the dearest and the slow, return broken promises."""
    recognizer = load_recognizer()
    recognizer.read(picture_of("1"))
    broken, outcomes, took = [], Counter(), []
    for case in cases:
        content = case.make()
        seconds, outcome = least_seconds(lambda content=content: recognizer.read(content), max_seconds(case))
        took.append((seconds, case.name))
        outcomes[outcome.split(":")[0]] += 1
        if outcome.startswith("crash") or (case.text is not None and outcome != f"read: {case.text}"):
            broken.append(f"{case.name}: {outcome}" + (f", not {case.text}" if case.text else ""))
        if seconds > max_seconds(case):
            print(f"slow: {case.name}: {seconds:.1f} s of CPU, {max_seconds(case)} s are meant")
    print(f"Python: {sum(outcomes.values())} files, " + ", ".join(f"{n} {what}" for what, n in outcomes.most_common()))
    for seconds, name in sorted(took, reverse=True)[:6]:
        print(f"  {seconds:6.2f} s of CPU: {name}")
    return broken


def least_seconds(read: Callable[[], object], enough: float) -> tuple[float, str]:
    """Return how much CPU a reading takes, and how it ends; it is tried again where that is more than enough."""
    seconds, outcome = float("inf"), ""
    for _ in range(TRIES):
        start = time.process_time()
        outcome = attempt(read)
        seconds = min(seconds, time.process_time() - start)
        if seconds <= enough:
            break
    return seconds, outcome


def drawings() -> Iterator[tuple[str, Image.Image]]:
    """Make what the page would never send, on paper of its size."""
    size = WIDE_CANVAS
    rng = np.random.default_rng(1)
    yield "noise", Image.fromarray(rng.integers(0, 256, size[::-1], dtype=np.uint8))
    for share in (0.003, 0.01, 0.03):
        yield f"{share:.1%} of dots", Image.fromarray(np.where(rng.random(size[::-1]) < share, 0, 255).astype(np.uint8))
    for count in (20, 60, 100, 200, 400, 1000):
        yield f"{count} strokes", scribble(count, size, count)
    for side in (8, 12, 20, 30, 45, 70):
        page = Image.new("L", size, 255)
        pen = ImageDraw.Draw(page)
        for top in range(2, size[1] - side, round(side * 1.3)):
            for left in range(2, size[0] - side, side):
                pen.ellipse([left, top, left + side, top + side * 1.2], outline=0, width=max(1, side // 10))
        yield f"rings of {side}", page
    for columns in (8, 12, 20):
        yield f"{columns} chains", chains(columns, 8, size[0]).crop((0, 0, *size))
    for high in (60, 200):
        page = Image.new("L", size, 255)
        pen = ImageDraw.Draw(page)
        for top in range(5, size[1] - high, high + 8):
            for left in range(5, size[0] - high, 6):
                pen.line([left, top + high, left + high, top], fill=0)
        yield f"hatching {high} high", page


def try_drawings() -> list[str]:
    """Read drawings that are built to take long, as the page's live event does; print the dearest."""
    handlers = DrawHandlers(load_recognizer())
    handlers.answer(Drawing(picture=picture_of("1").convert("L")), Vote(), 0.5)
    broken, took = [], []
    for name, picture in drawings():
        drawing = Drawing(picture=picture)
        seconds, outcome = least_seconds(lambda d=drawing: handlers.answer(d, Vote(), 0.5), DRAWING_SECONDS)
        took.append((seconds, name))
        if outcome.startswith("crash"):
            broken.append(f"drawing, {name}: {outcome}")
        if seconds > DRAWING_SECONDS:
            print(f"slow: drawing, {name}: {seconds:.2f} s of CPU, {DRAWING_SECONDS} s are meant")
    print(f"drawings: {len(took)}")
    for seconds, name in sorted(took, reverse=True)[:4]:
        print(f"  {seconds:6.2f} s of CPU: {name}")
    return broken


def attempt(read: Callable[[], object]) -> str:
    """Say how a reading ended, and with which text."""
    try:
        reading = read()
    except DigitError as error:
        return "refused" if str(error).endswith((".", "!")) else f"crash: no sentence: {error}"
    except Exception as error:  # noqa: BLE001 - that is the question
        return f"crash: {error!r}"
    return f"read: {reading.text}" if isinstance(reading, Reading) else "read"


def try_two_at_once(cases: list[Case]) -> list[str]:
    """Read pairs of large cases at the same time; print the memory they take."""
    recognizer = load_recognizer()
    recognizer.read(picture_of("1"))
    broken = []
    contents = [(case.name, case.make()) for case in cases]
    pairs = [(first, first) for first in contents] + list(pairwise(contents))
    most = (0.0, "")
    for (first, one), (second, other) in pairs:
        with Peak() as peak:
            threads = [
                threading.Thread(target=attempt, args=(lambda content=content: recognizer.read(content),))
                for content in (one, other)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        most = max(most, (peak.megabytes, f"{first} and {second}"))
        if peak.megabytes > MEGABYTES:
            broken.append(f"{first} and {second}: {peak.megabytes:.0f} MB, {MEGABYTES} MB allowed")
    print(f"two at once: {len(pairs)} pairs, most {most[0]:.0f} MB over idle ({most[1]})")
    return broken


def try_over_http(cases: list[Case], url: str) -> list[str]:
    """Upload each case to the real app under a name that was made to harm, and ask `/read`."""
    broken, outcomes = [], Counter()
    names = (
        "${alert(1)}.png",
        "<img src=x onerror=alert(1)>.png",
        "../../etc/passwd",
        "a" * 250 + ".png",
        "数字.png",
        ".png",
    )
    with httpx.Client(base_url=url, timeout=300) as http:
        for number, case in enumerate(cases):
            upload = http.post("/gradio_api/upload", files={"files": (names[number % len(names)], case.make())})
            if upload.status_code != 200:
                outcomes[f"upload {upload.status_code}"] += 1
                continue
            file = {"path": upload.json()[0], "meta": {"_type": "gradio.FileData"}}
            answer = http.post("/gradio_api/run/read", json={"data": [file, *[None] * 8]})
            if answer.status_code == 200:
                outcomes["read"] += 1
                text = answer.json()["data"][0]["text"]
                if case.text not in (None, text):
                    broken.append(f"HTTP, {case.name}: read as {text!r}, not {case.text}")
            elif isinstance(answer.json().get("error"), str) and answer.json()["error"].endswith("."):
                outcomes["refused"] += 1
            else:
                broken.append(f"HTTP, {case.name}: {answer.status_code} {answer.text[:100]}")
        if http.get("/health").json()["status"] != "ok":
            broken.append("HTTP: the app no longer reads")
    print(f"HTTP: {len(cases)} files, " + ", ".join(f"{count} {what}" for what, count in outcomes.most_common()))
    return broken


def try_on_the_page(cases: list[Case], url: str) -> list[str]:
    """Choose each case in a real browser; the page says something, and nothing of a file runs."""
    from playwright.sync_api import expect, sync_playwright

    from tests.support.chromium import CHROMIUM, QUIET_CHROMIUM

    broken: list[str] = []
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET_CHROMIUM)
        page = browser.new_page()
        page.on("pageerror", lambda error: broken.append(f"page: {error}"))
        page.on("dialog", lambda dialog: (broken.append("page: a file's name ran"), dialog.dismiss()))
        page.goto(url)
        page.get_by_role("tab", name="Upload").click()
        for case in cases:
            file = Path(folder) / case.name.replace("/", "_")
            file.write_bytes(case.make())
            with page.expect_response(lambda response: "/gradio_api/run/" in response.url, timeout=120_000) as answered:
                page.set_input_files("#upload-image input[type=file]", file)
            if not answered.value.ok:
                broken.append(f"page, {case.name}: {answered.value.status}")
            expect(page.locator("#upload-panel")).not_to_be_empty(timeout=60_000)
        browser.close()
    print(f"page: {len(cases)} files")
    return broken


def main() -> None:
    """Try the corpus, and end with an error where a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="every small file, and no browser, as CI runs it")
    parser.add_argument("--only", choices=["python", "memory", "http", "page"], help="one of the ways alone")
    options = parser.parse_args()
    return_large_blocks()  # as the app does
    small, costly = list(small_cases()), list(costly_cases())
    large = [] if options.short else list(large_cases())
    print(f"{len(small) + len(costly) + len(large)} files")
    broken = []
    if options.only in (None, "python"):
        broken += try_in_python([*small, *costly, *large]) + try_drawings()
    if options.only == "memory" or (options.only is None and not options.short):
        broken += try_two_at_once(list(large_cases()))
    if options.only in (None, "http", "page"):
        with running_app(ROOT, DIGIT_MODEL_SOURCE="bundled") as url:
            if options.only != "page":
                broken += try_over_http([*small, *([] if options.short else [*costly, *large])], url)
            if options.only == "page" or (options.only is None and not options.short):
                broken += try_on_the_page([*small[::20], *costly[:2]], url)
    for promise in broken:
        print(f"broken: {promise}")
    if broken:
        sys.exit(1)


if __name__ == "__main__":
    main()
