"""Train the two networks: `python -m training.train [--model compact|deep|all] [--seed N]`.

Every run lives in `DIGIT_RUN_DIR` (default `~/.cache/digit-reader`), outside the work tree. It writes its whole state
after each epoch; the same command with the same data and code goes on from there, and any other is another run. The
checkpoint that reads the validation writers best, with averaged weights, is exported to `models/`.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path

from digit_core.command.options import tell_errors, to_count
from digit_core.loading import WEIGHTS_NAME
from digit_core.models.manifest import MODELS_DIR, NETWORKS
from digit_core.types import Model
from training import run
from training.data.frame_kinds import training_kinds, validation_sets
from training.errors import DataError
from training.recipe import BATCH, DECAY, EPOCHS, INGREDIENTS, MOMENTUM, PATIENCE, RATE, STEADY_MOMENTUM, Recipe
from training.weights import read_network, weights_of


@tell_errors(stopped="stopped; the same command goes on after the last finished epoch")
def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    options = _parse(arguments)
    _train(options)
    return 0


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    """Return what the command line asks for; end the program where it contradicts itself."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if not 0 < options.rate < 1:
        parser.error(f"the learning rate must lie between 0 and 1, not {options.rate}")
    if not 0.1 <= options.width <= 10:
        parser.error(f"the width must lie between 0.1 and 10, not {options.width}")
    if options.width != 1.0 and (options.export or options.start):
        parser.error("another width goes with --no-export and fresh weights: the app's networks have width 1")
    if options.only_marks and not options.start:
        parser.error("--only-marks goes with --start FOLDER: all but that output stays as it is there")
    if options.only_marks and (options.only_extra or "signs" in options.without):
        parser.error("--only-marks learns from signs: it goes neither with --only-extra nor with --without signs")
    if options.only_extra and not options.extra:
        parser.error("--only-extra goes with --extra FOLDER")
    return options


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training.train", description="Train the digit readers.")
    parser.add_argument("--model", choices=(*NETWORKS, "all"), default="all")
    parser.add_argument("--seed", type=int, default=1, help="a run's chance: weights, order, distortion (default 1)")
    parser.add_argument("--epochs", type=to_count, default=EPOCHS, help=f"default {EPOCHS}")
    parser.add_argument("--batch", type=to_count, default=BATCH, help=f"frames in one step (default {BATCH})")
    parser.add_argument("--rate", type=float, default=RATE, help=f"peak learning rate (default {RATE})")
    parser.add_argument("--decay", type=float, default=DECAY, help=f"weight decay (default {DECAY})")
    parser.add_argument("--steady", action="store_true", help="keep the rate, and average weights over longer")
    parser.add_argument(
        "--patience",
        type=to_count,
        default=PATIENCE,
        help=f"stop after so many epochs without gain (default {PATIENCE})",
    )
    parser.add_argument(
        "--start", type=Path, help="begin with the weights in this folder, as models/, not with fresh ones"
    )
    parser.add_argument(
        "--only-marks", action="store_true", help="train the output that tells marks, and leave all else as it is"
    )
    parser.add_argument(
        "--teachers", type=Path, nargs="+", default=(), metavar="RUN", help="runs, or weights, to learn from as well"
    )
    parser.add_argument(
        "--without", choices=INGREDIENTS, nargs="+", default=(), help="leave frames out, to see what they give"
    )
    parser.add_argument(
        "--width", type=float, default=1.0, help="times the filters, to see what size gives; only 1 is exported"
    )
    parser.add_argument("--bfloat16", action="store_true", help="compute with fewer digits: faster on some processors")
    parser.add_argument("--mnist", type=Path, help="mnist.npz; default: DIGIT_DATA_DIR, then Keras' own download")
    parser.add_argument("--extra", type=Path, help="a folder of your own pictures with a subfolder for each digit")
    parser.add_argument("--only-extra", action="store_true", help="learn from your own pictures alone")
    parser.add_argument(
        "--export", action=argparse.BooleanOptionalAction, default=True, help="write the result to models/"
    )
    return parser


def _train(options: argparse.Namespace) -> None:
    """Train each network that is asked for, and export it.

    Raises:
        DigitError: data, weights to begin with or a run are missing or damaged.
    """
    teachers = [read_network(teacher)[2] for teacher in options.teachers]
    taught_by = "".join(_fingerprint(weights_of(teacher)) for teacher in options.teachers)
    for name in NETWORKS if options.model == "all" else (options.model,):
        start = _start(options.start, name) if options.start else None
        recipe = _recipe(name, options, _fingerprint(start) if start else "", taught_by)
        training = training_kinds(options.mnist, options.extra, recipe)
        validation = validation_sets(options.mnist, recipe, options.extra)
        folder = run.train(recipe, training, validation, start, teachers)
        if options.export:
            run.export(folder, name, start)
        print(f"{name}: {folder}" + (f", exported to {MODELS_DIR / name}" if options.export else ""))


def _recipe(name: Model, options: argparse.Namespace, start: str, teachers: str) -> Recipe:
    """Return the recipe of one network; `start` and `teachers` are fingerprints of weights."""
    recipe = Recipe(
        name,
        seed=options.seed,
        epochs=options.epochs,
        batch=options.batch,
        rate=options.rate,
        decay=options.decay,
        patience=options.patience,
        bfloat16=options.bfloat16,
        start=start,
        teachers=teachers,
        only_marks=options.only_marks,
        width=options.width,
        steady=options.steady,
        momentum=(STEADY_MOMENTUM if options.steady else MOMENTUM) ** (options.batch / BATCH),
    ).without(options.without)
    return recipe.only_extra() if options.only_extra else recipe


def _start(folder: Path, name: Model) -> Path:
    """Return the weights of network `name` in a folder like `models/`.

    Raises:
        DataError: there are none.
    """
    path = folder / name / WEIGHTS_NAME
    if not path.is_file():
        raise DataError(f"There are no weights to begin with: {path} does not exist.")
    return path


def _fingerprint(weights: Path) -> str:
    return hashlib.sha256(weights.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
