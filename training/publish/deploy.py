"""Send the app to a Space: `python -m training.deploy --space USER/NAME [--private] [--dry-run]`.

What goes is `APP_PARTS`, without what Python and Gradio write beside them. The Space's README gets up to three lines
more than ours: the address of its own moving picture, which is shown where the Space is shared; and from the manifest
which model repos the app uses, and which of their files the Space's build fetches beforehand, so that a start needs no
Hub. Files that an earlier deployment sent and this one does not are deleted.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import tempfile
from pathlib import Path

from huggingface_hub import HfApi, constants

from digit_core.errors import DigitError
from digit_core.loading import WEIGHTS_NAME, check_bytes
from digit_core.models.manifest import NETWORKS, Manifest, read_manifest
from training.errors import PushError
from training.publish.push import list_files, refusal, repo_id, signed_in

ROOT = Path(__file__).resolve().parents[2]
APP_PARTS = ("app.py", "digit_core", "ui", "models", "requirements.txt", "README.md", "LICENSE")  # as in the Dockerfile
THUMBNAIL = "ui/page.gif"  # shown where somebody shares the Space's address
LEFT_OUT = ("__pycache__", "*.pyc", "*.pyi", ".*")


def lay_out(folder: Path, space: str, root: Path = ROOT) -> None:
    """Copy what a Space gets into an empty or new folder.

    Args:
        folder: where to.
        space: USER/NAME, for the README.
        root: the project's folder.

    Raises:
        WeightsError: the manifest or the bundled weights are damaged: such an app is better not sent.
        PushError: a part is missing.
    """
    manifest = read_manifest(root / "models" / "manifest.json")
    for name in NETWORKS:
        check_bytes(name, root / "models" / name / WEIGHTS_NAME, manifest.networks[name])
    copy_app(folder, root)
    readme = folder / "README.md"
    text = with_thumbnail(with_models(readme.read_text(encoding="utf-8"), manifest), space)
    readme.write_text(text, encoding="utf-8")


def copy_app(folder: Path, root: Path = ROOT) -> None:
    """Copy the app's parts as they are.

    Raises:
        PushError: a part is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for part in APP_PARTS:
        source = root / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns(*LEFT_OUT))
        elif source.is_file():
            shutil.copyfile(source, folder / part)
        else:
            raise PushError(f"{source} is missing; the app cannot be sent without it.")


def with_models(readme: str, manifest: Manifest) -> str:
    """Name the manifest's repos and pinned files in a README's front matter; nothing changes where it names none.

    Raises:
        PushError: the README has no front matter, without which a Space does not know how to start it.
    """
    front, body = _front_and_body(readme)
    pinned = [entry for entry in manifest.networks.values() if entry.repo and entry.revision]
    if not pinned:
        return readme
    models = json.dumps([entry.repo for entry in pinned])
    preloaded = json.dumps([f"{entry.repo} {WEIGHTS_NAME} {entry.revision}" for entry in pinned])
    return f"---\n{front}models: {models}\npreload_from_hub: {preloaded}\n---\n{body}"


def with_thumbnail(readme: str, space: str) -> str:
    """Name the Space's own picture in a README's front matter; one that is named there already stays.

    Raises:
        PushError: the README has no front matter.
    """
    front, body = _front_and_body(readme)
    if re.search(r"^thumbnail:", front, re.MULTILINE):
        return readme
    address = f"{constants.ENDPOINT}/spaces/{space}/resolve/main/{THUMBNAIL}"
    return f"---\n{front}thumbnail: {address}\n---\n{body}"


def deploy(space: str, private: bool = False, dry_run: bool = False, root: Path = ROOT) -> None:
    """Send the app to a Space, made if need be, in one commit.

    Args:
        space: USER/NAME.
        private: whether a new Space is private.
        dry_run: only list what would be sent; neither a token nor the Hub is needed.
        root: the project's folder.

    Raises:
        DigitError: something is missing, refused or damaged.
    """
    repo_id(space)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        lay_out(folder, space, root)
        list_files(space, folder)
        if not dry_run:
            _send(signed_in(), space, folder, private)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m training.deploy", description="Send the app to a Space.")
    parser.add_argument("--space", required=True, metavar="USER/NAME")
    parser.add_argument("--private", action="store_true", help="make a new Space private")
    parser.add_argument("--dry-run", action="store_true", help="only list what would be sent")
    options = parser.parse_args(arguments)
    try:
        deploy(options.space, options.private, options.dry_run)
    except DigitError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; the Space is as it was, or as it is now to be", file=sys.stderr)
        return 130
    print("Nothing was sent." if options.dry_run else f"The Space {options.space} builds now.")
    return 0


def _front_and_body(readme: str) -> tuple[str, str]:
    opening, front, body = (*readme.split("---\n", 2), "", "")[:3]
    if opening or not body:
        raise PushError("README.md must begin with the Space's front matter, between two lines of three dashes.")
    return front, body


def _send(api: HfApi, space: str, folder: Path, private: bool) -> None:
    try:
        api.create_repo(space, repo_type="space", space_sdk="gradio", private=private or None, exist_ok=True)
        api.upload_folder(
            repo_id=space, repo_type="space", folder_path=folder, commit_message="Deploy the app", delete_patterns="*"
        )
    except Exception as error:  # the client raises its own, its HTTP library's and the system's
        raise PushError(refusal(error, space)) from error


if __name__ == "__main__":
    sys.exit(main())
