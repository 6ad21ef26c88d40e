"""What components tell each other stands in one table, and the scripts do what it says."""

import re
from pathlib import Path

import pytest

from ui.components.events import EVENTS, PAGE, SERVER, send_on_failure

COMPONENTS = Path(__file__).parents[2] / "ui" / "components"
FOLDERS = sorted(folder.name for folder in COMPONENTS.iterdir() if (folder / "template.html").exists())


def scripts_of(folder):
    return "\n".join(script.read_text(encoding="utf-8") for script in sorted((COMPONENTS / folder).glob("*.js")))


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_component_sends_and_hears_exactly_what_the_table_says(folder):
    script = scripts_of(folder)

    sent = set(re.findall(r'\bsend\("([\w-]+)"', script))
    heard = set(re.findall(r'\blisten\("([\w-]+)"', script))

    assert sent == {event.name for event in EVENTS if event.sender == folder}
    assert heard == {event.name for event in EVENTS if folder in event.listeners}


@pytest.mark.parametrize("folder", FOLDERS)
def test_components_talk_inside_their_tab_and_never_ask_which_one_it_is(folder):
    script = scripts_of(folder)

    assert "CustomEvent" not in script
    assert not re.search(r"props\.name\s*[!=]==", script)


def test_every_event_has_a_name_of_its_own_and_people_at_both_ends():
    assert len({event.name for event in EVENTS}) == len(EVENTS)
    for event in EVENTS:
        assert event.sender in {*FOLDERS, SERVER, PAGE}
        assert event.listeners
        assert set(event.listeners) <= set(FOLDERS)


def test_what_the_server_sends_starts_at_the_component_and_bubbles():
    script = send_on_failure("files-failed", "batch-panel")

    assert 'getElementById("batch-panel").dispatchEvent' in script
    assert 'new CustomEvent("files-failed", { bubbles: true' in script
