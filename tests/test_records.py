"""What training and evaluation wrote is read back; what is missing is none, what is damaged is a sentence."""

import pytest
from small_models import write_models

from digit_core.errors import RecordsError
from digit_core.manifest import NETWORKS
from digit_core.records import measured_table, read_history, read_single_digits


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    write_models(folder)
    return folder


@pytest.mark.parametrize("name", NETWORKS)
def test_every_epoch_is_read(models, name):
    first, second = read_history(name, models)

    assert (first.number, first.loss, first.error) == (1, 1.0, 10.0)
    assert (second.number, second.validation_loss, second.learning_rate) == (2, None, None)


def test_single_digits_are_read_from_the_test_set(models):
    found = read_single_digits("deep", models)

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

    for read in (read_history, read_single_digits):
        with pytest.raises(RecordsError, match=r"deep/\w+\.json of the models is damaged\.$"):
            read("deep", tmp_path)
    if content == "no json":
        with pytest.raises(RecordsError):
            measured_table(tmp_path)
