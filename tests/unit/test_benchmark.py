"""What takes how long is compared turn by turn, written down and read back."""

import json
from dataclasses import asdict

import pytest

from digit_core.errors import RecordsError
from training.evaluation.benchmark import (
    BENCHMARK_FILE,
    DRAWING,
    NETWORKS_ALONE,
    Row,
    as_table,
    compare,
    read_benchmark,
)
from training.evaluation.report import TOLD, speed_sentence

ROWS = [
    Row(DRAWING, NETWORKS_ALONE, 4.0, 1.0, 4.0, goal=2.0),
    Row("files", "decoding", 3.0, 2.0, 1.5, goal=1.6),
    Row("digits", "networks", 9.0, 3.0, 3.0),
]


def test_each_turn_asks_both_ways_and_one_turn_more_only_warms_up():
    asked = []

    row = compare("a", lambda: asked.append("a"), "b", lambda: asked.append("b"), goal=1.0, rounds=3)

    assert asked == ["a", "b"] * 4
    assert (row.what, row.beside, row.goal) == ("a", "b", 1.0)


def test_a_mark_stands_beside_each_ratio_over_its_goal_and_no_other():
    marked = ["!" in line for line in as_table(ROWS).splitlines()[2:]]

    assert marked == [True, False, False]


def test_what_was_written_is_read_back(tmp_path):
    (tmp_path / BENCHMARK_FILE).write_text(json.dumps({"load": [1, 2], "rows": [asdict(row) for row in ROWS]}))

    assert read_benchmark(tmp_path) == tuple(ROWS)


def test_where_nobody_measured_nothing_is_said(tmp_path):
    assert read_benchmark(tmp_path) == ()
    assert speed_sentence(()) == ""


@pytest.mark.parametrize("content", ["", "[]", '{"rows": [{"what": "a"}]}'])
def test_a_damaged_file_is_a_sentence(tmp_path, content):
    (tmp_path / BENCHMARK_FILE).write_text(content)

    with pytest.raises(RecordsError, match="cannot be read"):
        read_benchmark(tmp_path)


def test_the_readme_tells_of_a_drawing_the_start_and_the_memory():
    rows = [Row(what, beside, 1.0, 1.0, ratio) for (what, beside), ratio in zip(TOLD, (2.8, 1.2, 1.4), strict=True)]

    sentence = speed_sentence(rows)

    assert [figure in sentence for figure in ("2.8 times", "1.2 times", "1.4 times")] == [True] * 3
