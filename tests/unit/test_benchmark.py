"""What takes how long is compared turn by turn, written down and read back."""

import numpy as np
import pytest

from digit_core.errors import RecordsError
from training.evaluation.benchmark.reading import DRAWING, NETWORKS_ALONE
from training.evaluation.benchmark.rows import (
    BENCHMARK_FILE,
    Row,
    as_table,
    count_goals,
    read_benchmark,
    write_benchmark,
)
from training.evaluation.benchmark.timing import compare, peak_megabytes
from training.evaluation.speed import GROWTHS, NOT_MEASURED, TOLD, growth_section, speed_report, speed_sentence

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


def test_a_sentence_tells_how_many_goals_are_met_and_which_are_missed():
    assert count_goals(ROWS) == f"1 of 2 goals are met; missed: {DRAWING} (4.00 for 2.0)."
    assert count_goals(ROWS[1:]) == "1 of 1 goals are met."


def test_what_was_written_is_read_back(tmp_path):
    write_benchmark(ROWS, {"load": [1, 2]}, tmp_path)

    assert read_benchmark(tmp_path) == tuple(ROWS)


def test_where_nobody_measured_the_documents_say_so(tmp_path):
    assert read_benchmark(tmp_path) == ()
    assert speed_sentence(()) == ""
    assert NOT_MEASURED in speed_report(tmp_path)


def test_memory_is_not_called_milliseconds():
    [line] = as_table([Row("memory", "import gradio", 310.4, 250.0, 1.24, unit="MB")]).splitlines()[2:]

    assert line == "| memory | 310 MB | import gradio | 250 MB | 1.24 |  |"


def test_a_program_is_charged_its_own_memory_alone():
    held = np.ones(200 * 2**20, np.uint8)

    assert peak_megabytes("") < held.nbytes / 2**20
    assert peak_megabytes("held = b'1' * 100 * 2**20") - peak_megabytes("") == pytest.approx(100, abs=10)


@pytest.mark.parametrize(
    ("costs", "sentence"),
    [((9.0, 20.0, 38.0, 80.0), "From 5 up it stays near 4"), ((8.0, 9.0, 10.0, 11.0), "It changes all the way")],
)
def test_a_plot_shows_each_count_and_a_sentence_tells_where_it_bends(costs, sentence):
    rows = [
        Row("digits", "networks", cost, count, cost / count, group="digits", count=count)
        for count, cost in zip((1, 5, 10, 20), costs, strict=True)
    ]

    section = growth_section(GROWTHS[0], rows)

    assert 'x-axis ["1", "5", "10", "20"]' in section
    assert (
        f"line [{', '.join(f'{cost / count:g}' for cost, count in zip(costs, (1, 5, 10, 20), strict=True))}]" in section
    )
    assert sentence in " ".join(section.split())


@pytest.mark.parametrize("content", ["", "[]", '{"rows": [{"what": "a"}]}'])
def test_a_damaged_file_is_a_sentence(tmp_path, content):
    (tmp_path / BENCHMARK_FILE).write_text(content)

    with pytest.raises(RecordsError, match="cannot be read"):
        read_benchmark(tmp_path)


def test_the_readme_tells_of_a_drawing_the_start_and_the_memory():
    rows = [Row(what, beside, 1.0, 1.0, ratio) for (what, beside), ratio in zip(TOLD, (2.8, 1.2, 1.4), strict=True)]

    sentence = speed_sentence(rows)

    assert [figure in sentence for figure in ("2.8 times", "1.2 times", "1.4 times")] == [True] * 3
