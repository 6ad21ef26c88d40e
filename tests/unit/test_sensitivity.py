"""Each hand-set number can be changed for a while, wherever it is used."""

import numpy as np
import pytest

from digit_core.errors import EmptyDrawingError
from digit_core.explain import counterfactual
from digit_core.models import geometry
from digit_core.page import look, segmentation, shapes
from digit_core.reading import groupings, task
from training.data.samples import Sample
from training.evaluation.sensitivity import MODULES, errors_of_all, numbers_of, replace_number


def test_every_number_atop_a_module_is_listed_once_where_it_is_set():
    modules = ["models.geometry", "page.look", "page.shapes"]

    names = [(module.__name__, name) for module, name, _ in numbers_of(modules)]

    assert set(modules) <= set(MODULES)
    assert ("digit_core.models.geometry", "CHARACTER_HEIGHT") in names
    assert ("digit_core.models.geometry", "FINDER_STRIDE") not in names, "the architecture has it"
    assert ("digit_core.page.look", "CHARACTER_HEIGHT") not in names, "it is only imported there"
    assert ("digit_core.page.look", "CONFIG.sure_ink") in names
    assert ("digit_core.page.shapes", "CHARACTER_HEIGHT") not in names, "it is only imported there"
    assert ("digit_core.page.shapes", "CONFIG.sure_ink") not in names
    assert len(names) == len(set(names))


def test_a_changed_number_holds_wherever_it_was_imported_to_and_goes_back():
    before = segmentation.MAX_SHAPES, geometry.CHARACTER_HEIGHT

    with replace_number(segmentation, "MAX_SHAPES", 7), replace_number(geometry, "CHARACTER_HEIGHT", 28.0):
        assert (segmentation.MAX_SHAPES, shapes.MAX_SHAPES, task.MAX_SHAPES) == (7, 7, 7)
        assert (geometry.CHARACTER_HEIGHT, look.CHARACTER_HEIGHT, shapes.CHARACTER_HEIGHT) == (28.0, 28.0, 28.0)

    assert before == (segmentation.MAX_SHAPES, geometry.CHARACTER_HEIGHT)
    assert before == (segmentation.MAX_SHAPES, look.CHARACTER_HEIGHT)
    assert before == (shapes.MAX_SHAPES, shapes.CHARACTER_HEIGHT)


def test_a_changed_number_of_a_config_holds_wherever_that_was_imported_to_and_goes_back():
    with replace_number(look, "CONFIG.sure_ink", 0.3):
        assert (look.CONFIG.sure_ink, shapes.LOOK.sure_ink) == (0.3, 0.3)
        assert shapes.ShapesConfig() == shapes.CONFIG

    assert look.LookConfig() == look.CONFIG
    assert shapes.LOOK is look.CONFIG


def test_each_of_several_numbers_of_a_config_has_a_name_and_changes_alone():
    first, second = groupings.CONFIG.other_scales
    listed = {name: value for _, name, value in numbers_of(["reading.groupings"]) if "other_scales" in name}

    with replace_number(groupings, "CONFIG.other_scales.1", 2.0):
        assert groupings.CONFIG.other_scales == (first, 2.0)

    assert listed == {"CONFIG.other_scales.0": first, "CONFIG.other_scales.1": second}
    assert groupings.CONFIG.other_scales == (first, second)


def test_the_list_has_numbers_that_one_line_sets_together():
    listed = {name: value for _, name, value in numbers_of(["explain.counterfactual"])}

    assert listed["USUAL_PARTS"] == counterfactual.USUAL_PARTS
    assert listed["MAX_PARTS"] == counterfactual.MAX_PARTS


def test_sides_that_the_finder_could_not_take_are_left_alone():
    assert not {"TILE", "TILE_MARGIN"} & {name for _, name, _ in numbers_of(["page.look"])}


def test_the_list_has_numbers_of_single_precision():
    assert "FAR_WEIGHT" in [name for _, name, _ in numbers_of(["page.contrast"])]


class Reader:
    """Reads the same text from every picture; None where it finds nothing."""

    def __init__(self, text):
        self._text = text

    def read(self, picture, single=False):
        if self._text is None:
            raise EmptyDrawingError()
        return self

    @property
    def text(self):
        return self._text


@pytest.mark.parametrize(
    ("kind", "truth", "said", "errors"),
    [
        ("", "1234", "1234", 0),
        ("", "1234", "1324", 2),
        ("", "1234", "123?", 1),
        ("", "12/34", "12\n34", 0),
        ("", "12/34", "34\n12", 4),
        ("", "12", None, 2),
        ("letters", "", "?", 0),
        ("letters", "", "18", 2),
        ("page", "112", "2\n11", 0),
        ("page", "112", "?12", 1),
        ("page", "112", "127", 2),
        ("page", "", "0?", 1),
    ],
)
def test_digits_too_many_missing_or_wrong_are_counted_on_a_page_in_any_order(kind, truth, said, errors):
    sample = Sample(np.zeros((28, 28), np.uint8), truth, "#1", "source", kind=kind)

    assert errors_of_all(Reader(said), [sample]) == [errors]
