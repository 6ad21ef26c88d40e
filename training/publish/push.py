"""Publish the networks: `python -m training.push --repo-prefix USER/NAME [--private] [--dry-run]`.

Each network goes into a model repo of its own, USER/NAME-compact and USER/NAME-deep, in one commit: card, weights,
the unpacked archive (which `keras.saving.load_model("hf://USER/NAME-compact")` wants), metrics and history. The commit
is read back and compared byte for byte. Only then is `models/manifest.json` rewritten, so that the app pulls exactly
these revisions; whatever fails before leaves it as it was.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

from huggingface_hub import HfApi, constants, get_token, snapshot_download
from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError

from digit_core.errors import DigitError
from digit_core.loading import WEIGHTS_NAME, sha256_of, sound_network
from digit_core.models.manifest import MODELS_DIR, NETWORKS, Manifest, NetworkEntry, read_manifest, write_manifest
from digit_core.types import Model
from training.errors import PushError
from training.publish.card import HISTORY_NAME, METRICS_NAME, read_card, write_card

constants.HF_HUB_DISABLE_XET = True  # plain LFS: what the tests push through is what a person pushes through

TOKEN_ADVICE = "Make one that may write at https://huggingface.co/settings/tokens, then: hf auth login"


def gather(name: Model, entry: NetworkEntry, repo: str, models_dir: Path, folder: Path) -> None:
    """Lay out in `folder` what goes into a network's repo.

    Raises:
        WeightsError: the weights are not the ones that the manifest vouches for.
        DataError: figures are missing.
    """
    source = models_dir / name
    sound_network(name, source / WEIGHTS_NAME, entry)
    write_card(read_card(models_dir, name, entry, repo), folder)
    for file in (WEIGHTS_NAME, METRICS_NAME, HISTORY_NAME):
        shutil.copyfile(source / file, folder / file)
    with zipfile.ZipFile(folder / WEIGHTS_NAME) as archive:
        archive.extractall(folder)


def send(api: HfApi, repo: str, folder: Path, private: bool) -> str:
    """Commit a folder to a model repo, made if need be, and return the revision.

    Files of an earlier push that are no longer in the folder are deleted. An unchanged folder makes no new commit.

    Raises:
        PushError: the Hub refused, broke off, or was not reached.
    """
    try:
        api.create_repo(repo, private=private or None, exist_ok=True)
        if private and not api.repo_info(repo).private:
            raise PushError(f"{repo} exists and is public: make it private on its page, or push without --private.")
        commit = api.upload_folder(
            repo_id=repo, folder_path=folder, commit_message="Publish network, card and figures", delete_patterns="*"
        )
    except PushError:
        raise
    except Exception as error:  # the client raises its own, its HTTP library's and the system's
        raise PushError(refusal(error, repo)) from error
    return commit.oid


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
    """Publish both networks and pin their revisions in the manifest.

    Args:
        prefix: USER/NAME; the repos are called USER/NAME-compact and USER/NAME-deep.
        models_dir: holds the manifest, the weights and their figures.
        private: whether new repos are private.
        dry_run: only list what would be sent; neither a token nor the Hub is needed.

    Returns:
        The manifest as it now stands.

    Raises:
        DigitError: something is missing, refused or damaged; the manifest is unchanged then.
    """
    manifest = read_manifest(models_dir / "manifest.json")
    repos = {name: repo_id(f"{prefix}-{name}") for name in NETWORKS}
    with tempfile.TemporaryDirectory() as temporary:
        folders = {name: Path(temporary, name) for name in NETWORKS}
        for name, folder in folders.items():
            folder.mkdir()
            gather(name, manifest.networks[name], repos[name], models_dir, folder)
            list_files(repos[name], folder)
        if dry_run:
            return manifest
        api = signed_in()
        revisions = {}
        for name, folder in folders.items():
            revisions[name] = send(api, repos[name], folder, private)
            read_back(api, repos[name], revisions[name], folder)
            print(f"{repos[name]} at {revisions[name]}: read back, every byte the same", flush=True)
    entries: dict[str, NetworkEntry] = {
        name: replace(manifest.networks[name], repo=repos[name], revision=revisions[name]) for name in NETWORKS
    }
    pinned = replace(manifest, networks=entries)
    write_manifest(pinned, models_dir / "manifest.json")
    for name in NETWORKS:
        write_card(read_card(models_dir, name, entries[name], repos[name]), models_dir / name)
    return pinned


def signed_in() -> HfApi:
    """Return a client whose token the Hub knows.

    Raises:
        PushError: there is no token, or the Hub does not know it or was not reached.
    """
    token = get_token()
    if not token:
        raise PushError(f"There is no token for the Hub. {TOKEN_ADVICE}")
    api = HfApi(token=token)
    try:
        print(f"signed in as {api.whoami()['name']}", flush=True)
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
    """Put into words why the Hub did not take or give something."""
    status = error.response.status_code if isinstance(error, HfHubHTTPError) else None
    if status == 401 and not isinstance(error, RepositoryNotFoundError):
        return f"The Hub does not know this token. {TOKEN_ADVICE}"
    if status in (401, 403, 404):
        return f"The token may not write to {repo}: it takes its owner's, and one that may write. {TOKEN_ADVICE}"
    if status == 402:
        return f"The Hub wants a paid plan for {repo}: see https://huggingface.co/pricing"
    if status and (status == 429 or status >= 500):
        return f"The Hub answered with status {status} for {repo}; try again later."
    if isinstance(error, HfHubHTTPError):
        return f"The Hub refused {repo} with status {status}: {error.server_message or 'it gives no reason'}"
    detail = str(error).splitlines()[0] if str(error) else type(error).__name__
    return f"The Hub could not be reached, or broke off, for {repo} ({detail}); run the same command again."


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m training.push", description="Publish the networks on the Hub.")
    parser.add_argument("--repo-prefix", required=True, metavar="USER/NAME", help="repos: USER/NAME-compact and -deep")
    parser.add_argument("--private", action="store_true", help="make new repos private")
    parser.add_argument("--dry-run", action="store_true", help="only list what would be sent")
    parser.add_argument(
        "--models", type=Path, default=MODELS_DIR, help="the folder of manifest.json, compact/ and deep/"
    )
    options = parser.parse_args(arguments)
    try:
        push(options.repo_prefix, options.models, options.private, options.dry_run)
    except DigitError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; the manifest is unchanged, and the same command starts again", file=sys.stderr)
        return 130
    if options.dry_run:
        print("Nothing was sent.")
    else:
        print(f"{options.models / 'manifest.json'} now pins these revisions: commit models/ and deploy the app.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
