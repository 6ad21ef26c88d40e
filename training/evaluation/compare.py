"""Compare pairs of networks at equal cost: `python -m training.compare RUN…`.

Two different networks, two of the same kind from different seeds, and one network that looks twice: which pair reads
better than its better half? On the validation writers, from frames alone; nothing is written.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations, product
from pathlib import Path

import numpy as np

from digit_core.command.options import tell_errors
from digit_core.command.outputs import check_output, is_json_of
from digit_core.figures.tables import markdown_table
from digit_core.files import write_whole
from digit_core.models.ensemble import NetworkClassifier, pool_digits, softmax
from digit_core.models.manifest import NETWORKS
from digit_core.page.frame import FRAME_SIZE
from digit_core.types import DIGIT_LOGITS, MEANS, Mean
from training.data.frame_kinds import NO_DIGITS, validation_sets
from training.data.frames import FrameSet
from training.evaluation.calibrate import best_temperature, logits_of
from training.evaluation.measure import mcnemar, permutation_test
from training.weights import read_network

MNIST, DRAWINGS = "MNIST", "drawings"
SETS = (MNIST, DRAWINGS)
SHIFT = 1  # Pixels by which the two views of one frame are moved, up left and down right.


@dataclass(frozen=True, slots=True, eq=False)
class NetworkAnswers:
    """One network's probabilities about both sets.

    Attributes:
        name: the run's.
        model: which architecture; "deep-x1.1" is a wider one.
        parameters: of the network.
        operations: multiplications and additions for one frame.
        probabilities: (n, 10) by set, calibrated.
    """

    name: str
    model: str
    parameters: int
    operations: int
    probabilities: dict[str, np.ndarray]


@dataclass(frozen=True, slots=True)
class Duel:
    """One pair on one set.

    Attributes:
        pairing: which kinds, "compact + deep".
        pair: which runs.
        on: the set.
        parameters: of both.
        operations: of both, for one frame.
        accuracy: of the pair, percent.
        better: accuracy of the better of the two alone, percent.
        both_right, only_first_wrong, only_second_wrong, both_wrong: counts.
        gained, lost: frames that the pair reads and the better one does not, and the reverse.
        p_value: of pair against the better one: the exact McNemar test, by writer where one wrote several (see
            `measure.permutation_test`).
    """

    pairing: str
    pair: str
    on: str
    parameters: int
    operations: int
    accuracy: float
    better: float
    both_right: int
    only_first_wrong: int
    only_second_wrong: int
    both_wrong: int
    gained: int
    lost: int
    p_value: float


def compare(runs: Sequence[Path], mean: Mean = "arithmetic", mnist_file: Path | None = None) -> list[Duel]:
    """Let every pair of networks vote with equal weights, and every network with itself about two shifted views.

    Each network's temperature is fitted first, as the app does; pooled, only the answers count.

    Raises:
        DigitError: weights or data are missing or damaged.
    """
    validation = {name: s for name, s in validation_sets(mnist_file).items() if name not in NO_DIGITS}
    labels = {MNIST: validation["mnist"].labels, DRAWINGS: np.concatenate([s.labels for s in _drawn_sets(validation)])}
    writers = {MNIST: None, DRAWINGS: np.concatenate([s.writers for s in _drawn_sets(validation)])}
    readers, twice = [], []
    for run in runs:
        name, model, network = read_network(run)
        logits = {title: logits_of(network, s.frames)[:, :DIGIT_LOGITS] for title, s in validation.items()}
        network.temperature = best_temperature([(logits[t], s.labels.astype(int)) for t, s in validation.items()])
        cost = (network.network.count_params(), operations(network))
        readers.append(NetworkAnswers(name, model, *cost, _both_sets(logits, network.temperature)))
        views = [
            _both_sets(
                {t: logits_of(network, shift(s.frames, by))[:, :DIGIT_LOGITS] for t, s in validation.items()},
                network.temperature,
            )
            for by in (-SHIFT, SHIFT)
        ]
        twice.append([NetworkAnswers(name, model, *cost, view) for view in views])
    of = {model: [reader for reader in readers if reader.model == model] for model in NETWORKS}
    pairs = [("compact + deep", pair) for pair in product(of["compact"], of["deep"])]
    pairs += [(f"{model} + {model}", pair) for model in NETWORKS for pair in combinations(of[model], 2)]
    duels = [
        _duel(kind, a, b, title, (labels[title], writers[title]), mean) for kind, (a, b) in pairs for title in SETS
    ]
    for alone, (up, down) in zip(readers, twice, strict=True):
        kind = f"{alone.model}, two views"
        duels += [_duel(kind, up, down, title, (labels[title], writers[title]), mean, alone) for title in SETS]
    for alone in readers:
        kind = f"{alone.model} alone"
        duels += [_duel(kind, alone, alone, title, (labels[title], writers[title]), mean) for title in SETS]
    return duels


def as_markdown(duels: Sequence[Duel]) -> str:
    """Render the means over pairs, then every pair."""
    heads = ["pairing", "pairs", "parameters", "operations, M", "set", "accuracy, %", "better one alone, %"]
    heads += ["gained", "lost", "p < 0.05"]
    rows = []
    for pairing in dict.fromkeys(duel.pairing for duel in duels):
        for title in SETS:
            some = [duel for duel in duels if duel.pairing == pairing and duel.on == title]
            better = [f"{np.mean([duel.better for duel in some]):.3f}"]
            gains = [f"{np.mean([getattr(duel, key) for duel in some]):.1f}" for key in ("gained", "lost")]
            beyond = f"{sum(duel.p_value < 0.05 and duel.gained > duel.lost for duel in some)} of {len(some)}"
            cost = [f"{some[0].parameters:,}", f"{some[0].operations / 1e6:.1f}"]
            rows.append([pairing, str(len(some)), *cost, title, _spread(some), *better, *gains, beyond])
    pair_heads = ["pair", "set", "accuracy, %", "both right", "only 1st wrong", "only 2nd wrong", "both wrong"]
    pair_heads += ["gained", "lost", "p"]
    pair_rows = [
        [f"{duel.pairing}: {duel.pair}", duel.on, f"{duel.accuracy:.3f}"]
        + [str(getattr(duel, key)) for key in ("both_right", "only_first_wrong", "only_second_wrong", "both_wrong")]
        + [str(duel.gained), str(duel.lost), f"{duel.p_value:.3f}"]
        for duel in duels
        if not duel.pairing.endswith("alone")
    ]
    return markdown_table(heads, rows) + "\n\n" + markdown_table(pair_heads, pair_rows)


def operations(classifier: NetworkClassifier) -> int:
    """Count the multiplications (each with its addition) of one frame: what convolutions and dense layers cost."""
    total = 0
    for layer in classifier.network.layers:
        kernel = getattr(layer, "kernel", None)
        if kernel is None:
            continue
        shape = layer.output.shape[1:]  # (height, width, channels) or (channels,)
        total += int(np.prod(kernel.shape)) * int(np.prod(shape[:-1]))
    return total


def shift(pictures: np.ndarray, by: int) -> np.ndarray:
    """Move (n, 28, 28) frames down and right by some pixels, up and left where `by` is negative; paper moves in."""
    moved = np.zeros_like(pictures)
    here, there = (slice(max(0, to), min(FRAME_SIZE, FRAME_SIZE + to)) for to in (by, -by))
    moved[:, here, here] = pictures[:, there, there]
    return moved


@tell_errors()
def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m training.compare", description="Compare pairs at equal cost.")
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="a run's folder, or a .keras file")
    parser.add_argument("--mean", choices=MEANS, default="arithmetic")
    parser.add_argument("--mnist", type=Path, help="mnist.npz; default: DIGIT_DATA_DIR, then Keras' own download")
    parser.add_argument("--json", type=Path, metavar="FILE", help="the same figures as JSON")
    options = parser.parse_args(arguments)
    if options.json is not None:
        check_output(options.json, options.runs, is_comparison)
    duels = compare(options.runs, options.mean, options.mnist)
    print(as_markdown(duels))
    if options.json is not None:
        write_whole(options.json, json.dumps([asdict(duel) for duel in duels], indent=1) + "\n")
    return 0


def is_comparison(path: Path) -> bool:
    """Tell whether a file is what `--json` wrote earlier."""
    return is_json_of(
        path,
        lambda content: (
            isinstance(content, list) and all(isinstance(duel, dict) and "gained" in duel for duel in content)
        ),
    )


def _duel(
    kind: str,
    a: NetworkAnswers,
    b: NetworkAnswers,
    title: str,
    truth: tuple[np.ndarray, np.ndarray | None],
    mean: Mean,
    alone: NetworkAnswers | None = None,
) -> Duel:
    """Compare a pair with its better half, or with `alone`, which saw the plain frame; `truth` is labels, writers."""
    labels, writers = truth
    first, second = (reader.probabilities[title].argmax(axis=1) == labels for reader in (a, b))
    pooled = pool_digits(a.probabilities[title], b.probabilities[title], mean, 0.5)
    voted = pooled.argmax(axis=1) == labels
    better = first if first.sum() >= second.sum() else second
    if alone is not None:
        better = alone.probabilities[title].argmax(axis=1) == labels
    gained, lost = int((voted & ~better).sum()), int((~voted & better).sum())
    one, single = a is b or alone is not None, a is b
    return Duel(
        kind,
        a.name if one else f"{a.name} + {b.name}",
        title,
        a.parameters if one else a.parameters + b.parameters,
        a.operations if single else a.operations + b.operations,
        100 * float(voted.mean()),
        100 * float(better.mean()),
        int((first & second).sum()),
        int((~first & second).sum()),
        int((first & ~second).sum()),
        int((~first & ~second).sum()),
        gained,
        lost,
        mcnemar(gained, lost) if writers is None else permutation_test(voted.astype(int) - better, writers),
    )


def _spread(duels: Sequence[Duel]) -> str:
    accuracies = [duel.accuracy for duel in duels]
    deviation = f" ± {np.std(accuracies, ddof=1):.3f}" if len(accuracies) > 1 else ""
    return f"{np.mean(accuracies):.3f}{deviation}"


def _drawn_sets(validation: dict[str, FrameSet]) -> list[FrameSet]:
    return [s for name, s in validation.items() if name != "mnist"]


def _both_sets(logits: dict[str, np.ndarray], temperature: float) -> dict[str, np.ndarray]:
    votes = {title: softmax(values / temperature) for title, values in logits.items()}
    return {MNIST: votes["mnist"], DRAWINGS: np.concatenate([v for title, v in votes.items() if title != "mnist"])}


if __name__ == "__main__":
    sys.exit(main())
