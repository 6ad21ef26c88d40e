"""What the command lines have in common: who answers, numbers that are checked as they are typed, and how they end."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from digit_core.errors import DigitError
from digit_core.types import MEANS, MODELS

FAILED, STOPPED = 1, 130  # exit codes; argparse itself ends with 2, and a shell calls 130 what Ctrl-C has ended

Arguments = ParamSpec("Arguments")


def tell_errors(stopped: str | None = None) -> Callable[[Callable[Arguments, int]], Callable[Arguments, int]]:
    """Decorate a command, which returns its exit code, so that it ends with a sentence on stderr where it fails.

    Args:
        stopped: what is said where Ctrl-C ends the command; without it Python says so itself.
    """

    def decorate(command: Callable[Arguments, int]) -> Callable[Arguments, int]:
        @wraps(command)
        def run(*args: Arguments.args, **kwargs: Arguments.kwargs) -> int:
            try:
                return command(*args, **kwargs)
            except DigitError as error:
                print(error, file=sys.stderr)
                return FAILED
            except KeyboardInterrupt:
                if stopped is None:
                    raise
                print(stopped, file=sys.stderr)
                return STOPPED

        return run

    return decorate


def add_vote_options(parser: argparse.ArgumentParser) -> None:
    """Let a command line say who answers, from when on it is unsure, and whether each picture is one digit."""
    parser.add_argument("--model", choices=MODELS, help="who answers (default: the shipped vote)")
    parser.add_argument("--mean", choices=MEANS, help="how the ensemble pools its two networks")
    parser.add_argument("--weight", type=to_share, help="share of deep in the ensemble, 0 to 1")
    parser.add_argument("--threshold", type=to_share, help="confidence below which a digit is unsure, 0 to 1")
    parser.add_argument("--single", action="store_true", help="each picture is one digit")


def to_share(text: str) -> float:
    """Return a number in [0, 1].

    Raises:
        ArgumentTypeError: it is none.
    """
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0.0 <= share <= 1.0:
        raise argparse.ArgumentTypeError(f"{text!r} does not lie between 0 and 1")
    return share


def to_count(text: str) -> int:
    """Return a whole number of at least 1.

    Raises:
        ArgumentTypeError: it is none.
    """
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 up")
    return int(text)
