"""The command line of the finder's training."""

from __future__ import annotations

import argparse
from pathlib import Path

from digit_core.command.options import tell_errors, to_count
from digit_core.models.manifest import MODELS_DIR
from training.data.sources import run_dir
from training.finder.export import export
from training.finder.recipe import FinderRecipe
from training.finder.run import SAVE_EVERY, train


@tell_errors(
    stopped=f"stopped; the same command goes on from the last saved state; one is saved every {SAVE_EVERY} steps"
)
def main(arguments: list[str] | None = None) -> int:
    """Train, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m training.finder", description="Train the finder.")
    parser.add_argument("--steps", type=to_count, default=24_000, help="all steps of the run (default 24000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=to_count, default=1, help="processes that compose pages (default 1)")
    parser.add_argument("--models", type=Path, default=MODELS_DIR, help="the folder to export to")
    parser.add_argument("--export", action="store_true", help="export the run as it stands, without training")
    parser.add_argument(
        "--mix", nargs=2, metavar=("FOLDER", "SHARE"), help="export the mean with an earlier copy of the run's folder"
    )
    parser.add_argument(
        "--despite-changes", action="store_true", help="go on with a run that was begun with other data or code"
    )
    options = parser.parse_args(arguments)
    earlier, share = (Path(options.mix[0]), _share(options.mix[1], parser)) if options.mix else (None, 0.0)
    recipe = FinderRecipe(options.seed)
    folder = run_dir() / f"finder-{options.seed}"
    if not options.export:
        train(recipe, options.steps, folder, options.workers, options.despite_changes)
    export(folder, options.models, earlier, share)
    print(f"averaged weights in {options.models / 'finder'}")
    return 0


def _share(text: str, parser: argparse.ArgumentParser) -> float:
    """Return a share that weights have in a mean; end the program where it is none."""
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0 < share < 1:
        parser.error(f"the share of the earlier weights must lie between 0 and 1, not {text}")
    return share
