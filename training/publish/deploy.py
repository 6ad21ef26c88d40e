"""Send the app to a Space: `python -m training.deploy --space USER/NAME [--hardware KIND] [--mcp] [--private]`.

What goes is `APP_PARTS`, without what Python and Gradio write beside them. The Space's README gets a few lines more
than ours: the hardware that was named; a tag where it serves MCP tools; the address of its own moving picture, which is
shown where the Space is shared; and from the manifest which model repos the app uses, and which of their files the
Space's build fetches beforehand, so that a start needs no Hub. Files that an earlier deployment sent and this one does
not are deleted.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import HfApi, SpaceCard, SpaceHardware, constants

from digit_core.command.options import tell_errors
from digit_core.hub import status_of
from digit_core.loading import ONNX_NAME, WEIGHTS_NAME, check_bytes
from digit_core.models.manifest import MANIFEST_NAME, Manifest, NetworkEntry, read_manifest
from training.errors import PushError
from training.publish.push import list_files, refusal, repo_id, sign_in

ROOT = Path(__file__).resolve().parents[2]
APP_PARTS = ("app.py", "digit_core", "ui", "models", "requirements.txt", "README.md", "LICENSE")  # as in the Dockerfile
THUMBNAIL = "ui/page.gif"  # shown where somebody shares the Space's address
HARDWARE = tuple(kind.value for kind in SpaceHardware)
FREE_HARDWARE = SpaceHardware.ZERO_A10G.value  # the only one that a free account may make a Gradio Space on
FREE_PYTHON = "3.12.12"  # of the two versions that such a Space has, the other is too old for the app
HARDWARE_REFUSED = (402, 403)  # statuses by which the Hub may refuse hardware that an account does not pay for
MCP_VARIABLE, MCP_TAG = "GRADIO_MCP_SERVER", "mcp-server"  # Gradio's own switch, and what the Hub lists such Spaces by
MCP_REQUIREMENT = "mcp==1.30.0"  # what Gradio needs for it, as in requirements-dev.txt
LEFT_OUT = ("__pycache__", "*.pyc", "*.pyi", ".*")


@dataclass(frozen=True, slots=True)
class Space:
    """A Space, as somebody wants it.

    Attributes:
        name: USER/NAME.
        hardware: one of `HARDWARE`; None leaves a Space as it is, and makes a new one on the Hub's default.
        mcp: whether it offers the endpoints as MCP tools, too.
        private: whether a new one is private.
    """

    name: str
    hardware: str | None = None
    mcp: bool = False
    private: bool = False


def lay_out(folder: Path, space: Space, root: Path = ROOT) -> None:
    """Copy what a Space gets into an empty or new folder.

    Args:
        folder: where to.
        space: what is wanted of it.
        root: the project's folder.

    Raises:
        WeightsError: the manifest or the bundled weights are damaged: such an app is better not sent.
        PushError: a part is missing.
    """
    manifest = read_manifest(root / "models" / MANIFEST_NAME)
    for name, entry in manifest.networks.items():
        folder_of = root / "models" / name
        check_bytes(name, folder_of / WEIGHTS_NAME, entry.sha256)
        if entry.onnx_sha256:
            check_bytes(name, folder_of / ONNX_NAME, entry.onnx_sha256)
    copy_app(folder, root)
    readme = folder / "README.md"
    readme.write_text(space_readme(readme.read_text(encoding="utf-8"), manifest, space), encoding="utf-8")
    if space.mcp:
        with (folder / "requirements.txt").open("a", encoding="utf-8") as requirements:
            requirements.write(f"{MCP_REQUIREMENT}\n")


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


def space_readme(readme: str, manifest: Manifest, space: Space) -> str:
    """Add to a README's front matter what a Space needs.

    Args:
        readme: the project's README; a thumbnail that it names stays.
        manifest: names the repos of the networks, and their pinned commits. Without any, nothing is said of models.
        space: what is wanted of the Space.

    Raises:
        PushError: the README has no front matter, without which a Space does not know how to start it.
    """
    card = SpaceCard(readme)
    data = card.data
    if not data.get("sdk"):
        raise PushError("README.md must begin with the Space's front matter, between two lines of three dashes.")
    if "thumbnail" not in data:
        data["thumbnail"] = f"{constants.ENDPOINT}/spaces/{space.name}/resolve/main/{THUMBNAIL}"
    if space.hardware:
        data["suggested_hardware"] = space.hardware
    if space.hardware == FREE_HARDWARE:
        data["python_version"] = FREE_PYTHON
    if space.mcp:
        data["tags"] = [*(data.get("tags") or []), MCP_TAG]
    pinned = [entry for entry in manifest.networks.values() if entry.repo and entry.revision]
    if pinned:
        data["models"] = [entry.repo for entry in pinned]
    # A Space's build cannot fetch from private repos; the app's start does, with the secret HF_TOKEN.
    if public := [f"{entry.repo} {_files_of(entry)} {entry.revision}" for entry in pinned if not entry.private]:
        data["preload_from_hub"] = public
    return str(card)


def _files_of(entry: NetworkEntry) -> str:
    return f"{WEIGHTS_NAME},{ONNX_NAME}" if entry.onnx_sha256 else WEIGHTS_NAME


def deploy(space: Space, dry_run: bool = False, root: Path = ROOT) -> None:
    """Send the app to a Space, made if need be, in one commit.

    Args:
        space: what is wanted.
        dry_run: only list what would be sent; neither a token nor the Hub is needed.
        root: the project's folder.

    Raises:
        DigitError: something is missing, refused or damaged.
    """
    repo_id(space.name)
    if space.hardware not in (None, *HARDWARE):
        raise PushError(f"The hardware must be one of {', '.join(HARDWARE)}, not {space.hardware!r}.")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        lay_out(folder, space, root)
        list_files(space.name, folder)
        if not dry_run:
            _send(sign_in(), space, folder)


@tell_errors(stopped="stopped; the Space is as it was, or as it is now to be")
def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m training.deploy", description="Send the app to a Space.")
    parser.add_argument("--space", required=True, metavar="USER/NAME")
    parser.add_argument(
        "--hardware",
        metavar="KIND",
        help=f"what a new Space runs on, and an old one is moved to: {FREE_HARDWARE} without a paid plan, or one of "
        + ", ".join(kind for kind in HARDWARE if kind != FREE_HARDWARE),
    )
    parser.add_argument("--mcp", action="store_true", help="offer the endpoints as MCP tools, too")
    parser.add_argument("--private", action="store_true", help="make a new Space private")
    parser.add_argument("--dry-run", action="store_true", help="only list what would be sent")
    options = parser.parse_args(arguments)
    deploy(Space(options.space, options.hardware, options.mcp, options.private), options.dry_run)
    print("Nothing was sent." if options.dry_run else f"The Space {options.space} builds now.")
    return 0


def _send(api: HfApi, space: Space, folder: Path) -> None:
    name = space.name
    hardware = SpaceHardware(space.hardware) if space.hardware else None
    try:
        if not api.repo_exists(name, repo_type="space"):  # the token of a trusted publisher may not make any
            _create(api, space, hardware)
        elif hardware and api.get_space_runtime(name).requested_hardware != hardware:
            api.request_space_hardware(name, hardware)
        if space.mcp:
            api.add_space_variable(name, MCP_VARIABLE, "True")
        api.upload_folder(
            repo_id=name, repo_type="space", folder_path=folder, commit_message="Deploy the app", delete_patterns="*"
        )
    except PushError:
        raise
    except Exception as error:  # the client raises its own, its HTTP library's and the system's
        raise PushError(refusal(error, name)) from error


def _create(api: HfApi, space: Space, hardware: SpaceHardware | None) -> None:
    try:
        api.create_repo(
            space.name,
            repo_type="space",
            space_sdk="gradio",
            space_hardware=hardware,
            private=space.private or None,
            exist_ok=True,
        )
    except Exception as error:
        if status_of(error) not in HARDWARE_REFUSED:
            raise
        asked = f"on {space.hardware}" if space.hardware else "without a named hardware"
        raise PushError(
            f"{refusal(error, space.name)} Where the token is right, the account may not make a Space {asked}: "
            f"add --hardware {FREE_HARDWARE}, of which an account without a paid plan may have two once it is "
            "30 days old."
        ) from error


if __name__ == "__main__":
    sys.exit(main())
