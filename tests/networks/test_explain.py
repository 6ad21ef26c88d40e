"""Explanations: they follow the digit asked about, the ink and the weights, and say nothing of a blank frame."""

from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest

from digit_core import Vote
from digit_core.errors import ExplanationError
from digit_core.explain.saliency import class_weights, explain, feature_maps, grad_cam, occlusion, opinions
from digit_core.explain.steps import boxes_on, frame_as_it_stands, shape_at, steps_to
from digit_core.models.manifest import NETWORKS
from digit_core.page.frame import FRAME_SIZE
from digit_core.page.trace import Trace
from digit_core.types import METHODS, MODELS, Box
from tests.support.drawings import picture_of

BLANK = np.zeros((FRAME_SIZE, FRAME_SIZE), np.float32)


@pytest.fixture(scope="module")
def frame_of(recognizer):
    return cache(lambda text: recognizer.read(picture_of(text)).digits[0].frame)


def alike(first, second):
    """The correlation of two maps; 0 where one of them says nothing."""
    return np.corrcoef(first.ravel(), second.ravel())[0, 1] if first.any() and second.any() else 0.0


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("method", METHODS)
def test_evidence_is_scaled_to_its_strongest_point(recognizer, frame_of, method, model):
    explanation = explain(recognizer.ensemble, frame_of("7"), 7, method, Vote(model))

    assert (explanation.target, explanation.method, explanation.model) == (7, method, model)
    assert (explanation.evidence.shape, explanation.evidence.dtype) == ((28, 28), np.float32)
    assert np.abs(explanation.evidence).max() == pytest.approx(1)


@pytest.mark.parametrize("method", METHODS)
def test_evidence_depends_on_the_digit_asked_about(recognizer, frame_of, method):
    maps = [explain(recognizer.ensemble, frame_of("4"), target, method, Vote()).evidence for target in range(10)]

    assert all(alike(maps[4], other) < 0.95 for target, other in enumerate(maps) if target != 4)


def test_a_sevens_bar_speaks_against_a_one(recognizer, frame_of):
    frame = frame_of("7")
    bar = np.flatnonzero(frame.any(axis=1))[0]

    why_seven = explain(recognizer.ensemble, frame, 7, "occlusion", Vote()).evidence
    why_not_one = explain(recognizer.ensemble, frame, 1, "occlusion", Vote()).evidence

    assert why_seven.max() == pytest.approx(1)
    assert why_not_one[bar : bar + 3].mean() < 0
    assert why_not_one.min() == pytest.approx(-1)


def test_paper_far_from_all_ink_is_no_evidence_when_ink_is_taken_away(recognizer, frame_of):
    evidence = explain(recognizer.ensemble, frame_of("1"), 1, "occlusion", Vote()).evidence

    assert not evidence[:, :4].any()


def test_a_dots_evidence_reaches_as_far_as_the_patches_that_cover_it():
    dot, asked = BLANK.copy(), []
    dot[14, 14] = 1

    class SevenWithDot:
        """Reads a seven where the dot is, and is at a loss where it is gone."""

        def poll(self, frames, vote):
            asked.append(len(frames))
            probabilities = np.full((len(frames), 10), 0.1)
            probabilities[frames.any(axis=(1, 2)), 7] = 0.9
            return SimpleNamespace(probabilities=probabilities)

    evidence = occlusion(SevenWithDot(), dot, 7, Vote())

    assert asked == [3 * 3 + 1]  # each place of a patch with ink, and the whole frame
    assert (evidence[10:20, 10:20] == 1).all()
    assert evidence.sum() == 100


@pytest.mark.parametrize("name", NETWORKS)
def test_a_blank_frame_gives_zeros(recognizer, name):
    for target in range(10):
        for method in METHODS:
            assert not explain(recognizer.ensemble, BLANK, target, method, Vote(name)).evidence.any()
    for layer in feature_maps(recognizer.ensemble.members[name], BLANK):
        assert np.isfinite(layer.maps).all()
        assert not layer.maps.any()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("model", NETWORKS)
def test_other_weights_give_another_map(recognizer, small_recognizer, frame_of, model, method):
    """The sanity check of Adebayo et al. 2018: a map that random weights also give tells of the drawing alone."""
    likeness = []
    for text in "3478":
        frame = frame_of(text)
        maps = [
            explain(ensemble, frame, int(text), method, Vote(model)).evidence
            for ensemble in (recognizer.ensemble, small_recognizer.ensemble)
        ]
        likeness.append(alike(*maps))

    assert np.mean(likeness) < 0.6


def test_the_ensembles_grad_cam_at_the_ends_is_one_networks_own(recognizer, frame_of):
    frame, ensemble = frame_of("3"), recognizer.ensemble

    for weight, name in ((0.0, "compact"), (1.0, "deep")):
        both = explain(ensemble, frame, 3, "grad-cam", Vote("ensemble", "arithmetic", weight)).evidence

        assert both == pytest.approx(grad_cam(ensemble.members[name], frame, 3), abs=1e-6)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_heads_constants_are_the_gradients_of_the_logits(recognizer, frame_of, name):
    import keras
    import tensorflow as tf

    from digit_core.models.architectures import LAST_CONVOLUTION

    network = recognizer.ensemble.members[name].network
    watched = keras.Model(network.inputs, [network.get_layer(LAST_CONVOLUTION).output, network.output])

    weights = class_weights(network)

    for text, target in (("7", 7), ("7", 1), ("8", 3)):
        with tf.GradientTape() as tape:
            maps, logits = watched(frame_of(text)[None, ..., None], training=False)
            logit = logits[:, target]
        gradient = np.asarray(tape.gradient(logit, maps))[0].mean(axis=(0, 1))
        np.testing.assert_allclose(weights[:, target], gradient, atol=1e-5)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_convolution_shows_its_maps(recognizer, frame_of, name):
    from digit_core.models.architectures import layers_of

    classifier = recognizer.ensemble.members[name]

    layers = feature_maps(classifier, frame_of("8"))

    convolutions = [layer for layer in layers_of(classifier.network) if layer.kind == "Conv2D"]
    assert [f"{layer.layer}_conv" for layer in layers] == [layer.name for layer in convolutions]
    assert [(*layer.maps.shape[1:], layer.maps.shape[0]) for layer in layers] == [c.shape for c in convolutions]
    assert all(layer.maps.min() >= 0 and layer.maps.max() == pytest.approx(1) for layer in layers)


def test_every_predictor_is_asked_and_the_means_lie_between_the_networks(recognizer, frame_of):
    predicted = {opinion.predictor: opinion for opinion in opinions(recognizer.ensemble, frame_of("9"), 0.5)}

    assert list(predicted) == ["compact", "deep", "arithmetic", "geometric"]
    low, high = sorted((predicted["compact"].digitness, predicted["deep"].digitness))
    assert low <= predicted["arithmetic"].digitness <= high
    assert all(sum(opinion.prediction.probabilities) == pytest.approx(1) for opinion in predicted.values())


@pytest.mark.parametrize("target", [10, -1, 2.5, "seven", None, True])
def test_a_target_that_is_no_digit_is_answered_by_a_sentence(recognizer, target):
    with pytest.raises(ExplanationError, match=r"from 0 to 9, not .*\.$"):
        explain(recognizer.ensemble, BLANK, target, "occlusion", Vote())


def test_an_unknown_method_is_answered_by_a_sentence(recognizer):
    with pytest.raises(ExplanationError, match="grad-cam or occlusion, not 'guess'"):
        explain(recognizer.ensemble, BLANK, 1, "guess", Vote())


def test_shapes_are_counted_from_zero(recognizer):
    reading = recognizer.read(picture_of("17", width=400, height=200))

    assert shape_at(reading, 1).prediction.digit == 7
    for index in (2, -1, 0.5, None):
        with pytest.raises(ExplanationError, match=r"2 shapes were found.*\.$"):
            shape_at(reading, index)


def test_the_steps_lead_from_the_pictures_ink_over_the_box_to_the_frame(recognizer):
    picture = picture_of("17", width=3200, height=1600, brush=100)
    trace = Trace()
    seven = recognizer.read(picture, trace=trace).digits[1]

    steps = steps_to(trace.ink, picture, seven)

    assert max(steps.ink.shape) == 1600
    assert steps.box.left == pytest.approx(seven.box.left / 2, abs=1)
    assert steps.ink_in_box.shape == (steps.box.height, steps.box.width)
    assert steps.ink_in_box.max() == pytest.approx(1)
    assert steps.frame is seven.frame


def fill_boxes(height, width, *boxes):
    """Ink that fills some boxes of a sheet."""
    ink = np.zeros((height, width), np.float32)
    for box in boxes:
        ink[box.top : box.bottom, box.left : box.right] = 1
    return ink


def place_of(frame):
    """Top, bottom, left and right of a frame's ink."""
    rows, columns = np.flatnonzero(frame.any(axis=1)), np.flatnonzero(frame.any(axis=0))
    return rows[0], rows[-1], columns[0], columns[-1]


def test_as_it_stands_the_whole_picture_becomes_the_frame():
    box = Box(20, 40, 60, 100)
    ink = fill_boxes(280, 280, box)

    frame = frame_as_it_stands(ink, box, [box])

    assert (frame.shape, frame.dtype) == ((28, 28), np.float32)
    assert place_of(frame) == (4, 13, 2, 7)
    assert frame.sum() == pytest.approx(ink.sum() / 100)


def test_as_it_stands_a_wide_picture_keeps_its_proportions():
    box = Box(0, 0, 100, 280)

    frame = frame_as_it_stands(fill_boxes(280, 700, box), box, [box])

    top, bottom, left, right = place_of(frame)
    assert (left, right) == (0, 3)
    assert (bottom - top + 1) == pytest.approx(28 * 280 / 700, abs=1)
    assert (top + bottom) / 2 == pytest.approx(13.5)


def test_one_of_several_stands_alone_with_its_share_of_paper():
    large, small, noise = Box(20, 20, 40, 80), Box(120, 60, 20, 40), Box(70, 2, 3, 3)
    ink = fill_boxes(140, 160, large, small, noise)

    frames = [frame_as_it_stands(ink, box, [large, small]) for box in (large, small)]

    # Around both there are 20 pixels on the left, the right and above, 40 below: half of that around the half as high.
    assert place_of(frames[0]) == (4, 19, 10, 17)
    assert place_of(frames[1]) == (4, 19, 10, 17)
    assert [int((frame > 0.5).sum()) for frame in frames] == [16 * 8, 16 * 8]


def test_a_tiny_scan_is_grown_to_a_frame():
    box = Box(4, 2, 6, 10)

    frame = frame_as_it_stands(fill_boxes(14, 14, box), box, [box])

    assert frame.shape == (28, 28)
    assert frame.max() == 1


def test_boxes_of_a_large_picture_lie_on_its_smaller_ink(recognizer):
    picture = picture_of("17", 2400, 1200, brush=80)
    trace = Trace()
    reading = recognizer.read(picture, trace=trace)
    ink = trace.ink

    boxes = boxes_on(ink, picture, reading)

    assert ink.shape == (800, 1600)
    assert len(boxes) == 2
    assert boxes[1] == steps_to(ink, picture, reading.digits[1]).box
    assert all(box.right <= 1600 and box.bottom <= 800 for box in boxes)
