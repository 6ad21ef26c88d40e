"""A models folder made by code: two untrained networks and everything that goes with them."""

import json
from dataclasses import asdict, replace

import keras

from digit_core.loading import sha256_of
from digit_core.models.architectures import build_network, layers_of
from digit_core.models.ensemble import NetworkClassifier, probe_frames
from digit_core.models.manifest import NETWORKS, Calibration, Manifest, MeanCalibration, NetworkEntry, write_manifest
from digit_core.models.runtime import KerasRuntime
from digit_core.types import MODELS, Vote
from training.convert import convert

UNFITTED = Calibration((0.0, 1.0), *[MeanCalibration((1.0, 1.0), (0.0, 0.0), (0.0, 0.0))] * 2)
TITLES = ("mnist test", "drawings fill 20")
ACCURACIES = [round(98 + 0.1 * step, 1) for step in range(11)]


def write_models(folder, seed=1, onnx=False):
    """Write what training and evaluation leave behind, and return the manifest; ONNX files take their seconds."""
    entries = {}
    for name in NETWORKS:
        (folder / name).mkdir(parents=True, exist_ok=True)
        keras.utils.set_random_seed(seed)
        network = build_network(name)
        network.save(folder / name / "model.keras")
        history = {"recipe": {"model": name, "seed": seed, "epochs": 2}, "epochs": [epoch(1), epoch(2)]}
        measures = {title: measures_of(count=1000 + seed) for title in TITLES}
        layers = [asdict(layer) for layer in layers_of(network)]
        metrics = {"model": name, "parameters": network.count_params(), "layers": layers, "measures": measures}
        (folder / name / "history.json").write_text(json.dumps(history))
        (folder / name / "metrics.json").write_text(json.dumps(metrics))
        if onnx:
            convert(network, folder / name / "model.onnx")
        entries[name] = entry_of(folder / name / "model.keras", network)
    manifest = Manifest(entries, Vote(), 0.5, UNFITTED)
    write_manifest(manifest, folder / "manifest.json")
    return manifest


def write_all_measures(folder):
    """Write everything that evaluation writes into a models folder."""
    bins = [[0, None, None]] * 13 + [[100, 91.0, 88.0], [900, 99.0, 99.5]]
    titles = ["mnist test", "drawings fill 20", "drawings off 20", "drawings"]
    measures = {title: measures_of(1001) | {"reliability": bins} for title in titles}
    pair = {"both_right": 890, "only_compact_wrong": 20, "only_deep_wrong": 10, "both_wrong": 80}
    pair |= {"differ": 40, "accuracy_where_they_differ": 55.0}
    vote = {title: pair | {"mcnemar_against_better": 0.6} for title in titles[:3]} | {"drawings": pair}
    curve = {"weights": [round(0.1 * step, 1) for step in range(11)], "arithmetic": ACCURACIES, "geometric": ACCURACIES}
    for name in MODELS:
        (folder / name).mkdir(exist_ok=True)
        file = folder / name / "metrics.json"
        content = json.loads(file.read_text()) if file.is_file() else {}
        content |= {"model": name, "parameters": 395_774, "measures": measures}
        content["not_a_digit"] = {"answered_as_digit": 13.9}
        if name == "ensemble":
            content |= {"vote": vote, "by_weight": {"mnist validation": curve, "drawings": curve}}
        file.write_text(json.dumps(content))


def entry_of(weights, network):
    """The manifest's entry for a network and the file it was saved to, and for the ONNX file if one lies beside it."""
    onnx = weights.with_name("model.onnx")
    probe = tuple(map(tuple, NetworkClassifier(KerasRuntime(network)).logits(probe_frames()).tolist()))
    vouched = NetworkEntry(sha256_of(weights), weights.stat().st_size, network.count_params(), probe=probe)
    return replace(vouched, onnx_sha256=sha256_of(onnx)) if onnx.is_file() else vouched


def epoch(number):
    return {"epoch": number, "loss": 1 / number, "error": 10 / number, "seconds": 1.0}


def measures_of(count):
    """What training.measure would have found, had 9 in 10 of each digit been read and the rest taken for the next."""
    each, wrong = count // 10, count // 100
    confusion = [[0] * 10 for _ in range(10)]
    for digit in range(10):
        confusion[digit][digit], confusion[digit][(digit + 1) % 10] = each - wrong, wrong
    return {
        "count": count,
        "accuracy": 90.0,
        "wrong": 10 * wrong,
        "writer_mean": 89.5,
        "interval": [88.0, 92.0],
        "nll": 0.3,
        "brier": 0.15,
        "ece": 1.2,
        "wrong_at_90": 0.4,
        "error_surest_99": 9.1,
        "per_digit": [90.0] * 10,
        "confusion": confusion,
    }
