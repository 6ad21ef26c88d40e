"""What training and evaluation wrote is read back; what is missing is none, what is damaged is a sentence."""

import json
import shutil

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from digit_core.errors import RecordsError
from digit_core.figures.measures import Bin, DigitScores, digit_scores
from digit_core.figures.records import (
    RELIABILITY_SETS,
    own_figures,
    read_by_weight,
    read_figures,
    read_history,
    read_peers,
    read_reliability,
    read_single_digits,
    read_vote_gains,
)
from digit_core.figures.tables import UNKNOWN, measured_table, peers_table, scores_table, vote_sentence, vote_table
from digit_core.models.manifest import MODELS_DIR, NETWORKS
from digit_core.types import MODELS
from tests.support.small_figures import measures_of, write_figures

BINS = [[0, None, None]] * 13 + [[100, 91.0, 88.0], [900, 99.0, 99.5]]
PAIR = {"both_right": 980, "only_compact_wrong": 5, "only_deep_wrong": 7, "both_wrong": 8}
PAIR |= {"differ": 12, "accuracy_where_they_differ": 50.0, "mcnemar_against_better": 0.5}


@pytest.fixture
def vote(tmp_path):
    """Writes what the three models read right on two sets, and the vote's comparison there."""

    def write(accuracies, **compared):
        for name, accuracy in zip(MODELS, accuracies, strict=True):
            (tmp_path / name).mkdir(exist_ok=True)
            measures = {title: {"count": 1000, "accuracy": accuracy} for title in ("mnist test", "drawings fill 12")}
            content = {"parameters": 1, "measures": measures}
            if name == "ensemble":
                content["vote"] = dict.fromkeys(measures, PAIR | compared)
            (tmp_path / name / "metrics.json").write_text(json.dumps(content))
        return read_vote_gains(tmp_path)

    return write


@pytest.fixture
def figures(tmp_path):
    """A folder of what was measured of two networks, and of no vote."""
    for name in NETWORKS:
        write_figures(tmp_path / "measured", name)
    return tmp_path / "measured"


@pytest.mark.parametrize("name", NETWORKS)
def test_every_epoch_is_read(figures, name):
    first, second = read_history(name, figures)

    assert (first.number, first.loss, first.error) == (1, 1.0, 10.0)
    assert (second.number, second.validation_loss, second.learning_rate) == (2, None, None)


def test_the_loss_of_taught_epochs_is_not_given(tmp_path):
    rows = [{"epoch": n, "loss": 0.4, "error": 1.0, "run": run} for n, run in ((1, 0), (2, 1))]
    told = {"began_with": [{"teachers": ""}], "recipe": {"teachers": "abc"}, "epochs": rows}
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "history.json").write_text(json.dumps(told))

    assert [epoch.loss for epoch in read_history("deep", tmp_path)] == [0.4, None]


def test_single_digits_are_read_from_the_test_set(figures):
    found = read_single_digits("deep", figures)

    assert (found.title, found.count, found.accuracy, found.nll) == ("MNIST's test set", 1001, 90.0, 0.3)
    assert len(found.per_digit) == len(found.confusion) == 10


def test_nothing_is_known_where_there_is_no_file(tmp_path):
    assert read_history("compact", tmp_path) == ()
    assert read_single_digits("compact", tmp_path) is None


@pytest.mark.parametrize("content", ["no json", "[1]", '{"epochs": [1], "measures": 3}'])
def test_a_damaged_file_is_named_in_a_sentence(tmp_path, content):
    (tmp_path / "deep").mkdir()
    for file in ("history.json", "metrics.json"):
        (tmp_path / "deep" / file).write_text(content)

    for read in (read_history, read_single_digits, lambda name, models: read_reliability(name, ["drawings"], models)):
        with pytest.raises(RecordsError, match=r"deep/\w+\.json of the models is damaged\.$"):
            read("deep", tmp_path)
    if content == "no json":
        with pytest.raises(RecordsError):
            measured_table(tmp_path)


def test_precision_and_recall_are_told_apart():
    never_named, never_there = [0, 6, 0, 0], [0, 0, 0, 0]
    zero, one, _, _ = found = digit_scores([[8, 0, 0, 2], [2, 6, 0, 0], never_named, never_there])

    assert zero == DigitScores(precision=80.0, recall=80.0, f1=80.0, support=10)
    assert one == DigitScores(precision=50.0, recall=75.0, f1=60.0, support=8)
    assert found[2:] == (DigitScores(None, 0.0, 0.0, 6), DigitScores(0.0, None, 0.0, 0))
    assert digit_scores([[0]]) == (DigitScores(None, None, None, 0),)


@pytest.mark.parametrize("confusion", [[[1, 2]], [[1], [2]], [[1, 2], [3]]])
def test_a_matrix_that_is_not_square_has_no_scores(confusion):
    with pytest.raises(ValueError, match="square"):
        digit_scores(confusion)


def test_a_confusion_matrix_that_is_none_is_a_damaged_file(tmp_path):
    (tmp_path / "deep").mkdir()
    broken = measures_of(1001) | {"confusion": [[1, 2], [3]]}
    (tmp_path / "deep" / "metrics.json").write_text(json.dumps({"measures": {"mnist test": broken}}))

    with pytest.raises(RecordsError, match="damaged"):
        read_single_digits("deep", tmp_path)


@pytest.mark.parametrize("name", MODELS)
def test_what_ships_has_a_recall_that_is_its_accuracy_of_each_digit(name):
    found = read_single_digits(name)

    scores = digit_scores(found.confusion)

    assert [one.recall for one in scores] == pytest.approx(found.per_digit, abs=0.005)
    assert sum(one.support for one in scores) == found.count


def test_the_scores_of_each_digit_stand_above_their_means():
    table = scores_table(digit_scores([[8, 2, 0], [2, 6, 0], [0, 0, 0]]))

    assert table.splitlines()[2:] == [
        "| 0 | 80.0 | 80.0 | 80.0 | 10 |",
        "| 1 | 75.0 | 75.0 | 75.0 | 8 |",
        f"| 2 | {UNKNOWN} | {UNKNOWN} | {UNKNOWN} | 0 |",
        "| mean | 77.5 | 77.5 | 77.5 | 18 |",
    ]


def test_reliability_is_of_the_first_set_that_has_it(tmp_path):
    (tmp_path / "deep").mkdir()
    measures = {"mnist test": measures_of(1001), "mnist validation": measures_of(1001) | {"reliability": BINS}}
    (tmp_path / "deep" / "metrics.json").write_text(json.dumps({"measures": measures}))

    found = read_reliability("deep", RELIABILITY_SETS[0], tmp_path)

    assert (found.title, found.count, found.ece) == ("MNIST, writers held out of training", 1001, 1.2)
    assert found.bins == (Bin(100, 91.0, 88.0), Bin(900, 99.0, 99.5))
    assert read_reliability("deep", RELIABILITY_SETS[1], tmp_path) is None


def test_accuracy_by_weight_is_read_for_every_set(tmp_path):
    (tmp_path / "ensemble").mkdir()
    curve = {"weights": [0.0, 1.0], "arithmetic": [98.0, 99.0], "geometric": [98.0, 99.0]}
    (tmp_path / "ensemble" / "metrics.json").write_text(json.dumps({"by_weight": {"drawings": curve}}))

    [found] = read_by_weight(tmp_path)

    assert (found.weights, found.arithmetic) == ((0.0, 1.0), (98.0, 99.0))
    assert "all brushes" in found.title


def test_nothing_of_the_vote_is_known_from_files_that_lack_it(figures, tmp_path):
    assert read_by_weight(figures) == read_vote_gains(figures) == ()
    assert read_by_weight(tmp_path) == read_vote_gains(tmp_path) == ()
    assert vote_table(()) == ""


@pytest.mark.parametrize(
    ("accuracies", "p", "told"),
    [
        ((99.0, 99.2, 99.3), 0.4, "On none of 2 sets does the vote beat"),
        ((99.0, 98.2, 99.9), 0.001, "On 2 of 2 sets the vote beats"),
        ((99.0, 98.2, 98.1), 0.001, "does the vote beat the better of its two networks, and on 2 it falls behind"),
        ((99.0, 99.0, 99.0), 0.001, "On none of 2 sets does the vote beat the better of its two networks beyond"),
    ],
)
def test_the_sentence_tells_a_gain_from_chance_and_from_a_loss(vote, accuracies, p, told):
    assert told in vote_sentence(vote(accuracies, mcnemar_against_better=p))


@pytest.mark.parametrize(
    ("compared", "told"),
    [
        ({"differ": 12, "accuracy_where_they_differ": 25.0}, " Where the two differ, 25 % of the vote's 24 answers"),
        ({"differ": 0}, "p < 0.05."),
    ],
)
def test_what_the_vote_is_worth_where_its_networks_differ_is_counted(vote, compared, told):
    assert told in vote_sentence(vote((99.0, 99.2, 99.3), **compared))
    assert ("Where" in told) == ("Where" in vote_sentence(vote((99.0, 99.2, 99.3), **compared)))


def test_what_the_vote_gains_follows_the_tables_unless_it_stands_elsewhere(vote, tmp_path):
    gains = vote((99.0, 99.2, 99.3))

    tables = measured_table(tmp_path, with_vote=False)
    *before, told = measured_table(tmp_path).split("\n\n")

    assert "\n\n".join(before) == tables
    assert told.replace("\n", " ") == vote_sentence(gains)
    assert max(map(len, told.splitlines())) <= 120


def test_sets_whose_digits_are_not_independent_are_not_tested(vote, tmp_path):
    vote((99.0, 99.2, 99.3))
    path = tmp_path / "ensemble" / "metrics.json"
    content = json.loads(path.read_text())
    del content["vote"]["mnist test"]["mcnemar_against_better"]
    path.write_text(json.dumps(content))

    assert [gain.title for gain in read_vote_gains(tmp_path)] == ["drawn large, brush 12 px"]


def test_who_erred_where_stands_set_by_set(vote):
    first, *_ = vote_table(vote((99.0, 99.2, 99.3))).splitlines()[2:]

    assert first == "| MNIST's test set | 99.00 | 99.20 | 99.30 | 980 | 5 | 7 | 8 | 0.50 | 50 % of 12 |"
    assert f"| 0.50 | {UNKNOWN} |" in vote_table(vote((99.0, 99.2, 99.3), differ=0))


def test_the_peers_are_told_with_their_caveats():
    known = read_peers()

    table = peers_table(known)

    assert "| tracel-ai/burn, web demo | 260,554 | 98.47 | 92.8 | 80.6 | 70.4 |" in table
    assert "| ixartz/handwritten-digit-recognition-tensorflowjs | 887,530 | ¹ |" in table
    for mark in ("¹", "²"):
        assert (mark in table) == (mark in known.caveats)


def test_a_damaged_or_missing_peers_file_is_named(tmp_path):
    (tmp_path / "peers.json").write_text('{"peers": [{}]}')

    for file in (tmp_path / "peers.json", tmp_path / "none.json"):
        with pytest.raises(RecordsError, match=file.name):
            read_peers(file)


def test_this_projects_row_needs_all_its_figures(tmp_path):
    (tmp_path / "ensemble").mkdir()
    measures = {title: measures_of(1001) for title in ("mnist test", "drawings fill 20", "drawings off 20")}
    path = tmp_path / "ensemble" / "metrics.json"
    path.write_text(json.dumps({"parameters": 7, "measures": measures}))

    own = own_figures("ours", tmp_path)

    assert (own.parameters, own.mnist, own.large, own.small, own.letters) == (7, 90.0, 90.0, 90.0, None)
    del measures["drawings off 20"]
    path.write_text(json.dumps({"parameters": 7, "measures": measures}))
    assert own_figures("ours", tmp_path) is None
    assert own_figures("ours", tmp_path / "nowhere") is None


def test_the_scores_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    truth, answers = rng.integers(0, 10, (2, 500))
    known = precision_recall_fscore_support(truth, answers, labels=range(10))

    found = digit_scores(confusion_matrix(truth, answers, labels=range(10)).tolist())

    for of, values in zip(("precision", "recall", "f1"), known, strict=False):
        np.testing.assert_allclose([getattr(one, of) for one in found], 100 * values)
    assert [one.support for one in found] == known[3].tolist()


def test_figures_of_two_measurings_are_not_trusted(tmp_path):
    shutil.copytree(MODELS_DIR, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.keras"))
    path = tmp_path / "compact" / "metrics.json"
    figures = json.loads(path.read_text(encoding="utf-8"))
    assert read_figures("compact", tmp_path) == figures

    path.write_text(json.dumps(figures), encoding="utf-8")  # the same figures on other lines
    assert read_figures("compact", tmp_path) == figures
    path.write_text(json.dumps(figures | {"parameters": 1}), encoding="utf-8")  # of a measuring that was stopped

    with pytest.raises(RecordsError, match=r"compact/metrics\.json were not written with manifest\.json"):
        measured_table(tmp_path)
    assert read_figures("deep", tmp_path)


def test_figures_without_a_manifest_are_read(tmp_path):
    (tmp_path / "compact").mkdir()
    (tmp_path / "compact" / "metrics.json").write_text("{}", encoding="utf-8")

    assert read_figures("compact", tmp_path) == {}
