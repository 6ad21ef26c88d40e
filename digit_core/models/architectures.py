"""The architectures in code: training builds them, serving fills them with weights.

Two classifiers, and the finder that says where on a picture there is something to classify.

Both classifiers map frames (n, 28, 28, 1) in [0, 1] to twelve logits: ten digits, one for "is a digit at all"
(digitness), and one for "is a mark": a sign beside numbers, print or grain. They are made to err differently. Compact
is narrow and sees 3x3 neighbourhoods at full resolution; deep starts with 5x5 strokes, shrinks early and thinks in
residual blocks. Both end in depthwise convolutions over their last map (as MobileFaceNet, Chen et al. 2018), which keep
where things are and cost few parameters.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
from keras import layers

from digit_core.models.geometry import FINDER_MAPS
from digit_core.page.frame import FRAME_SIZE
from digit_core.types import LOGITS, MARK, Layer, Model

WIDER = "-x"  # in a network's name, before its width
LAST_CONVOLUTION = "features"  # the layer whose maps Grad-CAM weighs, in both networks
GATHER, GATHER_NORM, LAST = "gather", "gather_norm", "logits"  # the linear head after it: all that follows those maps
OF_MARKS = "mark"  # how the names of the layers begin that tell marks alone, so that they can be trained alone
FINDER_FILTERS = (16, 24, 32, 48, 64)  # at half the picture's size, at a quarter, and so on
FINDER_MOMENTUM = 0.98  # of the batch normalisation: batches of pages are few and alike


def build_network(name: Model, width: float = 1.0) -> keras.Model:
    """Build "compact" or "deep" with fresh weights.

    Args:
        name: which architecture.
        width: times as many filters in every convolution as the app's networks have; its name then tells so.

    Raises:
        ValueError: another name.
    """
    if name not in _BUILDERS:
        raise ValueError(f"expected a network named {' or '.join(_BUILDERS)}, got {name!r}")
    frames = keras.Input((FRAME_SIZE, FRAME_SIZE, 1), name="frames")
    maps = _BUILDERS[name](frames, width)
    return keras.Model(frames, _head(maps), name=name if width == 1.0 else f"{name}{WIDER}{width:g}")


def build_finder() -> keras.Model:
    """Build the finder with fresh weights: an encoder and a decoder with skips (U-Net, Ronneberger et al. 2015).

    It maps pictures (n, height, width, 3) in [0, 1], sides multiples of `FINDER_MULTIPLE`, to `FINDER_MAPS` at half
    the size, (n, height / 2, width / 2, 6), in the manner of Panoptic-DeepLab (Cheng et al. 2020): logits of ink that
    belongs to a character, of other handwriting and of a character's centre; the offset from here to the centre of the
    character whose ink this is, in `OFFSET_UNIT`; and the logarithm to base 2 of its height by `CHARACTER_HEIGHT`.
    """
    pictures = keras.Input((None, None, 3), name="pictures")
    first, *deeper = FINDER_FILTERS
    x = _finder_convolution(pictures, first, "stem", kernel=4, strides=2)
    skips = [x]
    for level, filters in enumerate(deeper, 1):
        x = _finder_convolution(x, filters, f"shrink{level}", strides=2)
        for i in range(1 if level < 3 else 2):
            x = _finder_convolution(x, filters, f"encode{level}{'ab'[i]}")
        skips.append(x)
    for level in range(len(deeper) - 1, -1, -1):
        x = layers.UpSampling2D(2, interpolation="nearest", name=f"grow{level}")(x)
        x = layers.Concatenate(name=f"join{level}")([x, skips[level]])
        x = _finder_convolution(x, FINDER_FILTERS[level], f"decode{level}")
    maps = layers.Conv2D(len(FINDER_MAPS), 3, padding="same", dtype="float32", name="maps")(x)
    return keras.Model(pictures, maps, name="finder")


def _finder_convolution(
    x: keras.KerasTensor, filters: int, name: str, kernel: int = 3, strides: int = 1
) -> keras.KerasTensor:
    x = layers.Conv2D(filters, kernel, strides=strides, padding="same", use_bias=False, name=f"{name}_conv")(x)
    x = layers.BatchNormalization(momentum=FINDER_MOMENTUM, name=f"{name}_norm")(x)
    return layers.Activation("relu", name=name)(x)


def layers_of(network: keras.Model) -> tuple[Layer, ...]:
    """List a network's layers from frame to logits."""
    return tuple(
        Layer(layer.name, type(layer).__name__, tuple(layer.output.shape[1:]), layer.count_params())
        for layer in network.layers
    )


def _compact(frames: keras.KerasTensor, width: float) -> keras.KerasTensor:
    first, second, third = (round(filters * width) for filters in (20, 40, 64))
    x = _convolution(frames, first, 3, "conv1a")
    x = _convolution(x, first, 3, "conv1b")
    x = layers.MaxPooling2D(name="pool1")(x)
    x = _convolution(x, second, 3, "conv2a")
    x = _convolution(x, second, 3, "conv2b")
    x = layers.MaxPooling2D(name="pool2")(x)
    x = _convolution(x, third, 3, "conv3a")
    return _convolution(x, third, 3, LAST_CONVOLUTION)


def _deep(frames: keras.KerasTensor, width: float) -> keras.KerasTensor:
    first, second, third = (round(filters * width) for filters in (20, 36, 80))
    x = _convolution(frames, first, 5, "conv1")
    x = _convolution(x, second, 5, "shrink1", strides=2)
    x = _residual(x, second, "block2")
    x = _convolution(x, third, 3, "shrink2", strides=2)
    x = _residual(x, third, "block3")
    x = _residual(x, third, "block4")
    return layers.Activation("relu", name=LAST_CONVOLUTION)(x)


def _residual(x: keras.KerasTensor, filters: int, name: str) -> keras.KerasTensor:
    """Two 3x3 convolutions whose result is added to their input (He et al. 2016)."""
    inner = _convolution(x, filters, 3, f"{name}a")
    inner = _convolution(inner, filters, 3, f"{name}b", activation=None)
    return layers.Activation("relu", name=f"{name}_relu")(layers.Add(name=f"{name}_add")([x, inner]))


def _convolution(
    x: keras.KerasTensor, filters: int, kernel: int, name: str, strides: int = 1, activation: str | None = "relu"
) -> keras.KerasTensor:
    """Convolution, batch normalisation, activation; the activation carries the plain name."""
    x = layers.Conv2D(filters, kernel, strides=strides, padding="same", use_bias=False, name=f"{name}_conv")(x)
    x = layers.BatchNormalization(name=f"{name}_norm")(x)
    return layers.Activation(activation, name=name)(x) if activation else x


def _head(maps: keras.KerasTensor) -> keras.KerasTensor:
    """What follows the last maps: ten digits and digitness; beside them marks, which look elsewhere on the maps."""
    logits = layers.Dense(MARK, dtype="float32", name=LAST)(_gather(maps, GATHER, GATHER_NORM, "flat", "dropout"))
    names = (f"{OF_MARKS}_{name}" for name in ("gather", "norm", "flat", "dropout"))
    mark = layers.Dense(LOGITS - MARK, dtype="float32", name=OF_MARKS)(_gather(maps, *names))
    return layers.Concatenate(dtype="float32", name="answers")([logits, mark])  # in full, whatever the rest computes in


def _gather(maps: keras.KerasTensor, gather: str, norm: str, flat: str, dropout: str) -> keras.KerasTensor:
    """Weigh each of the maps place by place, one number for each; the layers' names are given."""
    x = layers.DepthwiseConv2D(maps.shape[1], use_bias=False, name=gather)(maps)
    x = layers.BatchNormalization(name=norm)(x)
    x = layers.Flatten(name=flat)(x)
    return layers.Dropout(0.3, name=dropout)(x)


_BUILDERS: dict[str, Callable[[keras.KerasTensor, float], keras.KerasTensor]] = {"compact": _compact, "deep": _deep}
