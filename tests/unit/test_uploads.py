"""What visitors upload is gone two hours later, whatever became of the upload and of the app."""

import os
import stat

import pytest

from tests.support.waiting import wait_until
from ui.server.uploads import (
    KEPT_SECONDS,
    NEW_FOLDER_SECONDS,
    SWEEP_EVERY,
    UploadFolderError,
    claim_folder,
    sweep,
    sweep_regularly,
)


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "temporary"))
    return tmp_path


def put(folder, name, content=b"x", age=0.0):
    """A file that came so many seconds ago."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    came = file.stat().st_mtime - age
    os.utime(file, (came, came))
    return file


def test_old_files_go_and_new_ones_stay(tmp_path):
    old = put(tmp_path, "life/ab12/photo.png", age=KEPT_SECONDS + 10)
    new = put(tmp_path, "life/cd34/photo.png", age=KEPT_SECONDS - 60)

    assert sweep(tmp_path) == 1

    assert not old.exists()
    assert new.exists()


def test_empty_files_and_broken_off_uploads_go_as_well(tmp_path):
    put(tmp_path, "life/empty", b"", age=KEPT_SECONDS + 10)
    put(tmp_path, "life/tmpx8s7_part", b"half", age=KEPT_SECONDS + 10)

    sweep(tmp_path)

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_empty_folders_go_once_no_file_can_be_on_its_way_into_them(tmp_path):
    (tmp_path / "life" / "ab12").mkdir(parents=True)
    now = (tmp_path / "life").stat().st_mtime

    sweep(tmp_path, now=now + NEW_FOLDER_SECONDS / 2)
    assert (tmp_path / "life" / "ab12").exists()

    sweep(tmp_path, now=now + NEW_FOLDER_SECONDS + 1)
    assert not (tmp_path / "life" / "ab12").exists()


def test_the_page_promises_no_more_than_is_done():
    assert KEPT_SECONDS + SWEEP_EVERY < 2 * 3600


def test_a_link_is_deleted_and_not_followed(tmp_path):
    outside = put(tmp_path, "outside/kept.txt", age=KEPT_SECONDS + 10)
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "link").symlink_to(outside.parent)

    sweep(tmp_path / "root", now=outside.stat().st_mtime + 10 * KEPT_SECONDS)

    assert outside.exists()


def test_each_life_has_a_folder_of_its_own_that_nobody_else_reads(root):
    first = claim_folder()
    assert os.environ["GRADIO_TEMP_DIR"] == str(first)
    os.environ["GRADIO_TEMP_DIR"] = str(root / "temporary")
    second = claim_folder()

    assert first != second
    assert first.parent == second.parent
    assert stat.S_IMODE(first.stat().st_mode) == 0o700


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Where replicas are told to share uploads."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", "unset again in the end")
    monkeypatch.setenv("DIGIT_SHARED_UPLOADS", str(tmp_path / "shared"))
    return tmp_path / "shared"


def give_away(folder):
    """Make a folder one of another user; without the right to do so, one that only another user may write in."""
    try:
        os.chown(folder, 12345, 12345)
    except PermissionError:
        folder.chmod(0o500)


def test_replicas_share_a_folder_though_their_users_have_other_names(place, monkeypatch):
    folders = []
    for name in ("reader", "writer"):
        monkeypatch.setenv("LOGNAME", name)
        folders.append(claim_folder())

    assert folders[0] == folders[1]
    assert place in folders[0].parents
    assert os.environ["GRADIO_TEMP_DIR"] == str(folders[0])
    assert list(folders[0].iterdir()) == []


@pytest.mark.parametrize("inner", [".", "uploads"])
def test_a_folder_of_another_user_is_not_shared(place, inner):
    given = claim_folder().parent / inner
    give_away(given)

    with pytest.raises(UploadFolderError, match="same user, or name another folder in DIGIT_SHARED_UPLOADS"):
        claim_folder()


@pytest.mark.parametrize("variable", ["GRADIO_TEMP_DIR", "DIGIT_SHARED_UPLOADS"])
def test_a_place_where_no_folder_can_be_made_is_named_with_its_variable(place, monkeypatch, variable):
    monkeypatch.delenv("DIGIT_SHARED_UPLOADS")
    place.write_text("no folder")
    monkeypatch.setenv(variable, str(place))

    with pytest.raises(UploadFolderError, match=f"{place}.*: Not a directory. .* in {variable}"):
        claim_folder()


def test_a_user_without_a_name_has_a_folder_too(root, monkeypatch):
    def raise_as_windows_does():
        raise ImportError("no module named pwd")

    monkeypatch.setattr("getpass.getuser", raise_as_windows_does)

    assert claim_folder().is_dir()


def test_what_a_killed_life_left_is_swept_by_the_next_one(root):
    killed = claim_folder()
    left = put(killed, "ab12/photo.png", age=KEPT_SECONDS + 10)
    young = put(killed, "cd34/photo.png")
    os.environ["GRADIO_TEMP_DIR"] = str(root / "temporary")

    folder = claim_folder()
    with sweep_regularly(folder):
        wait_until(lambda: not left.exists())
        assert young.exists()


def test_the_empty_folder_of_another_life_stays_until_nobody_can_be_using_it(root):
    other = claim_folder()
    now = other.stat().st_mtime

    sweep(other.parent, now=now + KEPT_SECONDS - 60)
    assert other.exists()

    sweep(other.parent, now=now + KEPT_SECONDS + 10)
    assert not other.exists()


def test_a_life_shows_the_others_that_its_folder_is_in_use(root):
    folder = claim_folder()
    os.utime(folder, (0, 0))

    with sweep_regularly(folder):
        wait_until(lambda: folder.stat().st_mtime > 0)
        sweep(folder.parent)

        assert folder.exists()


def test_a_life_whose_folder_was_deleted_makes_it_again(root):
    folder = claim_folder()
    folder.rmdir()

    with sweep_regularly(folder):
        wait_until(folder.exists)


def test_a_life_that_ends_leaves_nothing(root):
    folder = claim_folder()

    with sweep_regularly(folder):
        put(folder, "ab12/photo.png")

    assert not folder.exists()
