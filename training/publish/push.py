"""Publish the networks: `python -m training.push --repo-prefix USER/NAME [--private] [--dry-run]`.

Each network goes into a model repo of its own, USER/NAME-compact, -deep and -finder, in one commit: card, weights,
the unpacked archive (which `keras.saving.load_model("hf://USER/NAME-compact")` wants), metrics and history. The commit
is read back and compared byte for byte. Only then is `models/manifest.json` rewritten, so that the app pulls exactly
these revisions; whatever fails before leaves it as it was.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import tempfile
import zipfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import cast

from huggingface_hub import HfApi, get_token, snapshot_download

from digit_core.command.options import tell_errors
from digit_core.hub import hub_sentence, status_of, use_plain_http
from digit_core.loading import ONNX_NAME, WEIGHTS_NAME, load_keras_runtime, load_onnx_runtime, sha256_of
from digit_core.models.manifest import (
    HISTORY_NAME,
    MANIFEST_NAME,
    METRICS_NAME,
    MODELS_DIR,
    Manifest,
    NetworkEntry,
    read_manifest,
    write_manifest,
)
from digit_core.types import Network
from training.errors import PushError
from training.publish.cards.base import Card
from training.publish.cards.files import read_card, write_card

TRUSTED_VARIABLE = "HF_OIDC_RESOURCE"  # the client's own: the repo that a workflow is a trusted publisher of
TOKEN_ADVICE = "Make one that may write at https://huggingface.co/settings/tokens, then: hf auth login"


def gather(name: str, entry: NetworkEntry, repo: str, models_dir: Path, folder: Path) -> Card:
    """Lay out in `folder` what goes into a network's repo; return its card.

    Raises:
        WeightsError: the weights, or their ONNX file, are not the ones that the manifest vouches for.
        DataError: figures are missing.
    """
    source = models_dir / name
    network = cast("Network", name)
    load_keras_runtime(network, source / WEIGHTS_NAME, entry)
    card = read_card(models_dir, name, entry, repo)
    write_card(card, folder)
    files = [WEIGHTS_NAME, METRICS_NAME, HISTORY_NAME]
    if entry.onnx_sha256:
        load_onnx_runtime(network, source / ONNX_NAME, source / WEIGHTS_NAME, entry)
        files.append(ONNX_NAME)
    for file in files:
        shutil.copyfile(source / file, folder / file)
    with zipfile.ZipFile(folder / WEIGHTS_NAME) as archive:
        archive.extractall(folder)
    return card


@dataclass(frozen=True, slots=True)
class PushedRevision:
    """What a push made of a repo.

    Attributes:
        revision: the commit, 40 hexadecimal digits.
        private: whether only its owner may read it.
    """

    revision: str
    private: bool


def send(api: HfApi, repo: str, folder: Path, private: bool) -> PushedRevision:
    """Commit a folder to a model repo, made if need be.

    Files of an earlier push that are no longer in the folder are deleted. An unchanged folder makes no new commit.

    Raises:
        PushError: the Hub refused, broke off, or was not reached.
    """
    try:
        if not api.repo_exists(repo):  # a token for one repo alone, a trusted publisher's, may not make any
            api.create_repo(repo, private=private or None, exist_ok=True)
        is_private = bool(api.repo_info(repo).private)
        if private and not is_private:
            raise PushError(f"{repo} exists and is public: make it private on its page, or push without --private.")
        commit = api.upload_folder(
            repo_id=repo, folder_path=folder, commit_message="Publish network, card and figures", delete_patterns="*"
        )
    except PushError:
        raise
    except Exception as error:  # the client raises its own, its HTTP library's and the system's
        raise PushError(refusal(error, repo)) from error
    return PushedRevision(commit.oid, is_private)


def read_back(api: HfApi, repo: str, revision: str, folder: Path) -> None:
    """Download a revision and compare every file's sha256 with the folder that was sent.

    Raises:
        PushError: a file differs, is missing, or could not be read.
    """
    with tempfile.TemporaryDirectory() as back:
        try:
            snapshot_download(repo, revision=revision, local_dir=back, endpoint=api.endpoint, token=api.token)
            different = [f.name for f in sorted(folder.iterdir()) if sha256_of(f) != sha256_of(Path(back, f.name))]
        except Exception as error:
            raise PushError(f"{repo} was written but could not be read back: {refusal(error, repo)}") from error
    if different:
        raise PushError(
            f"{repo} at {revision} does not hold what was sent: {', '.join(different)} came back different."
        )


def push(prefix: str, models_dir: Path = MODELS_DIR, private: bool = False, dry_run: bool = False) -> Manifest:
    """Publish the manifest's networks and pin their revisions in it.

    Args:
        prefix: USER/NAME; the repos are called USER/NAME-compact, USER/NAME-deep and so on.
        models_dir: holds the manifest, the weights and their figures.
        private: whether new repos are private.
        dry_run: only list what would be sent; neither a token nor the Hub is needed.

    Returns:
        The manifest as it now stands.

    Raises:
        DigitError: something is missing, refused or damaged; the manifest is unchanged then.
    """
    manifest = read_manifest(models_dir / MANIFEST_NAME)
    repos = {name: repo_id(f"{prefix}-{name}") for name in manifest.networks}
    with tempfile.TemporaryDirectory() as temporary:
        folders = {name: Path(temporary, name) for name in repos}
        cards: dict[str, Card] = {}
        for name, folder in folders.items():
            folder.mkdir()
            cards[name] = gather(name, manifest.networks[name], repos[name], models_dir, folder)
            list_files(repos[name], folder)
        if dry_run:
            return manifest
        api = sign_in()
        entries: dict[str, NetworkEntry] = {}
        for name, folder in folders.items():
            sent = send(api, repos[name], folder, private)
            read_back(api, repos[name], sent.revision, folder)
            print(f"{repos[name]} at {sent.revision}: read back, every byte the same", flush=True)
            entries[name] = replace(manifest.networks[name], repo=repos[name], **asdict(sent))
    pinned = replace(manifest, networks=manifest.networks | entries)
    write_manifest(pinned, models_dir / MANIFEST_NAME)
    for name, card in cards.items():
        write_card(card, models_dir / name)
    return pinned


def sign_in() -> HfApi:
    """Return a client whose token the Hub knows.

    Raises:
        PushError: there is no token, or the Hub does not know it or was not reached.
    """
    try:
        token = get_token()
        if not token:
            raise PushError(f"There is no token for the Hub. {TOKEN_ADVICE}")
        use_plain_http()
        api = HfApi(token=token)
        if trusted := os.environ.get(TRUSTED_VARIABLE):
            print(f"trusted to write to {trusted}", flush=True)  # such a token belongs to no account that has a name
        else:
            print(f"signed in as {api.whoami()['name']}", flush=True)
    except PushError:
        raise
    except Exception as error:
        raise PushError(refusal(error, "the account")) from error
    return api


def repo_id(repo: str) -> str:
    """Check that a name is USER/NAME.

    Raises:
        PushError: it is not.
    """
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", repo):
        raise PushError("The name must look like USER/NAME, of letters, digits, dots, dashes and underscores.")
    return repo


def list_files(repo: str, folder: Path) -> None:
    """Print what goes into a repo."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    print(f"{repo}: {len(files)} files, {sum(file.stat().st_size for file in files):,} bytes")
    for file in files:
        print(f"  {file.stat().st_size:>10,}  {file.relative_to(folder).as_posix()}")


def refusal(error: Exception, repo: str) -> str:
    """Put into words why the Hub did not take or give something, and what to do."""
    sentence = hub_sentence(error, repo, token="the token", writing=True)
    advice = {None: f"Run the same command for {repo} again.", 401: TOKEN_ADVICE, 403: TOKEN_ADVICE, 404: TOKEN_ADVICE}
    return f"{sentence[0].upper()}{sentence[1:]}. {advice.get(status_of(error), '')}".strip()


@tell_errors(stopped="stopped; the manifest is unchanged, and the same command starts again")
def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m training.push", description="Publish the networks on the Hub.")
    parser.add_argument("--repo-prefix", required=True, metavar="USER/NAME", help="repos: USER/NAME-compact and so on")
    parser.add_argument("--private", action="store_true", help="make new repos private")
    parser.add_argument("--dry-run", action="store_true", help="only list what would be sent")
    parser.add_argument(
        "--models", type=Path, default=MODELS_DIR, help="the folder of manifest.json and the networks' folders"
    )
    options = parser.parse_args(arguments)
    push(options.repo_prefix, options.models, options.private, options.dry_run)
    if options.dry_run:
        print("Nothing was sent.")
    else:
        print(f"{options.models / 'manifest.json'} now pins these revisions: commit models/ and deploy the app.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
