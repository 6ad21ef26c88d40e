"""The model card: what it tells, and that its own code does what it says."""

import re
from io import BytesIO
from itertools import product

import numpy as np
import pytest
from huggingface_hub import ModelCard
from PIL import Image

from digit_core.models.manifest import MODELS_DIR, NetworkEntry, read_manifest
from digit_core.page.frame import to_mnist_frame
from digit_core.page.ink import to_ink
from digit_core.page.look import search
from digit_core.page.pyramid import Pyramid
from digit_core.page.shapes import part_ink
from tests.support.drawings import picture_of
from tests.support.finder import shipped_finder
from tests.support.small_figures import measures_of
from training.errors import DataError
from training.publish.cards.digits import DigitCard
from training.publish.cards.files import read_card, write_card
from training.publish.cards.finder import FinderCard
from training.publish.cards.snippets import SNIPPET_CLOSENESS

ENTRY = NetworkEntry(sha256="ab" * 32, bytes=1, parameters=98_765, temperature=1.25)
MEASURES = {"mnist test": measures_of(10_000), "drawings fill 20": measures_of(2_000)}
METRICS = {"model": "compact", "parameters": 98_765, "measures": MEASURES, "not_a_digit": {"auroc": 97.5}}
HISTORY = {"recipe": {"seed": 7, "batch": 128}, "epochs": [{"epoch": 1}, {"epoch": 2}]}


@pytest.fixture
def card():
    return DigitCard("compact", ENTRY, METRICS, HISTORY, "tester/digits-compact")


@pytest.fixture(scope="module")
def picture_to_frame():
    """The function that the card gives to its readers, as they would copy it."""
    text = DigitCard("compact", ENTRY, METRICS, HISTORY).text
    code = next(block for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "def " in block)
    names = {}
    exec(code, names)
    return names["picture_to_frame"]


def difference(frame, ours):
    """The mean difference of two frames, once a shift by one pixel is allowed."""
    shifts = product((-1, 0, 1), repeat=2)
    return min(float(np.abs(np.roll(frame, shift, (0, 1)) - ours).mean()) for shift in shifts)


@pytest.mark.parametrize(("brush", "margin"), [(6, 0.2), (12, 0.34), (20, 0.2), (28, 0.34)])
def test_the_cards_own_code_makes_our_frames(picture_to_frame, brush, margin):
    pictures = [picture_of(digit, brush=brush, margin=margin) for digit in "0123456789"]

    differences = [difference(picture_to_frame(p), to_mnist_frame(to_ink(p))) for p in pictures]

    assert np.mean(differences) < SNIPPET_CLOSENESS
    assert max(differences) < 2.5 * SNIPPET_CLOSENESS


def test_the_cards_own_code_reads_chalk_as_it_reads_ink(picture_to_frame):
    chalk, ink = picture_of("4", ink="white", paper="black"), picture_of("4")

    assert picture_to_frame(chalk) == pytest.approx(picture_to_frame(ink), abs=0.01)


def test_the_cards_own_code_makes_frames_as_networks_take_them(picture_to_frame):
    frame = picture_to_frame(picture_of("8"))

    assert frame.shape == (28, 28)
    assert frame.dtype == np.float32
    assert frame.min() >= 0
    assert frame.max() <= 1


def test_the_cards_own_code_is_short(card):
    code = next(block for block in re.findall(r"```python\n(.*?)```", card.text, re.DOTALL) if "def " in block)

    assert len([line for line in code.splitlines() if line.strip()]) <= 25
    assert set(re.findall(r"^(?:import|from) (\w+)", code, re.M)) == {"numpy", "PIL"}


def test_the_hub_understands_the_front_matter(card):
    data = ModelCard(card.text).data

    assert (data.library_name, data.pipeline_tag, data.license) == ("keras", "image-classification", "mit")
    assert data.datasets == ["ylecun/mnist"]
    assert [(result.dataset_type, result.metric_type, result.metric_value) for result in data.eval_results] == [
        ("ylecun/mnist", "accuracy", 0.9),
        ("pen-strokes", "accuracy", 0.9),
    ]


def test_every_figure_comes_from_the_files(card):
    assert "98,765 parameters" in card.text
    assert "| MNIST's test set | 10000 | 1000 | 90.00 (88.00–92.00) | 0.3 | 1.2 |" in card.text
    assert "| AUROC of digits against letters | 97.5 |" in card.text
    assert "| seed | 7 |" in card.text
    assert "2 epochs were run" in card.text
    assert "divided by 1.25" in card.text


def test_the_card_says_how_to_load_once_it_has_a_repo(card):
    unpushed = DigitCard("compact", ENTRY, METRICS, HISTORY)

    assert 'load_model("hf://tester/digits-compact")' in card.text
    assert "hf://" not in unpushed.text


def test_the_confusion_matrix_is_a_picture_of_its_own(card):
    picture = Image.open(BytesIO(card.pictures["confusion.png"]))

    assert picture.format == "PNG"
    assert len(card.pictures["confusion.png"]) < 50_000


def test_a_card_is_written_beside_its_weights(card, tmp_path):
    write_card(card, tmp_path)

    assert (tmp_path / "README.md").read_text(encoding="utf-8") == card.text
    assert sorted(path.name for path in tmp_path.iterdir()) == ["README.md", "confusion.png"]


@pytest.fixture(scope="module")
def finder_card():
    steps = {"step": 1000, "loss": 3.0, "val_ink": 0.125, "val_centres": 1.5}
    metrics = {"recipe": {"seed": 7}, "steps": 1000, "validation": steps}
    return FinderCard("finder", ENTRY, metrics, [{"step": 500}, steps], "tester/digits-finder")


@pytest.fixture(scope="module")
def shapes_code(finder_card):
    """The code that the finder's card gives to its readers."""
    return next(block for block in re.findall(r"```python\n(.*?)```", finder_card.text, re.DOTALL) if "def " in block)


def boxes_of(owners, scale):
    """Left, top, right and bottom of each shape that the card's code found, in the picture's pixels, left to right."""
    found = (np.nonzero(owners == shape) for shape in range(owners.max() + 1))
    return sorted((x.min() / scale, y.min() / scale, (x.max() + 1) / scale, (y.max() + 1) / scale) for y, x in found)


@pytest.mark.parametrize(
    ("text", "width", "height", "brush"),
    [
        ("47", 320, 200, 12),
        ("0123456789", 1200, 240, 10),
        ("31415", 700, 300, 8),
        ("88", 200, 100, 5),
        ("7", 60, 60, 4),
    ],
)
def test_the_finders_card_gets_the_apps_shapes_out_of_its_answer(shapes_code, text, width, height, brush):
    picture, names = picture_of(text, width=width, height=height, brush=brush), {}
    exec(shapes_code, names)
    pixels = Pyramid(np.asarray(picture))
    ours = part_ink(pixels, search(pixels, shipped_finder()))

    boxes = boxes_of(*names["find_shapes"](shipped_finder(), picture))

    expected = [ours.shape(parts).box for parts in ours.groups]
    corners = sorted((b.left, b.top, b.right, b.bottom) for b in expected)
    assert len(boxes) == len(corners) == len(text)
    assert np.array(boxes) == pytest.approx(np.array(corners) / ours.scale, abs=brush)


def test_the_finders_card_finds_nothing_on_blank_paper(shapes_code):
    names = {}
    exec(shapes_code, names)

    owners, _ = names["find_shapes"](shipped_finder(), picture_of("", width=300, height=200))

    assert owners.max() == -1


@pytest.mark.parametrize("name", read_manifest().networks)
def test_the_shipped_cards_tell_the_present_figures(name):
    entry = read_manifest().networks[name]

    card = read_card(MODELS_DIR, name, entry, entry.repo)

    told = (MODELS_DIR / name / "README.md").read_text(encoding="utf-8")
    assert told == card.text, "python -m training.report writes the cards anew"


def test_the_finders_code_is_short(shapes_code):
    assert len([line for line in shapes_code.splitlines() if line.strip()]) <= 26
    assert set(re.findall(r"^(?:import|from) (\w+)", shapes_code, re.M)) == {"numpy"}


def test_the_finders_figures_come_from_the_files(finder_card):
    assert "98,765 parameters" in finder_card.text
    assert "| ink | 0.125 |" in finder_card.text
    assert "| steps | 1000 |" in finder_card.text
    assert 'load_model("hf://tester/digits-finder")' in finder_card.text
    assert ModelCard(finder_card.text).data.pipeline_tag == "image-segmentation"


def test_a_finder_that_went_on_with_other_pages_says_so(finder_card):
    changes = [{"step": 500, "changed": ["data (fonts)", "code"]}]
    card = FinderCard("finder", ENTRY, finder_card.metrics | {"changes": changes}, finder_card.history)

    assert "After step 500 it went on with other data (fonts) and code." in card.text


def test_a_finder_of_mixed_weights_says_so(finder_card):
    mixed = {"steps": 500, "share": 0.25}
    card = FinderCard("finder", ENTRY, finder_card.metrics | {"mixed_with": mixed}, finder_card.history)

    assert "25% of the weights are those after step 500." in card.text


def test_a_history_of_another_run_of_the_finder_is_named(tmp_path):
    (tmp_path / "finder").mkdir()
    (tmp_path / "finder" / "metrics.json").write_text('{"recipe": {}, "steps": 1000}')
    (tmp_path / "finder" / "history.json").write_text('[{"step": 500}]')

    with pytest.raises(DataError, match="figures of finder"):
        read_card(tmp_path, "finder", ENTRY, None)


def test_missing_figures_are_named(tmp_path):
    with pytest.raises(DataError, match="figures of compact"):
        read_card(tmp_path, "compact", ENTRY, None)
