"""A survey reads a folder as the page would, and shows every picture that was read wrongly."""

import json

import numpy as np
import pytest
from PIL import Image

from digit_core.errors import EmptyDrawingError
from digit_core.models.manifest import NETWORKS
from digit_core.types import Box, DigitReading, Prediction, Reading
from tests.support.drawings import picture_of
from tests.support.small_models import write_models
from training.data import samples
from training.data.samples import SCAN_FORMS, Sample
from training.data.strokes import Drawing
from training.errors import DataError
from training.evaluation import contact_sheet, survey
from training.evaluation.evaluate import main
from training.evaluation.outcomes import read_sample
from training.evaluation.readings import distance

PHOTOS = {"single/7.png": ("7", "photo", "one"), "single/8.png": ("8", "photo", "two")}
OTHERS = {"multi/12_3.png": ("12/3", "photo", "two"), "nondigit/a.png": ("alpha", "greek", "one")}


@pytest.fixture
def folder(tmp_path):
    """A folder of photos drawn here, and four files of small scans."""
    lines = ["file,label,kind,repo"]
    for name, (label, kind, source) in (PHOTOS | OTHERS).items():
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        picture_of(label[0] if label[0].isdigit() else "4").save(path)
        lines.append(f"{name},{label},{kind},{source}")
    (tmp_path / "photos" / "labels.csv").write_text("\n".join(lines))
    for name, (full, _) in samples.SCANS.items():
        scan = np.zeros((3, 16, 16), np.uint8)
        scan[:, 2:14, 7:9] = full
        np.savez(tmp_path / f"{name}.npz", x=scan, label=np.array([1, 1, 7], np.uint8))
    return tmp_path


class Reader:
    """Reads whatever it was told to, "!" standing for an unsure shape and "?" for one that is no digit."""

    def __init__(self, answers):
        self.answers = iter(answers)

    def read(self, picture, single=False):
        answer = next(self.answers)
        if not answer:
            raise EmptyDrawingError()
        return Reading(tuple(tuple(map(self.shape, row)) for row in answer.split("/")))

    def shape(self, mark):
        verdict = {"?": "not_a_digit", "!": "unsure"}.get(mark, "digit")
        seen = Prediction(tuple(np.eye(10)[int(mark) if mark.isdigit() else 0].tolist()))
        votes = dict.fromkeys(NETWORKS, seen)
        return DigitReading(Box(10, 10, 20, 30), np.zeros((28, 28), np.float32), seen, votes, 0.5, verdict)


def run_survey(folder, *answers, only=("photos",)):
    return survey.survey(Reader(answers), folder, only=only)


def test_photos_are_counted_whole_by_source_and_on_the_mean_of_sources(folder):
    done = run_survey(folder, "7", "3", "12/3", "!?")

    told = {row.title: (row.count, row.exact) for row in done.digits}
    assert told["photos, one digit"] == (2, 50.0)
    assert told["photos, one digit: mean over 2 sources"] == (2, 50.0)
    assert told["photos, one digit: one"] == (1, 100.0)
    assert told["photos, one digit: two"] == (1, 0.0)
    assert told["photos, several digits"] == (1, 100.0)


def test_what_is_no_digit_may_be_refused_or_unsure_but_not_answered(folder):
    unsure = run_survey(folder, "7", "8", "12/3", "!").others[0]
    answered = run_survey(folder, "7", "8", "12/3", "?4").others[0]
    blank = run_survey(folder, "7", "8", "12/3", "").others[0]

    assert (unsure.exact, unsure.unsure) == (100.0, 100.0)
    assert (answered.exact, answered.refused) == (0.0, 100.0)
    assert blank.exact == 100.0


def test_photos_of_one_kind_alone_are_enough(folder):
    table = folder / "photos" / "labels.csv"
    table.write_text("\n".join(table.read_text().splitlines()[:3]))

    done = run_survey(folder, "7", "8")

    assert done.digits[0].title == "photos, one digit"
    assert not any("several" in row.title for row in done.digits)
    assert done.others == []


@pytest.mark.parametrize(("given", "exact", "miscounted"), [("123", 0.0, 0.0), ("12/4", 0.0, 0.0), ("12", 0.0, 100.0)])
def test_a_page_is_right_only_with_its_rows(folder, given, exact, miscounted):
    [row] = [r for r in run_survey(folder, "7", "8", given, "").digits if r.title == "photos, several digits"]

    assert (row.exact, row.miscounted) == (exact, miscounted)


def test_a_refused_digit_is_wrong_though_the_networks_knew_it(folder):
    outcome, _ = read_sample(Reader(["?"]), Sample(np.full((40, 40), 255, np.uint8), "0", "#1", "here"), "{source}")

    assert (outcome.exact, outcome.refused, outcome.votes["compact"]) == (False, True, True)


@pytest.mark.parametrize(
    ("given", "exact", "digits_right"), [("4?7", True, True), ("497", False, True), ("4?1", False, False)]
)
def test_a_letter_in_a_number_is_to_be_refused(given, exact, digits_right):
    outcome, failure = read_sample(
        Reader([given]), Sample(np.full((40, 40), 255, np.uint8), "4?7", "#1", "here"), "all"
    )

    votes = outcome.votes["deep"]
    assert (outcome.exact, votes) == (exact, digits_right)
    assert (failure is None) == exact


def test_every_failure_is_on_the_sheet_of_its_source(folder, tmp_path):
    done = run_survey(folder, "", "3", "12/3", "4")

    survey.write_failures(done, tmp_path / "sheets")

    sheets = sorted(path.name for path in (tmp_path / "sheets").iterdir())
    assert sheets == ["photos-no-digit-greek.png", "photos-one-digit-one.png", "photos-one-digit-two.png"]


def test_a_full_sheet_goes_on_on_another(tmp_path):
    tile = Image.new("RGB", contact_sheet.TILE)
    failures = [contact_sheet.Failure("many", tile)] * 50

    assert [path.name for path in contact_sheet.write_sheets(failures, tmp_path)] == ["many-1.png", "many-2.png"]


def test_sheets_whose_titles_read_alike_are_files_of_their_own(tmp_path):
    tile = Image.new("RGB", contact_sheet.TILE)
    failures = [contact_sheet.Failure(title, tile) for title in ("of a/1", "of a-1")]

    assert [path.name for path in contact_sheet.write_sheets(failures, tmp_path)] == ["of-a-1.png", "of-a-1_2.png"]


def test_a_line_of_the_photos_table_that_is_too_short_is_named(folder):
    with (folder / "photos" / "labels.csv").open("a") as table:
        table.write("\nsingle/9.png\n")

    with pytest.raises(DataError, match=r"too short, at single/9\.png"):
        samples.photos(folder)


def test_scans_are_read_in_every_form(folder):
    done = run_survey(folder, *["1"] * 3 * 4 * len(SCAN_FORMS), only=("scans",))

    told = {row.title: (row.count, round(row.exact)) for row in done.digits}
    assert told["scans, enlarged: usps"] == told["scans, bare: optdigits"] == (3, 67)
    assert "scans, padded: mean over 4 sources" in told


def test_an_enlarged_scan_is_dark_ink_on_white_paper_in_its_own_proportions(folder):
    [enlarged] = [s.picture for s in samples.scans(folder, "enlarged") if s.source == "mfeat_pixel" and s.name == "#0"]
    [bare] = [s.picture for s in samples.scans(folder, "bare") if s.source == "mfeat_pixel" and s.name == "#0"]

    assert enlarged[0, 0] == 255
    assert enlarged.min() == 0
    assert enlarged.shape == (128 + 64, round(128 * 2 / 3) + 64)
    assert (bare.shape, bare.max()) == ((16, 16), 255)


@pytest.mark.parametrize("broken", ["photos/labels.csv", "photos/single/7.png", "usps.npz"])
def test_what_is_missing_is_named(folder, broken):
    (folder / broken).unlink()

    with pytest.raises(DataError, match=broken.rpartition("/")[2]):
        run_survey(folder, *["1"] * 100, only=("photos", "scans"))


def test_numbers_are_of_one_writer_and_always_the_same():
    stroke = (np.array([[0, 0], [5, 90]], np.float32),)
    digits = [Drawing(stroke, str(i % 10), f"site/{i % 3}") for i in range(12)]

    first = [(s.truth, s.writer) for s in samples.numbers(digits, touching=True)]

    assert first == [(s.truth, s.writer) for s in samples.numbers(digits, touching=True)]
    assert len(first) == samples.NUMBERS
    assert {len(truth) for truth, _ in first} == {2, 3, 4, 5}
    assert all(int(d) % 10 in {i % 10 for i in range(12) if f"site/{i % 3}" == by} for t, by in first for d in t)


def test_every_letter_stands_once_among_digits_of_one_writer():
    stroke = (np.array([[0, 0], [5, 90]], np.float32),)
    digits = [Drawing(stroke, str(i % 10), f"site/{i % 3}") for i in range(12)]
    characters = [Drawing((stroke[0] * [8, 1],), label, "other/1") for label in "KM"]

    written = list(samples.letters_in_numbers(digits, characters))

    assert [s.kind for s in written] == ["letters", "unseen kinds"]
    assert all(s.truth.count("?") == 1 and s.truth.strip("?").replace("?", "").isdigit() for s in written)
    assert all(s.writer.startswith("site/") for s in written)


def test_a_sign_among_digits_is_no_part_of_the_truth():
    stroke = (np.array([[0, 0], [5, 90]], np.float32),)
    digits = [Drawing(stroke, str(i), "site/1") for i in range(10)]

    [written] = samples.letters_in_numbers(digits, [Drawing(stroke, "+", "other/1")])

    assert written.kind == "signs"
    assert written.truth.isdigit()


@pytest.mark.parametrize(
    ("character", "kind"),
    [("5", ""), ("T", "letters"), ("O", "look-alikes"), ("|", "punctuation"), ("A", "unseen kinds"), ("+", "signs")],
)
def test_a_character_is_scored_among_its_like(character, kind):
    assert samples.kind_of(character) == kind


@pytest.mark.parametrize(
    ("given", "truth", "errors"), [("407", "407", 0), ("47", "407", 1), ("", "12", 2), ("21", "12", 2)]
)
def test_digit_errors_are_insertions_deletions_and_changes(given, truth, errors):
    assert distance(given, truth) == errors


def test_the_command_prints_a_table_and_leaves_models_alone(folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("DIGIT_DATA_DIR", "elsewhere")
    models = tmp_path / "models"
    manifest = write_models(models)
    before = {path: path.read_bytes() for path in models.rglob("*") if path.is_file()}
    figures = tmp_path / "figures.json"

    code = main(["--data", str(folder), "--models", str(models), "--only", "photos", "--json", str(figures)])

    table = capsys.readouterr().out
    assert code == 0
    assert "| photos, one digit | 2 |" in table
    assert "| photos, no digit: greek | 1 |" in table
    assert json.loads(figures.read_text())["weights"]["deep"] == manifest.networks["deep"].sha256
    assert before == {path: path.read_bytes() for path in models.rglob("*") if path.is_file()}


@pytest.mark.parametrize("wish", [["--sheets", "x"], ["--json", "x"], ["--data", "x", "--test"]])
def test_options_that_exclude_each_other_end_with_a_sentence(wish, capsys):
    with pytest.raises(SystemExit):
        main(wish)

    assert "--data" in capsys.readouterr().err
