"""What everybody who asks the Hub needs: plain HTTP, a deadline, and the errors of its client in words.

The Hub's client raises errors of its own, of its HTTP library and of the system, so callers catch `Exception` at this
one border. What such an error says may hold paths and addresses, and is not passed on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

Answer = TypeVar("Answer")

TROUBLES = {  # what an error of this name or status, or one derived from it, means to somebody who reads from the Hub
    "GatedRepoError": "{repo} is gated, and {token} does not open it",
    "RepositoryNotFoundError": "{repo} does not exist, or it is private and {token} does not open it",
    "RevisionNotFoundError": "{repo} has no revision {revision}",
    "LocalEntryNotFoundError": "the Hub could not be reached",
    "RemoteEntryNotFoundError": "{repo} has no such file at revision {revision}",
    "OfflineModeIsEnabled": "HF_HUB_OFFLINE forbids asking the Hub",
    "OIDCError": "the Hub's trusted publisher gave no token: the workflow needs `id-token: write` and an entry for it",
    "401": "the Hub does not know {token}",
    "403": "{token} may not read {repo}",
    "HfHubHTTPError": "the Hub answered with status {status}",
    "DeadlineError": "the Hub did not deliver within {error} seconds",
    "TimeoutException": "the Hub did not answer in time",
    "ConnectError": "the Hub could not be reached",
    "TransportError": "the Hub broke off its answer",
    "DigitError": "{error}",
    "OSError": "what came from the Hub could not be kept ({reason})",
    "Exception": "the Hub's client failed ({kind})",
}
WRITE_TROUBLES = TROUBLES | {  # and to somebody who writes to it
    "GatedRepoError": "{token} may not write to {repo}: it takes one of its owner's that may write",
    "RepositoryNotFoundError": "{token} may not write to {repo}: it takes one of its owner's that may write",
    "401": "the Hub does not know this token",
    "402": "the Hub wants a paid plan for {repo}: see https://huggingface.co/pricing",
    "403": "{token} may not write to {repo}: it takes one of its owner's that may write",
    "busy": "the Hub answered with status {status} for {repo}; try again later",
    "HfHubHTTPError": "the Hub refused {repo} with status {status}: {said}",
    "OSError": "the connection to the Hub broke ({reason})",
}


def use_plain_http() -> None:
    """Let the Hub's client transfer files by plain HTTP, as the tests' Hub does: enough for files of a megabyte.

    Its other way, Xet, takes large files apart and would go where no test looks. To be called before files are
    transferred; the client reads its environment only when it is imported.
    """
    from huggingface_hub import constants  # imported only here: a start without the Hub is a third quicker

    constants.HF_HUB_DISABLE_XET = True


class DeadlineError(TimeoutError):
    """A task of `run_with_deadline` that was not done in time; `str(error)` is the number of seconds."""


def run_with_deadline(seconds: float, *tasks: Callable[[], Answer]) -> list[Answer | Exception]:
    """Run tasks at the same time, and wait for all of them together no longer than `seconds`.

    Their threads are daemons: one that hangs is left behind and does not hold up the process's exit.

    Returns:
        What each task returned or raised, in their order; a `DeadlineError` for one that is not done yet.
    """
    outcomes: list[Answer | Exception] = [DeadlineError(f"{seconds:g}") for _ in tasks]

    def run(index: int, task: Callable[[], Answer]) -> None:
        try:
            outcome: Answer | Exception = task()
        except Exception as error:  # noqa: BLE001 - see the module
            outcome = error
        outcomes[index] = outcome

    threads = [threading.Thread(target=run, args=item, daemon=True) for item in enumerate(tasks)]
    deadline = time.monotonic() + seconds
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return list(outcomes)  # a late task must not change what the caller has seen


def hub_sentence(
    error: Exception, repo: str, revision: str | None = None, token: str = "HF_TOKEN", writing: bool = False
) -> str:
    """Put into words why the Hub gave or took nothing.

    Args:
        error: what the client, its HTTP library or the system raised.
        repo: whom it was asked about, as OWNER/NAME.
        revision: at which commit.
        token: what to call the token that was sent.
        writing: whether something was to be written, not read.

    Returns:
        The middle of a sentence, without its first capital and its full stop.
    """
    troubles = WRITE_TROUBLES if writing else TROUBLES
    known = next(name for name in _names(error) if name in troubles)
    return troubles[known].format(
        repo=repo,
        revision=revision,
        token=token,
        status=status_of(error) or "unknown",
        said=getattr(error, "server_message", None) or "it gives no reason",
        reason=getattr(error, "strerror", None) or type(error).__name__,
        kind=type(error).__name__,
        error=str(error).rstrip("."),
    )


def status_of(error: Exception) -> int | None:
    """The HTTP status that the Hub answered with, None where it gave no answer."""
    response: Any = getattr(error, "response", None)
    return getattr(response, "status_code", None)


def _names(error: Exception) -> Iterator[str]:
    """What an error goes by, from its own name to the most general, with its status before the client's own kind."""
    status = status_of(error)
    for kind in type(error).__mro__:
        if kind.__name__ == "HfHubHTTPError" and status:
            yield str(status)
            if status == 429 or status >= 500:
                yield "busy"
        yield kind.__name__
