"""What the Hub on loopback holds: repos, their commits and files, and how it refuses."""

import hashlib
import json
import re
from dataclasses import dataclass, field

import yaml


@dataclass
class File:
    """One file of one commit; large ones are known by their sha256, small ones by git's own sum."""

    content: bytes
    large: bool

    @property
    def sha256(self):
        return hashlib.sha256(self.content).hexdigest()

    @property
    def git_sum(self):
        pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.sha256}\nsize {len(self.content)}\n"
        return git_sum("blob", pointer.encode() if self.large else self.content)

    @property
    def store_entry(self):
        """What the Hub adds to a description of a large file."""
        return {"lfs": {"oid": self.sha256, "sha256": self.sha256, "size": len(self.content), "pointerSize": 134}}


@dataclass
class Repo:
    """A repo's files at each of its commits, newest last."""

    name: str | None = None  # the Hub's own, where it is asked for by another
    private: bool = False
    gated: bool = False
    hardware: str | None = None  # of a Space
    variables: dict = field(default_factory=dict)  # of a Space
    commits: dict = field(default_factory=dict)

    @property
    def head(self):
        return list(self.commits)[-1]

    def add_commit(self, files):
        listing = sorted((path, file.git_sum) for path, file in files.items())
        revision = git_sum("commit", json.dumps([listing, list(self.commits)]).encode())
        self.commits[revision] = files
        return revision

    def at(self, revision):
        """Return the full revision and its files."""
        revision = self.head if revision == "main" else revision
        if revision not in self.commits:
            raise RefusalError(404, f"Invalid rev id: {revision}", "RevisionNotFound")
        return revision, self.commits[revision]


class RefusalError(Exception):
    """An answer that is an error, as the client knows it by its status and code."""

    def __init__(self, status, message, code=""):
        super().__init__(message)
        self.status, self.message, self.code = status, message, code


def git_sum(kind, content):
    """The name that git gives to an object."""
    return hashlib.sha1(b"%s %d\0" % (kind.encode(), len(content)) + content, usedforsecurity=False).hexdigest()


def front_matter(text):
    """What stands between the two lines of dashes atop a card."""
    found = re.match(r"---\n(.*?)\n---", text, re.DOTALL)
    return (yaml.safe_load(found[1]) or {}) if found else {}
