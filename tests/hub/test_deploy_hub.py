"""What a Space gets: sent to a Hub on loopback, and started as a Space would start it."""

import json
import re
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from digit_core.errors import WeightsError
from tests.support.hub_repos import front_matter
from tests.support.hub_server import READER, WRITER
from tests.support.round_robin import round_robin
from tests.support.running_app import running_app
from training.publish.deploy import Space, copy_app, deploy, lay_out, main

SPACE = "tester/digits"
ROOT = Path(__file__).parents[2]
PREFIX = "/reader"


@pytest.fixture(scope="module")
def space_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("space")
    lay_out(folder, Space(SPACE))
    return folder


@pytest.fixture(scope="module")
def spaces_package(tmp_path_factory):
    """A stand-in for the package `spaces` of ZeroGPU: it notes what is decorated and what is called."""
    folder = tmp_path_factory.mktemp("spaces")
    (folder / "spaces.py").write_text(
        f"""
import pathlib

noted = pathlib.Path({str(folder / "noted.txt")!r})

def GPU(task):
    with noted.open("a") as file:
        print("decorated", task.__module__, task.__name__, file=file)
    def called(*args):
        with noted.open("a") as file:
            print("called", task.__name__, file=file)
        return task(*args)
    return called

def gradio_auto_wrap(task):  # Gradio asks for it wherever the package is there
    return task
"""
    )
    return folder


@pytest.fixture(scope="module")
def space(space_folder, spaces_package, tmp_path_factory):
    """The app as a Space runs it, from exactly the files that deploying sends, behind a path of somebody's server."""
    settings = {
        "SYSTEM": "spaces",
        "SPACE_ID": SPACE,
        "GRADIO_ROOT_PATH": PREFIX,
        "HF_HOME": str(tmp_path_factory.mktemp("home")),
        "DIGIT_MODEL_SOURCE": "bundled",
        "SPACES_ZERO_GPU": "true",
        "PYTHONPATH": str(spaces_package),
    }
    with running_app(space_folder, **settings) as address:
        yield address


@pytest.fixture(scope="module")
def behind_prefix(space):
    """The address of a web server that hands `/reader/…` on to the app, without the prefix."""
    with round_robin(space, prefix=PREFIX) as (address, _):
        yield address


def names(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_dry_run_lists_everything_and_asks_nobody(hub, monkeypatch, capsys, space_folder):
    monkeypatch.delenv("HF_TOKEN")

    assert main(["--space", SPACE, "--dry-run"]) == 0

    listed = capsys.readouterr().out
    assert all(name in listed for name in names(space_folder))
    assert "Nothing was sent" in listed
    assert hub.requests == []


def test_what_python_and_gradio_write_does_not_travel(space_folder):
    assert {"app.py", "models/manifest.json", "models/deep/model.keras", "requirements.txt"} <= names(space_folder)
    assert not [name for name in names(space_folder) if re.search(r"__pycache__|\.py[ci]$|/\.", name)]
    assert not [name for name in names(space_folder) if name.split("/")[0] in ("tests", "training")]


def test_a_space_holds_what_was_laid_out_and_nothing_older(hub, space_folder):
    assert main(["--space", SPACE]) == 0
    repo = hub.repos[f"spaces/{SPACE}"]
    repo.add_commit(repo.at("main")[1] | {"ui/old_tab.py": repo.at("main")[1]["app.py"]})

    assert main(["--space", SPACE]) == 0

    _, files = repo.at("main")
    assert files.keys() - {".gitattributes"} == names(space_folder)
    assert all(
        files[name].content == (space_folder / name).read_bytes() for name in names(space_folder) if name != "README.md"
    )
    assert files["models/deep/model.keras"].large


@pytest.mark.parametrize("space", [SPACE, "tester/a-fork"])
def test_a_space_shows_its_own_picture_where_it_is_shared(hub, space):
    assert main(["--space", space]) == 0

    _, files = hub.repos[f"spaces/{space}"].at("main")
    sent = front_matter(files["README.md"].content.decode())
    ours = front_matter((ROOT / "README.md").read_text(encoding="utf-8"))
    assert sent.pop("thumbnail") == f"{hub.endpoint}/spaces/{space}/resolve/main/ui/page.gif"
    assert {key: sent[key] for key in ours} == ours
    with urlopen(f"{hub.endpoint}/spaces/{space}/resolve/main/ui/page.gif") as answer:
        assert answer.read() == (ROOT / "ui" / "page.gif").read_bytes()


def test_a_space_is_made_on_the_hardware_that_was_named_and_moved_when_another_is(hub):
    assert main(["--space", SPACE, "--hardware", "zero-a10g"]) == 0
    made_on = hub.repos[f"spaces/{SPACE}"].hardware

    assert main(["--space", SPACE, "--hardware", "cpu-basic"]) == 0

    assert made_on == "zero-a10g"
    assert hub.repos[f"spaces/{SPACE}"].hardware == "cpu-basic"


def test_a_space_stays_on_its_hardware_when_none_is_named(hub):
    main(["--space", SPACE, "--hardware", "cpu-upgrade"])

    assert main(["--space", SPACE]) == 0

    assert hub.repos[f"spaces/{SPACE}"].hardware == "cpu-upgrade"
    assert not [request for request in hub.requests if request.endswith("/hardware")]


@pytest.mark.parametrize("status", [402, 403])
def test_an_account_that_may_not_have_the_hardware_is_told_which_it_may_have(hub, capsys, status):
    hub.fail("POST /api/repos/create", status=status)

    assert main(["--space", SPACE, "--hardware", "cpu-basic"]) == 1

    last = capsys.readouterr().err.splitlines()[-1]
    assert "may not make a Space on cpu-basic: add --hardware zero-a10g" in last


def test_a_space_is_told_to_serve_mcp_tools(hub):
    assert main(["--space", SPACE, "--mcp"]) == 0

    repo = hub.repos[f"spaces/{SPACE}"]
    assert repo.variables == {"GRADIO_MCP_SERVER": "True"}
    assert "mcp-server" in front_matter(repo.at("main")[1]["README.md"].content.decode())["tags"]


def test_who_is_trusted_with_one_space_alone_deploys_there(hub, monkeypatch):
    main(["--space", SPACE])
    hub.accounts["hf_trusted"] = ("tester", "write")
    monkeypatch.delenv("HF_TOKEN")
    monkeypatch.setenv("HF_OIDC_RESOURCE", f"spaces/{SPACE}")
    monkeypatch.setenv("HF_OIDC_ID_TOKEN", "proof")
    hub.fail("GET /api/whoami", status=401)
    hub.fail("POST /api/repos/create", status=403)

    assert main(["--space", SPACE]) == 0


@pytest.mark.parametrize(
    ("token", "space", "said"),
    [
        ("", SPACE, "There is no token for the Hub"),
        ("hf_wrong", SPACE, "The Hub does not know this token"),
        (READER, SPACE, "may not write to tester/digits"),
        (WRITER, "digits", "must look like USER/NAME"),
    ],
)
def test_who_may_not_deploy_is_told_so(hub, monkeypatch, capsys, token, space, said):
    monkeypatch.setenv("HF_TOKEN", token)

    assert main(["--space", space]) == 1
    assert said in capsys.readouterr().err


def test_an_app_whose_weights_are_damaged_is_not_sent(hub, tmp_path):
    copy_app(tmp_path / "app")
    (tmp_path / "app" / "models" / "deep" / "model.keras").write_bytes(b"damaged")

    with pytest.raises(WeightsError, match=r"manifest\.json vouches for"):
        deploy(Space(SPACE), root=tmp_path / "app")

    assert hub.requests == []


def test_the_image_runs_without_privileges_and_tells_its_health(space, monkeypatch):
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")
    check = json.loads(re.search(r"HEALTHCHECK .*CMD (\[.*\])", text)[1])

    assert text.rindex("USER reader") < text.rindex("CMD [")
    assert check[:2] == ["python", "-c"]
    monkeypatch.setenv("GRADIO_SERVER_PORT", space.rsplit(":", 1)[1])
    exec(check[2], {})


def test_a_space_answers_the_api(space):
    ask = Request(f"{space}/gradio_api/run/models", b'{"data": []}', {"Content-Type": "application/json"})

    with urlopen(ask) as answer:
        models = json.load(answer)["data"][0]

    assert models["origin"] == "The weights are bundled with this app, as DIGIT_MODEL_SOURCE=bundled asks."


def test_a_space_on_zero_gpu_decorates_one_function_that_no_reading_calls(space, spaces_package):
    ask = Request(f"{space}/gradio_api/run/models", b'{"data": []}', {"Content-Type": "application/json"})

    with urlopen(ask) as answer:
        assert answer.status == 200

    assert (spaces_package / "noted.txt").read_text().splitlines() == ["decorated ui.server.zero_gpu idle"]


def test_the_page_works_behind_a_path_prefix(behind_prefix, chromium, draw, drawing_answer):
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    strayed = []
    page.on("response", lambda answer: answer.status >= 400 and strayed.append(answer.url))

    page.goto(f"{behind_prefix}/")
    page.locator("#draw-canvas canvas").wait_for()
    draw(page, "7")

    assert drawing_answer(page)
    assert strayed == []
    page.close()
