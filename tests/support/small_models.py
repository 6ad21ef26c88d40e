"""A models folder made by code: two untrained networks and everything that goes with them."""

from dataclasses import asdict, replace

import keras

from digit_core.loading import sha256_of
from digit_core.models.architectures import build_network, layers_of
from digit_core.models.ensemble import NetworkClassifier, probe_frames
from digit_core.models.manifest import NETWORKS, Calibration, Manifest, MeanCalibration, NetworkEntry, write_manifest
from digit_core.models.runtime import KerasRuntime
from digit_core.types import Vote
from tests.support.small_figures import write_figures
from training.convert import convert

UNFITTED = Calibration((0.0, 1.0), *[MeanCalibration((1.0, 1.0), (0.0, 0.0))] * 2)


def write_models(folder, seed=1, onnx=False):
    """Write what training and evaluation leave behind, and return the manifest; ONNX files take their seconds."""
    entries = {}
    for name in NETWORKS:
        (folder / name).mkdir(parents=True, exist_ok=True)
        keras.utils.set_random_seed(seed)
        network = build_network(name)
        network.save(folder / name / "model.keras")
        layers = [asdict(layer) for layer in layers_of(network)]
        write_figures(folder, name, seed, parameters=network.count_params(), layers=layers)
        if onnx:
            convert(network, folder / name / "model.onnx")
        entries[name] = entry_of(folder / name / "model.keras", network)
    manifest = Manifest(entries, Vote(), 0.5, UNFITTED)
    write_manifest(manifest, folder / "manifest.json")
    return manifest


def entry_of(weights, network):
    """The manifest's entry for a network and the file it was saved to, and for the ONNX file if one lies beside it."""
    onnx = weights.with_name("model.onnx")
    probe = tuple(map(tuple, NetworkClassifier(KerasRuntime(network)).logits(probe_frames()).tolist()))
    vouched = NetworkEntry(sha256_of(weights), weights.stat().st_size, network.count_params(), probe=probe)
    return replace(vouched, onnx_sha256=sha256_of(onnx)) if onnx.is_file() else vouched
