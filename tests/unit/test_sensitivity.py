"""Each hand-set number can be changed for a while, wherever it is used."""

from digit_core import groupings, task
from digit_core.page import look, segmentation, shapes
from training.evaluation.sensitivity import numbers_of, replace_number


def test_every_number_atop_a_module_is_listed_once_where_it_is_set():
    names = [(module.__name__, name) for module, name, _ in numbers_of(["page.look", "page.shapes"])]

    assert ("digit_core.page.look", "BODY") in names
    assert ("digit_core.page.shapes", "BODY") not in names, "it is only imported there"
    assert len(names) == len(set(names))


def test_a_changed_number_holds_wherever_it_was_imported_to_and_goes_back():
    before = segmentation.MAX_SHAPES, look.BODY

    with replace_number(segmentation, "MAX_SHAPES", 7), replace_number(look, "BODY", 28.0):
        assert (segmentation.MAX_SHAPES, groupings.MAX_SHAPES, task.MAX_SHAPES) == (7, 7, 7)
        assert (look.BODY, shapes.BODY) == (28.0, 28.0)

    assert before == (segmentation.MAX_SHAPES, look.BODY)
    assert before == (groupings.MAX_SHAPES, shapes.BODY)
