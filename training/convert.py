"""Write a network as the ONNX file that answers in the app: `python -m training.convert [--models FOLDER]`.

`training.evaluate` and `training.finder` do so by themselves when they vouch for weights; the command is for weights
that came without.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import cast

import keras
import numpy as np
import onnx
import tensorflow as tf

from digit_core.command.options import tell_errors
from digit_core.errors import WeightsError
from digit_core.files import write_whole
from digit_core.loading import ONNX_NAME, WEIGHTS_NAME, load_keras_runtime, sha256_of
from digit_core.models.manifest import MANIFEST_NAME, MODELS_DIR, NetworkEntry, read_manifest, write_manifest
from digit_core.models.runtime import KerasRuntime, OnnxRuntime
from digit_core.types import Network

OPSET = 18  # of ONNX; the newest that tf2onnx writes
TOLERANCE = 1e-3  # between both runtimes' answers to noise, as a share of 1 and of the answer: they differ by 1e-5
PROBE_SIDE = 64  # pixels of the noise that a network of pictures of any size is asked about


def convert(network: keras.Model, path: Path) -> None:
    """Write a network as ONNX, after asking both about the same noise; the same weights give the same bytes.

    Args:
        network: of one input and one output; sizes that it leaves open stay so.
        path: the file.

    Raises:
        WeightsError: what was written does not answer as the network does, or Keras computes with something else than
            TensorFlow, which alone can be converted.
    """
    if keras.backend.backend() != "tensorflow":
        raise WeightsError("An ONNX file can be written with KERAS_BACKEND=tensorflow only.")
    import tf2onnx

    signature = [tf.TensorSpec(network.input_shape, tf.float32, name="batch")]
    function = tf.function(lambda batch: network(batch, training=False), input_signature=signature, autograph=False)
    model, _ = tf2onnx.convert.from_function(function, input_signature=signature, opset=OPSET)
    _name_by_order(model.graph)
    write_whole(path, model.SerializeToString(deterministic=True))
    sides = [side or PROBE_SIDE for side in network.input_shape[1:]]
    noise = np.random.default_rng(0).random((2, *sides), np.float32)
    by_keras, by_onnx = KerasRuntime(network).run(noise), OnnxRuntime(path, lambda: network).run(noise)
    if not np.allclose(by_onnx, by_keras, rtol=TOLERANCE, atol=TOLERANCE):
        path.unlink()
        raise WeightsError(f"The ONNX file of {network.name} does not answer as the network does.")


def _name_by_order(graph: onnx.GraphProto) -> None:
    """Number nodes, tensors and open sizes as they come; TensorFlow's names count what the process built before."""
    names: dict[str, str] = {}
    for index, node in enumerate(graph.node):
        node.name = f"{node.op_type}{index}"
        for tensors in (node.input, node.output):
            tensors[:] = [name and names.setdefault(name, f"tensor{len(names)}") for name in tensors]
    for tensor in (*graph.input, *graph.output, *graph.initializer):
        tensor.name = names.setdefault(tensor.name, f"tensor{len(names)}")
    graph.initializer.sort(key=lambda tensor: int(tensor.name.removeprefix("tensor")))
    for value in (*graph.input, *graph.output):
        for axis, size in enumerate(value.type.tensor_type.shape.dim):
            if size.dim_param:
                size.dim_param = f"size{axis}"
    del graph.value_info[:]
    graph.doc_string = ""


def convert_all(models_dir: Path = MODELS_DIR) -> tuple[str, ...]:
    """Convert every network in a folder, let its manifest vouch for the files, and return the networks' names.

    Raises:
        WeightsError: a network is not the one that the manifest vouches for, or its file does not answer as it does.
    """
    manifest = read_manifest(models_dir / MANIFEST_NAME)
    entries: dict[str, NetworkEntry] = {}
    for name, entry in manifest.networks.items():
        folder = models_dir / name
        convert(load_keras_runtime(cast("Network", name), folder / WEIGHTS_NAME, entry).network(), folder / ONNX_NAME)
        entries[name] = replace(entry, onnx_sha256=sha256_of(folder / ONNX_NAME))
    write_manifest(replace(manifest, networks=entries), models_dir / MANIFEST_NAME)
    return tuple(entries)


@tell_errors()
def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m training.convert", description="Write the networks as ONNX files.")
    parser.add_argument("--models", type=Path, default=MODELS_DIR, help="the folder of manifest.json and the networks")
    options = parser.parse_args(arguments)
    names = convert_all(options.models)
    print(f"wrote {', '.join(f'{name}/{ONNX_NAME}' for name in names)} in {options.models}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
