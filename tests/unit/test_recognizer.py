"""From a picture to a reading, with an ensemble that says what the test wants."""

import io
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw

from digit_core.effort import DRAWING, PICTURE
from digit_core.errors import DigitError, EmptyDrawingError, UnreadablePictureError
from digit_core.models.ensemble import Ballot
from digit_core.models.manifest import Calibration, Manifest, MeanCalibration
from digit_core.page.segmentation import MAX_SHAPES
from digit_core.reading.together import MAX_TOGETHER
from digit_core.recognizer import Recognizer
from digit_core.types import Vote
from tests.hostile import drawings
from tests.support.drawings import picture_of
from tests.support.finder import shipped_finder

DIGITNESS = 0.4  # as calibrated
BENT = MeanCalibration((1.0, 1.0), (DIGITNESS,) * 2)
MANIFEST = Manifest({}, Vote("ensemble", "geometric", 0.3), 0.6, Calibration((0.0, 1.0), BENT, BENT))

MAX_LOOKS = 6  # of the finder: twice small, twice while the scale is searched, at two other scales
MAX_PADDING = 1.5  # what a drawing gains in pixels by its border and its last tile


class Ensemble:
    """Takes every shape for a seven, and keeps the votes and frames it was asked about."""

    def __init__(self, confidence=0.9, digitness=0.95):
        self.confidence, self.digitness = confidence, digitness
        self.asked = []

    def poll(self, frames, vote):
        self.asked.append((frames, vote))
        probabilities = np.full((len(frames), 10), (1 - self.confidence) / 9)
        probabilities[:, 7] = self.confidence
        votes = {"compact": probabilities, "deep": probabilities}
        return Ballot(probabilities, votes, np.full(len(frames), self.digitness), np.zeros(len(frames)))


@pytest.fixture
def ensemble():
    return Ensemble()


@pytest.fixture
def recognizer(ensemble):
    return Recognizer(ensemble, MANIFEST, "A test's weights answer.")


@pytest.mark.parametrize(
    ("confidence", "digitness", "verdict", "text"),
    [
        (0.9, 0.95, "digit", "7"),
        (0.6, 0.95, "digit", "7"),
        (0.5, 0.95, "unsure", "7"),
        (0.9, 0.65, "unsure", "7"),
        (0.9, 0.3, "not_a_digit", "?"),
        (0.5, 0.3, "not_a_digit", "?"),
    ],
)
def test_confidence_and_digitness_make_the_verdict(confidence, digitness, verdict, text):
    recognizer = Recognizer(Ensemble(confidence, digitness), MANIFEST, "")

    [digit] = recognizer.read(picture_of("7")).digits

    assert (digit.verdict, digit.text) == (verdict, text)
    assert digit.prediction.confidence == pytest.approx(confidence)
    assert digit.digitness == digitness


def test_who_asks_for_no_unsure_gets_none():
    recognizer = Recognizer(Ensemble(confidence=0.3, digitness=0.95), MANIFEST, "")

    assert recognizer.read(picture_of("7"), threshold=0.0).digits[0].verdict == "digit"


@pytest.mark.parametrize(
    ("text", "digitness", "verdict"),
    [
        ("71", 0.016, "not_a_digit"),
        ("7771", 0.016, "unsure"),  # among three digits it is likely one, too
        ("7777771", 0.0026, "unsure"),  # among six, more so
        ("7777771", 0.0005, "not_a_digit"),
        ("7771", 0.5, "digit"),
    ],
)
def test_a_doubtful_shape_among_digits_is_unsure_rather_than_refused(text, digitness, verdict):
    class DoubtfulOnes(Ensemble):
        def poll(self, frames, vote):
            ballot = super().poll(frames, vote)
            narrow = [np.ptp(np.flatnonzero(frame.max(axis=0) > 0.5)) < 9 for frame in frames]
            return replace(ballot, digitness=np.where(narrow, digitness, 0.99))

    reading = Recognizer(DoubtfulOnes(confidence=0.98), MANIFEST, "").read(picture_of(text, width=560))

    assert [digit.verdict for digit in reading.digits] == ["digit"] * text.count("7") + [verdict] * text.count("1")


@pytest.mark.parametrize(("text", "verdict"), [("1", "digit"), ("17", "unsure")])
def test_a_one_beside_what_is_none_may_be_its_stroke(text, verdict):
    class OnesAndNone(Ensemble):
        def poll(self, frames, vote):
            probabilities = np.full((len(frames), 10), 0.001)
            probabilities[:, 1] = 0.991
            wide = [np.ptp(np.flatnonzero(frame.max(axis=0) > 0.5)) >= 9 for frame in frames]
            votes = {"compact": probabilities, "deep": probabilities}
            return Ballot(probabilities, votes, np.where(wide, 0.01, 0.99), np.zeros(len(frames)))

    reading = Recognizer(OnesAndNone(), MANIFEST, "").read(picture_of(text))

    assert [digit.verdict for digit in reading.digits] == [verdict] + ["not_a_digit"] * text.count("7")


class Cutter(Ensemble):
    """Takes the last shape of a row for nothing, those before it for clear sevens, and what is cut out for a digit."""

    def __init__(self, part, digitness):
        super().__init__()
        self.part, self.part_digitness = part, digitness

    def poll(self, frames, vote):
        whole = not self.asked
        self.asked.append((frames, vote))
        probabilities = np.full((len(frames), 10), 0.01 / 9)
        probabilities[:, 7 if whole else self.part] = 0.99
        digitness = np.full(len(frames), 0.95 if whole else self.part_digitness)
        digitness[-1] = 0.0 if whole else self.part_digitness
        votes = {"compact": probabilities, "deep": probabilities}
        return Ballot(probabilities, votes, digitness, np.zeros(len(frames)))


def two_posts(beside):
    """Two upright strokes and a bar between them: a letter, or two digits that touch. A seven may stand beside them."""
    paper = Image.new("L", (560, 280), 255)
    if beside:
        paper.paste(picture_of("7").convert("L"), (0, 0))
    pen = ImageDraw.Draw(paper)
    for line in ([(330, 50), (330, 220)], [(330, 140), (460, 140)], [(460, 50), (460, 220)]):
        pen.line(line, fill=0, width=14)
    return paper


@pytest.mark.parametrize(
    ("part", "digitness", "alone", "beside"),
    [
        (5, 0.40, "?", "755"),  # doubtful parts are looked at only where there is a number
        (5, 0.60, "55", "755"),
        (1, 0.60, "?", "7?"),  # an H is none, wherever it stands
        (1, 0.90, "?", "711"),  # mere strokes make no number by themselves
    ],
)
def test_a_shape_by_itself_is_cut_less_readily_than_beside_a_digit(part, digitness, alone, beside):
    by_itself = Recognizer(Cutter(part, digitness), MANIFEST, "").read(two_posts(beside=False))
    in_a_number = Recognizer(Cutter(part, digitness), MANIFEST, "").read(two_posts(beside=True))

    assert (by_itself.text, in_a_number.text) == (alone, beside)


def test_a_doubtful_shape_beside_a_touching_number_is_more_of_it():
    class TwoShapes(Ensemble):
        """Takes whole shapes for nothing; parts of the left one are clear fives, of the right one faint fours."""

        def poll(self, frames, vote):
            self.asked.append((frames, vote))
            digit, digitness = [(0, 0.0), (5, 0.999), (4, 0.4)][min(len(self.asked), 3) - 1]
            probabilities = np.full((len(frames), 10), 0.001 / 9)
            probabilities[:, digit] = 0.999
            votes = {"compact": probabilities, "deep": probabilities}
            return Ballot(probabilities, votes, np.full(len(frames), digitness), np.zeros(len(frames)))

    paper = Image.new("L", (700, 280), 255)
    posts = two_posts(beside=False).crop((300, 0, 500, 280))
    paper.paste(posts, (50, 0))
    alone = Recognizer(TwoShapes(), MANIFEST, "").read(paper)
    paper.paste(posts, (400, 0))

    beside = Recognizer(TwoShapes(), MANIFEST, "").read(paper)

    assert len(alone.digits) == 2
    assert [digit.prediction.digit for digit in beside.digits] == [5, 5, 4, 4]


@pytest.mark.parametrize(("digitness", "verdict"), [(0.60, "unsure"), (0.85, "unsure"), (0.99, "digit")])
def test_the_parts_of_a_shape_by_itself_are_sure_only_together(digitness, verdict):
    alone = Recognizer(Cutter(5, digitness), MANIFEST, "").read(two_posts(beside=False))

    assert [digit.verdict for digit in alone.digits] == [verdict] * 2
    assert alone.digits[0].digitness == alone.digits[1].digitness


def test_the_parts_of_one_doubtful_shape_are_no_company_for_each_other():
    paper = Image.new("L", (560, 280), 255)
    pen = ImageDraw.Draw(paper)
    for line in ([(x, 50), (x, 220)] for x in (30, 155, 280, 405, 530)):
        pen.line(line, fill=0, width=14)
    pen.line([(30, 140), (530, 140)], fill=0, width=14)

    parts = Recognizer(Cutter(1, 0.94), MANIFEST, "").read(paper).digits

    assert len(parts) >= 3
    assert DIGITNESS < parts[0].digitness < 0.7
    assert {part.verdict for part in parts} == {"unsure"}


@pytest.mark.parametrize(("threshold", "verdict"), [(0.0, "digit"), (0.89, "digit"), (0.91, "unsure"), (1, "unsure")])
def test_another_threshold_can_be_asked_for(recognizer, threshold, verdict):
    [digit] = recognizer.read(picture_of("7"), threshold=threshold).digits

    assert digit.verdict == verdict


@pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan"), "high"])
def test_a_threshold_that_does_not_exist_is_a_sentence(recognizer, threshold):
    with pytest.raises(DigitError, match="between 0 and 1"):
        recognizer.read(picture_of("7"), threshold=threshold)


def test_the_manifests_vote_answers_when_nobody_chooses(recognizer, ensemble):
    reading = recognizer.read(picture_of("7"))

    assert reading.vote == recognizer.vote == MANIFEST.vote
    assert {vote for _, vote in ensemble.asked} == {MANIFEST.vote}


def test_a_chosen_vote_answers(recognizer, ensemble):
    chosen = Vote("deep")

    assert recognizer.read(picture_of("7"), chosen).vote == chosen
    assert {vote for _, vote in ensemble.asked} == {chosen}


def test_every_shape_is_asked_about_in_one_batch(recognizer, ensemble):
    reading = recognizer.read(picture_of("1234", width=700, height=200, brush=12))

    frames, _ = ensemble.asked[0]
    assert reading.text == "7777"
    assert frames.shape == (4, 28, 28)
    for frame, digit in zip(frames, reading.digits, strict=True):
        np.testing.assert_array_equal(digit.frame, frame)


def test_a_picture_taken_as_one_digit_has_one_shape(recognizer):
    assert recognizer.read(picture_of("11"), single=True).text == "7"


def test_a_picture_of_mnists_size_is_one_digit(recognizer):
    two_strokes = Image.new("L", (28, 28), 0)
    pen = ImageDraw.Draw(two_strokes)
    pen.line([(8, 6), (8, 22)], fill=255, width=2)
    pen.line([(20, 6), (20, 22)], fill=255, width=2)

    assert recognizer.read(two_strokes).text == "7"


@pytest.mark.parametrize(("form", "scale"), [("PNG", 1), ("JPEG", 10), ("PNG", 24), ("JPEG", 24)])
def test_boxes_are_in_the_pictures_own_pixels(recognizer, scale, form):
    picture = Image.new("L", (280 * scale, 280 * scale), 255)
    ImageDraw.Draw(picture).rectangle([200 * scale, 30 * scale, 216 * scale, 110 * scale], fill=0)
    file = io.BytesIO()
    picture.save(file, format=form)

    [digit] = recognizer.read(file.getvalue()).digits

    box = digit.box
    corners = (box.left / scale, box.top / scale, box.right / scale, box.bottom / scale)
    assert corners == pytest.approx((200, 30, 216, 110), abs=2)


def test_blank_paper_is_not_even_asked_about(recognizer, ensemble):
    with pytest.raises(EmptyDrawingError):
        recognizer.read(Image.new("L", (280, 280), 255))

    assert ensemble.asked == []


def test_an_unreadable_file_is_a_sentence(recognizer):
    with pytest.raises(UnreadablePictureError):
        recognizer.read(b"no picture")


def test_the_public_manifest_says_where_the_weights_are_from(recognizer):
    assert recognizer.public_manifest()["origin"] == "A test's weights answer."


@pytest.mark.parametrize("effort", [DRAWING, PICTURE])
def test_however_many_digits_may_touch_only_so_many_parts_are_looked_at(effort):
    ensemble, chains = Ensemble(digitness=0.5), 40
    page = Image.new("L", (1600, 1200), 255)
    pen = ImageDraw.Draw(page)
    for number in range(chains):
        left, top = 20 + 400 * (number % 4), 20 + 110 * (number // 4)
        for link in range(8):
            pen.ellipse([left + 40 * link, top, left + 40 * link + 44, top + 60], outline=0, width=6)

    Recognizer(ensemble, MANIFEST, "").read(page, effort=effort)

    assert sum(len(frames) for frames, _ in ensemble.asked) <= 2 * chains + effort.slices  # alone, beside one, parts


@pytest.mark.parametrize(("name", "picture"), [pytest.param(*drawing, id=drawing[0]) for drawing in drawings()])
def test_whatever_is_drawn_only_so_much_is_looked_at(name, picture):
    ensemble, pixels = Ensemble(digitness=0.5), []

    def finder(pictures):
        pixels.append(pictures.shape[1] * pictures.shape[2])
        return shipped_finder()(pictures)

    with suppress(DigitError):
        Recognizer(ensemble, MANIFEST, "", finder).read(picture, effort=DRAWING)

    # Shapes alone and beside one another, parts of them; the finder's shapes and regrouped parts of these.
    most = max(2 * DRAWING.shapes + DRAWING.slices + MAX_SHAPES + DRAWING.frames, 2 * MAX_SHAPES)
    assert sum(len(frames) for frames, _ in ensemble.asked) <= most
    assert sum(pixels) <= MAX_LOOKS * MAX_PADDING * DRAWING.pixels


def test_a_drawing_of_more_shapes_than_a_number_has_is_read_once():
    ensemble, looks = Ensemble(digitness=0.5), []
    sheet = picture_of("0123456789", width=840, height=90, brush=8)
    page = Image.new("RGB", (840, 270), "white")
    for row in range(3):
        page.paste(sheet, (0, 90 * row))

    Recognizer(ensemble, MANIFEST, "", looks.append).read(page, effort=DRAWING)

    assert looks == []
    assert sum(len(frames) for frames, _ in ensemble.asked) == 30


def test_many_pictures_are_read_as_each_alone_would_be(recognizer):
    numbers = [picture_of("7" * count, width=400, height=160, brush=9) for count in (1, 2, 3)]
    different = [*numbers, Image.new("L", (200, 200), 255), b"no picture", numbers[0].resize((28, 28))]
    order = [0, 1, 2, 3, 4, *(n % 3 for n in range(2 * MAX_TOGETHER - 2)), 5]

    outcomes = list(recognizer.read_many(different[n] for n in order))

    alone = [said(read_alone(recognizer, picture)) for picture in different]
    assert [said(outcome) for outcome in outcomes] == [alone[n] for n in order]


@pytest.mark.parametrize("traces", [[], [None, None]])
def test_no_picture_is_left_out_where_there_are_fewer_traces(recognizer, traces):
    with pytest.raises(ValueError, match="shorter"):
        list(recognizer.read_many([picture_of("7")] * 3, traces=traces))


def test_small_pictures_are_asked_about_together_and_none_waits_for_more_than_a_few(recognizer, ensemble):
    numbers = [picture_of("7", width=160, height=160, brush=9)] * (2 * MAX_TOGETHER + 1)
    ensemble.confidence = ensemble.digitness = 0.99
    taken = []

    outcomes = recognizer.read_many(taken.append(number) or number for number in numbers)
    next(outcomes)

    assert len(taken) == MAX_TOGETHER
    assert len(list(outcomes)) == len(numbers) - 1
    assert [len(frames) for frames, _ in ensemble.asked] == [MAX_TOGETHER, MAX_TOGETHER, 1]


def test_of_large_pictures_one_is_held_at_a_time(recognizer, ensemble):
    ensemble.confidence = ensemble.digitness = 0.99
    large = picture_of("7", width=1600, height=1600, brush=60)

    outcomes = list(recognizer.read_many([large] * 3))

    assert [outcome.text for outcome in outcomes] == ["7"] * 3
    assert [len(frames) for frames, _ in ensemble.asked] == [1, 1, 1]


def read_alone(recognizer, picture):
    """The reading, or why there is none."""
    try:
        return recognizer.read(picture)
    except DigitError as error:
        return error


def said(outcome):
    """A reading's JSON, or an error's kind and sentence."""
    return (type(outcome), str(outcome)) if isinstance(outcome, DigitError) else outcome.as_json()


def test_a_full_drawing_is_not_cut_into_as_many_digits_as_are_known(ensemble, recognizer):
    paper = Image.new("L", (1600, 400), "white")
    pen = ImageDraw.Draw(paper)
    for i in range(DRAWING.shapes + 1):
        left, top = 70 * i + 10, 150
        pen.line([(left, top), (left, top + 50), (left + 50, top + 50), (left + 50, top)], "black", 4)
    ensemble.confidence = 0.6

    reading = recognizer.read(paper, digits=2, effort=DRAWING)

    assert len(reading.digits) == DRAWING.shapes + 1
    assert sum(len(frames) for frames, _ in ensemble.asked) == DRAWING.shapes + 1
