"""Why a frame was read as it was: evidence for any digit, feature maps, and what every predictor says.

Grad-CAM (Selvaraju et al. 2017, arXiv:1610.02391) weighs the last convolution's maps by what a digit's logit gains
from each; what follows those maps is linear here, so that the weights are constants, as in CAM (Zhou et al. 2016,
arXiv:1512.04150). Occlusion (Zeiler & Fergus 2014, arXiv:1311.2901) takes ink away, patch by patch, and watches the
vote. Whether such pictures tell of the network rather than of the drawing is tested by replacing the weights (Adebayo
et al. 2018, arXiv:1810.03292).
"""

from __future__ import annotations

import reprlib
from typing import TYPE_CHECKING

import cv2
import numpy as np

from digit_core.errors import ExplanationError
from digit_core.models.ensemble import MIN_PROBABILITY, Ensemble, NetworkClassifier
from digit_core.models.manifest import NETWORKS
from digit_core.page.frame import FRAME_SIZE
from digit_core.types import (
    MEANS,
    METHODS,
    Explanation,
    FeatureMaps,
    Mean,
    Method,
    Model,
    Opinion,
    Prediction,
    Vote,
)

if TYPE_CHECKING:
    import keras

PATCH = 6  # Pixels of the frame; a patch is about two strokes wide, so that one can open a loop.
STRIDE = 2  # Pixels between neighbouring patches; each pixel is then under nine of them.
NOTHING = 1e-6  # A map whose strongest number is below this holds only rounding errors.


def explain(ensemble: Ensemble, frame: np.ndarray, target: int, method: Method, vote: Vote) -> Explanation:
    """Find the evidence for a digit on a frame.

    Args:
        ensemble: the two networks.
        frame: (28, 28) float32 in [0, 1].
        target: the digit asked about, 0 to 9; it need not be the answer ("why not 7?").
        method: "grad-cam" asks the networks' last convolution, "occlusion" the vote.
        vote: whose evidence; for the ensemble, Grad-CAM adds both networks' maps by their weights.

    Raises:
        ExplanationError: an unknown target or method.
    """
    if method not in METHODS:
        raise ExplanationError(f"The method must be {' or '.join(METHODS)}, not {reprlib.repr(method)}.")
    check_target(target)
    target = int(target)
    if method == "occlusion":
        evidence = occlusion(ensemble, frame, target, vote)
    else:
        shares = {"compact": 1 - vote.share_of_deep, "deep": vote.share_of_deep}
        maps = [share * grad_cam(ensemble.members[name], frame, target) for name, share in shares.items() if share > 0]
        evidence = _scale_to_strongest(np.sum(maps, axis=0))
    return Explanation(frame, evidence, target, method, vote.model)


def check_target(target: object) -> None:
    """Check that somebody asks about a digit.

    Raises:
        ExplanationError: it is none from 0 to 9.
    """
    if isinstance(target, bool) or target not in range(10):
        raise ExplanationError(f"The target must be a digit from 0 to 9, not {reprlib.repr(target)}.")


def grad_cam(classifier: NetworkClassifier, frame: np.ndarray, target: int) -> np.ndarray:
    """Weigh the last convolution's maps by the mean gradient of a digit's logit (Selvaraju et al. 2017).

    Both networks end in a linear head, so this gradient is the same for every frame: Grad-CAM equals CAM here.

    Args:
        classifier: one network.
        frame: (28, 28) float32 in [0, 1].
        target: the digit, 0 to 9.

    Returns:
        (28, 28) float32 in [0, 1], the largest is 1; all 0 for a blank frame or where nothing speaks for the digit.
    """
    if not frame.any():
        return np.zeros((FRAME_SIZE, FRAME_SIZE), np.float32)
    import keras

    from digit_core.models.architectures import LAST_CONVOLUTION

    network = classifier.network
    watched = keras.Model(network.input, network.get_layer(LAST_CONVOLUTION).output)
    maps = np.asarray(watched(_to_batch(frame), training=False))[0]
    small = np.maximum(maps @ class_weights(network)[:, target], 0.0)
    return _scale_to_strongest(cv2.resize(small, (FRAME_SIZE, FRAME_SIZE), interpolation=cv2.INTER_LINEAR))


def class_weights(network: keras.Model) -> np.ndarray:
    """Return the mean gradient of each logit but the mark's by each map of the last convolution: (maps, 11) float32.

    The head is a depthwise convolution over the whole map, a batch normalisation and a dense layer; all are linear
    while a network answers, so the gradient is the product of their weights.
    """
    from digit_core.models.architectures import GATHER, GATHER_NORM, LAST

    kernel = np.asarray(network.get_layer(GATHER).kernel)  # (side, side, maps, 1)
    norm = network.get_layer(GATHER_NORM)
    scale = np.asarray(norm.gamma) / np.sqrt(np.asarray(norm.moving_variance) + norm.epsilon)
    gathered = kernel.mean(axis=(0, 1))[:, 0] * scale
    return gathered[:, None] * np.asarray(network.get_layer(LAST).kernel)


def occlusion(ensemble: Ensemble, frame: np.ndarray, target: int, vote: Vote) -> np.ndarray:
    """Take the ink away patch by patch and see how much less probable a digit becomes (Zeiler & Fergus 2014).

    The change is that of the digit's log-probability, so that it tells something of digits that nobody answered.

    Args:
        ensemble: the two networks.
        frame: (28, 28) float32 in [0, 1].
        target: the digit, 0 to 9.
        vote: who answers.

    Returns:
        (28, 28) float32 in [-1, 1], the strongest is 1 or -1: above 0 where ink speaks for the digit, below 0 where
        ink speaks against it; all 0 for a blank frame.
    """
    corners = [
        (top, left)
        for top in range(0, FRAME_SIZE - PATCH + 1, STRIDE)
        for left in range(0, FRAME_SIZE - PATCH + 1, STRIDE)
        if frame[top : top + PATCH, left : left + PATCH].any()
    ]
    if not corners:
        return np.zeros((FRAME_SIZE, FRAME_SIZE), np.float32)
    occluded = np.repeat(frame[None], len(corners) + 1, axis=0)  # the last one stays whole
    for i, (top, left) in enumerate(corners):
        occluded[i, top : top + PATCH, left : left + PATCH] = 0.0
    logs = np.log(np.maximum(ensemble.poll(occluded, vote).probabilities[:, target], MIN_PROBABILITY))
    total, seen = np.zeros((2, FRAME_SIZE, FRAME_SIZE))
    for (top, left), loss in zip(corners, logs[-1] - logs[:-1], strict=True):
        total[top : top + PATCH, left : left + PATCH] += loss
        seen[top : top + PATCH, left : left + PATCH] += 1
    return _scale_to_strongest(total / np.maximum(seen, 1))


def feature_maps(classifier: NetworkClassifier, frame: np.ndarray) -> tuple[FeatureMaps, ...]:
    """Return what each convolution hands on, first to last, after its normalisation and activation (if it has one).

    Args:
        classifier: one network.
        frame: (28, 28) float32 in [0, 1]; a blank one gives maps of zeros.
    """
    import keras

    network = classifier.network
    names = [layer.name.removesuffix("_conv") for layer in network.layers if isinstance(layer, keras.layers.Conv2D)]
    known = {layer.name for layer in network.layers}
    outputs = [network.get_layer(name if name in known else f"{name}_norm").output for name in names]
    answers = keras.Model(network.input, outputs)(_to_batch(frame), training=False)
    drawn = float(frame.any())
    return tuple(
        FeatureMaps(name, drawn * _scale_to_strongest(np.maximum(np.moveaxis(np.asarray(maps)[0], -1, 0), 0.0)))
        for name, maps in zip(names, answers, strict=True)
    )


def opinions(ensemble: Ensemble, frame: np.ndarray, weight: float) -> tuple[Opinion, ...]:
    """Ask compact, deep, and both under either mean about a frame; `weight` is the share of deep."""
    alone = [(name, Vote(name)) for name in NETWORKS]
    together = [(mean, Vote("ensemble", mean, weight)) for mean in MEANS]
    return tuple(_opinion(predictor, ensemble, frame, vote) for predictor, vote in (*alone, *together))


def _opinion(predictor: Model | Mean, ensemble: Ensemble, frame: np.ndarray, vote: Vote) -> Opinion:
    ballot = ensemble.poll(frame[None], vote)
    return Opinion(predictor, Prediction(tuple(ballot.probabilities[0].tolist())), float(ballot.digitness[0]))


def _scale_to_strongest(numbers: np.ndarray) -> np.ndarray:
    """Divide by the number farthest from 0; zeros stay zeros."""
    strongest = float(np.abs(numbers).max())
    return (numbers / strongest if strongest > NOTHING else np.zeros_like(numbers)).astype(np.float32)


def _to_batch(frame: np.ndarray) -> np.ndarray:
    if frame.shape != (FRAME_SIZE, FRAME_SIZE):
        raise ValueError(f"expected a frame of shape ({FRAME_SIZE}, {FRAME_SIZE}), got {frame.shape}")
    return frame[None, ..., None].astype(np.float32)
