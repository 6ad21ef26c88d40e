"""What a Space gets: sent to a Hub on loopback, and started as a Space would start it."""

import json
import re
import threading
from dataclasses import replace
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
import yaml
from hub_server import READER, WRITER, HubServer, front_matter
from huggingface_hub import constants
from running_app import running_app

from digit_core.errors import WeightsError
from digit_core.manifest import MODELS_DIR, read_manifest
from training.deploy import APP_PARTS, copy_app, deploy, lay_out, main, with_models, with_thumbnail
from training.errors import PushError

ROOT = Path(__file__).parents[1]
SPACE = "tester/digits"
PREFIX = "/reader"
FRONT = "---\ntitle: Digits\nsdk: gradio\n---\n# Digits\n"
HOP_BY_HOP = {"connection", "transfer-encoding", "content-length", "keep-alive"}


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("space")
    lay_out(folder, SPACE)
    return folder


@pytest.fixture
def hub(tmp_path, monkeypatch):
    with HubServer() as server:
        monkeypatch.setattr(constants, "ENDPOINT", server.endpoint)
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
        monkeypatch.setenv("HF_TOKEN", WRITER)
        yield server


@pytest.fixture(scope="module")
def space(laid_out, tmp_path_factory):
    """The app as a Space runs it, from exactly the files that deploying sends, behind a path of somebody's server."""
    settings = {
        "SYSTEM": "spaces",
        "SPACE_ID": SPACE,
        "GRADIO_ROOT_PATH": PREFIX,
        "HF_HOME": str(tmp_path_factory.mktemp("home")),
        "DIGIT_MODEL_SOURCE": "bundled",
    }
    with running_app(laid_out, **settings) as address:
        yield address


@pytest.fixture(scope="module")
def behind_prefix(space):
    """The address of a web server that hands `/reader/…` on to the app, without the prefix."""
    port = int(space.rsplit(":", 1)[1])

    class Front(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def hand_on(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if not self.path.startswith(f"{PREFIX}/"):
                self.send_error(404)
                return
            app = HTTPConnection("127.0.0.1", port)
            app.request(self.command, self.path.removeprefix(PREFIX), body, dict(self.headers))
            answer = app.getresponse()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in HOP_BY_HOP:
                    self.send_header(name, value)
            self.send_header("Connection", "close")
            self.end_headers()
            self.close_connection = True
            try:
                while part := answer.read1():
                    self.wfile.write(part)
                    self.wfile.flush()
            except (BrokenPipeError, ConnectionResetError):
                app.close()

        do_GET = do_POST = do_HEAD = hand_on  # noqa: N815

    server = ThreadingHTTPServer(("127.0.0.1", 0), Front)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}{PREFIX}"
    server.shutdown()


def names(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_dry_run_lists_everything_and_asks_nobody(hub, monkeypatch, capsys, laid_out):
    monkeypatch.delenv("HF_TOKEN")

    assert main(["--space", SPACE, "--dry-run"]) == 0

    listed = capsys.readouterr().out
    assert all(name in listed for name in names(laid_out))
    assert "Nothing was sent" in listed
    assert hub.requests == []


def test_what_python_and_gradio_write_does_not_travel(laid_out):
    assert {"app.py", "models/manifest.json", "models/deep/model.keras", "requirements.txt"} <= names(laid_out)
    assert not [name for name in names(laid_out) if re.search(r"__pycache__|\.py[ci]$|/\.", name)]
    assert not [name for name in names(laid_out) if name.split("/")[0] in ("tests", "training")]


def test_a_space_holds_what_was_laid_out_and_nothing_older(hub, laid_out):
    assert main(["--space", SPACE]) == 0
    repo = hub.repos[f"spaces/{SPACE}"]
    repo.add_commit(repo.at("main")[1] | {"ui/old_tab.py": repo.at("main")[1]["app.py"]})

    assert main(["--space", SPACE]) == 0

    _, files = repo.at("main")
    assert files.keys() - {".gitattributes"} == names(laid_out)
    assert all(files[name].content == (laid_out / name).read_bytes() for name in names(laid_out) if name != "README.md")
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


def test_a_picture_that_somebody_chose_stays():
    chosen = FRONT.replace("sdk:", "thumbnail: https://example.org/own.png\nsdk:")

    assert with_thumbnail(chosen, SPACE) == chosen
    assert with_thumbnail(FRONT, SPACE).endswith("/spaces/tester/digits/resolve/main/ui/page.gif\n---\n# Digits\n")


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
        deploy(SPACE, root=tmp_path / "app")

    assert hub.requests == []


def pinned_at(revision):
    """The project's manifest with repos at a revision; None is before the first push."""
    manifest = read_manifest(MODELS_DIR / "manifest.json")
    entries = {
        name: replace(entry, repo=revision and f"tester/digits-{name}", revision=revision)
        for name, entry in manifest.networks.items()
    }
    return replace(manifest, networks=entries)


def test_a_readme_without_repos_in_the_manifest_stays_as_it_is():
    assert with_models(FRONT, pinned_at(None)) == FRONT


def test_a_space_fetches_pinned_weights_when_it_is_built():
    readme = with_models(FRONT, pinned_at("ab" * 20))

    assert front_matter(readme) == {
        "title": "Digits",
        "sdk": "gradio",
        "models": ["tester/digits-compact", "tester/digits-deep"],
        "preload_from_hub": [f"tester/digits-{name} model.keras {'ab' * 20}" for name in ("compact", "deep")],
    }
    assert readme.endswith("---\n# Digits\n")


@pytest.mark.parametrize("readme", ["# Digits\n", "---\ntitle: Digits\n", ""])
def test_a_readme_that_no_space_could_start_from_is_refused(readme):
    with pytest.raises(PushError, match="must begin with the Space's front matter"):
        with_models(readme, read_manifest(MODELS_DIR / "manifest.json"))
    with pytest.raises(PushError, match="must begin with the Space's front matter"):
        with_thumbnail(readme, SPACE)


def test_the_readme_says_what_a_space_needs_to_start():
    front = front_matter((ROOT / "README.md").read_text(encoding="utf-8"))
    pinned = dict(re.findall(r"^([\w-]+)==([\d.]+)$", (ROOT / "requirements.txt").read_text(), re.M))

    assert (front["sdk"], front["app_file"]) == ("gradio", "app.py")
    assert front["sdk_version"] == pinned["gradio"]
    assert len(front["short_description"]) <= 60


def test_the_image_holds_what_a_space_gets():
    instructions = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    copied = [word for line in instructions if line.startswith("COPY") for word in line.split()[1:-1]]
    let_in = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]

    assert {word for word in copied if not word.startswith("--")} == set(APP_PARTS) == set(let_in)


def test_the_image_runs_as_nobody_special_and_tells_its_health(space, monkeypatch):
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")
    check = json.loads(re.search(r"HEALTHCHECK .*CMD (\[.*\])", text)[1])

    assert text.rindex("USER reader") < text.rindex("CMD [")
    assert check[:2] == ["python", "-c"]
    monkeypatch.setenv("GRADIO_SERVER_PORT", space.rsplit(":", 1)[1])
    exec(check[2], {})


def test_the_workflow_deploys_what_was_checked_and_only_from_main():
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "main.yml").read_text(encoding="utf-8"))["jobs"]

    assert ".ci/run" in [step.get("run") for step in jobs["check"]["steps"]]
    assert jobs["deploy"]["needs"] == "check"
    assert "refs/heads/main" in jobs["deploy"]["if"]
    assert 'python -m training.deploy --space "$SPACE"' in [step.get("run") for step in jobs["deploy"]["steps"]]


def test_a_space_answers_the_api(space):
    ask = Request(f"{space}/gradio_api/run/models", b'{"data": []}', {"Content-Type": "application/json"})

    with urlopen(ask) as answer:
        models = json.load(answer)["data"][0]

    assert models["origin"] == "The weights are bundled with this app, as DIGIT_MODEL_SOURCE=bundled asks."


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
