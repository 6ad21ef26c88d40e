"""What the Hub on loopback answers to each request of the real client."""

import base64
import hashlib
import json
import re
from fnmatch import fnmatch
from http.server import BaseHTTPRequestHandler
from urllib.parse import unquote, urlsplit

import yaml

from tests.support.hub_repos import File, RefusalError, Repo, front_matter

LARGE_FILES = "*.keras *.h5 *.png *.npz *.zip"  # what a new repo's .gitattributes sends to the store
REPO = r"(?P<kind>models|datasets|spaces)/(?P<name>[\w.-]+/[\w.-]+)"
REVISION = r"(?P<revision>[^/]+)"

ROUTES = []


def route(method, pattern):
    """Let a method of `Answer` answer the requests that match; its arguments are the pattern's named groups."""

    def register(answer):
        ROUTES.append((method, re.compile(pattern), answer))
        return answer

    return register


class Answer(BaseHTTPRequestHandler):
    """Answers one connection's requests; `hub` is set by `HubServer`."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet

    def log_message(self, *_):
        pass

    def answer(self):
        self.body = self.read_body()
        path = unquote(urlsplit(self.path).path)
        request = f"{self.command} {path}"
        self.token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        self.hub.requests.append(request)
        self.hub.shown.setdefault(type(self).__name__, set()).add(self.token)
        self.fault = self.hub.fault_for(request)
        if self.hub.closing.wait(self.fault.hang) or self.fault.drop:
            self.close_connection = True
            return
        try:
            if self.fault.status:
                raise RefusalError(self.fault.status, "injected")
            method = self.command.replace("HEAD", "GET")
            for routed, pattern, answer in ROUTES:
                if routed == method and (match := pattern.fullmatch(path)):
                    answer(self, **match.groupdict())
                    return
            raise RefusalError(404, f"no route for {request}")
        except RefusalError as refusal:
            self.send(
                {"error": refusal.message}, refusal.status, X_Error_Message=refusal.message, X_Error_Code=refusal.code
            )
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = answer  # noqa: N815

    def read_body(self):
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chunks = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def send(self, content, status=200, **headers):
        """Send JSON or bytes, with what the fault makes of them."""
        content = content if isinstance(content, bytes) else json.dumps(content).encode()
        if self.fault.flip and content:
            content = content[:-1] + bytes([content[-1] ^ 1])
        self.send_response(status)
        for name, value in {"Content-Length": len(content), **headers}.items():
            if value != "":
                self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content[: self.fault.cut])
            self.close_connection |= self.fault.cut is not None

    # Who asks, and what they may.

    def account(self):
        if self.token and self.token not in self.hub.accounts:
            raise RefusalError(401, "Invalid credentials in Authorization header")
        return self.hub.accounts.get(self.token, (None, None))

    def repo(self, kind, name, write=False, content=False):
        """Return a repo that the asking account may see, write to, or read the files of."""
        user, role = self.account()
        owner = name.split("/")[0]
        repo = self.hub.repos.get(f"{kind}/{name}")
        if repo is None or (repo.private and user != owner):
            raise RefusalError(404 if user else 401, "Repository not found", "RepoNotFound")
        if write and (user != owner or role != "write"):
            raise RefusalError(403 if user else 401, "You may not write to this repo.")
        if content and repo.gated and user != owner:
            raise RefusalError(403 if user else 401, f"Access to model {name} is restricted.", "GatedRepo")
        return repo

    # The routes: accounts and repos.

    @route("GET", "/api/whoami-v2")
    def tell_who_asks(self):
        user, role = self.account()
        if not user:
            raise RefusalError(401, "Invalid username or password.")
        self.send({"type": "user", "name": user, "orgs": [], "auth": {"accessToken": {"role": role}}})

    @route("POST", "/oauth/token")
    def trust_publisher(self):
        """Give a workflow that proves who it is a token of its own, as the Hub does for a trusted publisher."""
        if json.loads(self.body)["subject_token"] != "proof":
            raise RefusalError(400, "invalid_grant")
        self.send({"access_token": "hf_trusted", "token_type": "bearer", "expires_in": 3600})

    @route("POST", "/api/repos/create")
    def create_repo(self):
        user, role = self.account()
        wanted = json.loads(self.body)
        owner = wanted.get("organization") or user
        if role != "write" or owner != user:
            raise RefusalError(403 if user else 401, f"You may not create a repo under {owner}.")
        key = f"{wanted.get('type', 'model')}s/{owner}/{wanted['name']}"
        url = f"{self.hub.endpoint}/{key.removeprefix('models/')}"
        with self.hub.lock:
            if key in self.hub.repos:
                return self.send({"error": "You already created this repo", "url": url}, 409)
            repo = self.hub.repos[key] = Repo(private=wanted.get("visibility") == "private")
            repo.hardware = wanted.get("hardware")
            attributes = "".join(f"{kind} filter=lfs diff=lfs merge=lfs -text\n" for kind in LARGE_FILES.split())
            repo.add_commit({".gitattributes": File(attributes.encode(), large=False)})
        return self.send({"url": url, "name": f"{owner}/{wanted['name']}"})

    @route("GET", f"/api/{REPO}/runtime")
    def tell_runtime(self, kind, name):
        repo = self.repo(kind, name)
        self.send({"stage": "RUNNING", "hardware": {"current": repo.hardware, "requested": repo.hardware}})

    @route("POST", f"/api/{REPO}/hardware")
    def change_hardware(self, kind, name):
        repo = self.repo(kind, name, write=True)
        repo.hardware = json.loads(self.body)["flavor"]
        self.send({"stage": "BUILDING", "hardware": {"current": None, "requested": repo.hardware}})

    @route("POST", f"/api/{REPO}/variables")
    def set_variable(self, kind, name):
        wanted = json.loads(self.body)
        self.repo(kind, name, write=True).variables[wanted["key"]] = wanted["value"]
        self.send({wanted["key"]: {"value": wanted["value"], "updatedAt": "2026-01-01T00:00:00.000Z"}})

    @route("POST", "/api/validate-yaml")
    def validate_card(self):
        try:
            front_matter(json.loads(self.body)["content"])
        except yaml.YAMLError as error:
            return self.send({"errors": [{"message": str(error)}], "warnings": []}, 400)
        return self.send({"errors": [], "warnings": []})

    # The routes: reading.

    @route("GET", f"/api/{REPO}(/revision/{REVISION})?")
    def describe_repo(self, kind, name, revision):
        repo = self.repo(kind, name)
        revision, files = repo.at(revision or "main")
        card = front_matter(files["README.md"].content.decode()) if "README.md" in files else {}
        siblings = [
            {"rfilename": path, "size": len(file.content), "blobId": file.git_sum}
            | (file.store_entry if file.large else {})
            for path, file in files.items()
        ]
        self.send(
            {
                "id": repo.name or name,
                "author": name.split("/")[0],
                "sha": revision,
                "private": repo.private,
                "gated": repo.gated,
            }
            | {"siblings": siblings, "cardData": card, "model-index": card.get("model-index")}
        )

    @route("GET", f"/api/{REPO}/auth-check(?P<write>/write)?")
    def check_access(self, kind, name, write):
        self.repo(kind, name, write=bool(write))
        self.send({})

    @route("GET", f"/api/{REPO}/tree/{REVISION}")
    def list_files(self, kind, name, revision):
        _, files = self.repo(kind, name).at(revision)
        self.send(
            [
                {"type": "file", "path": path, "size": len(file.content), "oid": file.git_sum}
                | (file.store_entry if file.large else {})
                for path, file in files.items()
            ]
        )

    @route("GET", rf"/(?:(?P<kind>datasets|spaces)/)?(?P<name>[\w.-]+/[\w.-]+)/resolve/{REVISION}/(?P<path>.+)")
    def send_file(self, kind, name, revision, path):
        revision, files = self.repo(kind or "models", name, content=True).at(revision)
        if path not in files:
            raise RefusalError(404, "Entry not found", "EntryNotFound")
        file = files[path]
        if not file.large:
            return self.send(file.content, ETag=f'"{file.git_sum}"', X_Repo_Commit=revision)
        return self.send(
            b"",
            302,
            Location=f"{self.hub.store_url}/{file.sha256}",
            X_Repo_Commit=revision,
            X_Linked_Size=len(file.content),
            X_Linked_ETag=f'"{file.sha256}"',
        )

    @route("GET", "/cdn/(?P<sha256>[0-9a-f]{64})")
    def fetch_from_store(self, sha256):
        self.send(self.hub.store[sha256], ETag=f'"{sha256}"')

    # The routes: writing. A push asks how each file travels, sends large ones to the store, then commits.

    @route("POST", f"/api/{REPO}/preupload/{REVISION}")
    def choose_ways(self, kind, name, revision):
        _, files = self.repo(kind, name, write=True).at(revision)
        rules = [line.split()[0] for line in files[".gitattributes"].content.decode().splitlines()]
        ways = []
        for wanted in json.loads(self.body)["files"]:
            path, sample = wanted["path"], base64.b64decode(wanted["sample"])
            large = b"\0" in sample or any(fnmatch(path, rule) for rule in rules)
            known = files.get(path)
            ways.append(
                {
                    "path": path,
                    "uploadMode": "lfs" if large else "regular",
                    "shouldIgnore": False,
                    "oid": known and (known.sha256 if large else known.git_sum),
                }
            )
        self.send({"files": ways})

    @route("POST", r"/(?:(?P<kind>datasets|spaces)/)?(?P<name>[\w.-]+/[\w.-]+)\.git/info/lfs/objects/batch")
    def offer_store(self, kind, name):
        self.repo(kind or "models", name, write=True)
        offers = []
        for wanted in json.loads(self.body)["objects"]:
            sha256 = wanted["oid"]
            actions = {"upload": {"href": f"{self.hub.store_url}/{sha256}"}}
            offers.append(wanted | ({} if sha256 in self.hub.store else {"actions": actions}))
        self.send({"transfer": "basic", "objects": offers})

    @route("PUT", "/cdn/(?P<sha256>[0-9a-f]{64})")
    def keep_in_store(self, sha256):
        if hashlib.sha256(self.body).hexdigest() != sha256:
            raise RefusalError(400, "the content does not have the announced sha256")
        self.hub.store[sha256] = self.body
        self.send(b"")

    @route("POST", f"/api/{REPO}/commit/{REVISION}")
    def commit(self, kind, name, revision):
        with self.hub.lock:
            repo = self.repo(kind, name, write=True)
            head, files = repo.at(revision)
            files = dict(files)
            for line in self.body.splitlines():
                change = json.loads(line)
                value = change["value"]
                if change["key"] == "header":
                    if not head.startswith(value.get("parentCommit", "")):
                        raise RefusalError(412, "A commit has happened since. Please refresh and try again.")
                elif change["key"] == "file":
                    files[value["path"]] = File(base64.b64decode(value["content"]), large=False)
                elif change["key"] == "lfsFile":
                    if value["oid"] not in self.hub.store:
                        raise RefusalError(400, f"the store has no {value['path']}")
                    files[value["path"]] = File(self.hub.store[value["oid"]], large=True)
                elif change["key"] == "deletedFile":
                    del files[value["path"]]
                else:
                    raise RefusalError(400, f"no such change: {change['key']}")
            new = repo.add_commit(files)
        self.send({"success": True, "commitOid": new, "commitUrl": f"{self.hub.endpoint}/{name}/commit/{new}"})
