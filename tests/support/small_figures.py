"""What training and evaluation would have measured of small models: figures made up, for tests of who reads them."""

import json

from digit_core.types import MODELS

TITLES = ("mnist test", "drawings fill 20")
ACCURACIES = [round(98 + 0.1 * step, 1) for step in range(11)]


def write_figures(folder, name, seed=1, **of_network):
    """Write a network's history and figures; `of_network` are figures of its own, as "layers"."""
    (folder / name).mkdir(parents=True, exist_ok=True)
    history = {"recipe": {"model": name, "seed": seed, "epochs": 2}, "epochs": [epoch(1), epoch(2)]}
    metrics = {"model": name, **of_network, "measures": {title: measures_of(count=1000 + seed) for title in TITLES}}
    (folder / name / "history.json").write_text(json.dumps(history))
    (folder / name / "metrics.json").write_text(json.dumps(metrics))


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
