"""Measure the app under a crowd: `python -m tests.load`, or `--short` for what CI runs.

The real app runs in a process of its own; visitors draw and upload by plain HTTP, each from an address of its own, as a
proxy's header tells it. Printed are figures; what breaks a promise ends the command with an error:

- every drawing is answered, superseded by the same page's newer one, or politely put off; none is wrong or fails;
- one address that floods does not keep another from being answered;
- none of this is a matter of seconds, as a busy machine takes many: the seconds are printed alone, and beside them how
  late this program itself was and how much of a core it and the app took;
- once as many sessions are known as the app keeps, more of them leave the memory where it was;
- refused large bodies leave no memory behind.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import io
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np

from tests.support.drawings import picture_of
from tests.support.running_app import running_app
from ui.server.doors import LIVE_SENTENCE

ROOT = Path(__file__).parents[1]
DRAWS_A_SECOND = 5  # by each visitor
SESSIONS = 2_000  # many more than the app keeps
MAX_GROWTH = 40  # MB of the process over the second half of the sessions
LOOK_EVERY = 0.05  # seconds between two looks at how late this program's own loop is
MAX_LEFT = 60  # MB that refused bodies may leave: the allocator keeps some of the memory that they passed through
VOTE = ["ensemble", "arithmetic", 0.5, 0.5]


@dataclass(slots=True)
class Tally:
    """What became of requests, and how long each took in seconds."""

    outcomes: Counter = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)

    def line(self) -> str:
        """Say it in one line."""
        if not self.seconds:
            return "nothing was asked"
        median, late = np.percentile(self.seconds, [50, 95])
        what = ", ".join(f"{count} {name}" for name, count in self.outcomes.most_common())
        return f"{what}; median {median:.2f} s, 95 % within {late:.2f} s, longest {max(self.seconds):.2f} s"


def drawing_of(text: str) -> str:
    """The page's own message for a drawing: a PNG data URL."""
    file = io.BytesIO()
    picture_of(text, width=280, height=280).convert("L").save(file, format="PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii")


class Browser:
    """One visitor's connections, kept open between requests; plain sockets, which take little of the processor."""

    def __init__(self, url: str, address: str) -> None:
        host, port = url.removeprefix("http://").split(":")
        self.host, self.port = host, int(port)
        self.head = f"Host: {host}\r\nX-Forwarded-For: {address}\r\nContent-Type: application/json\r\n"
        self.idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def post(self, path: str, body: bytes) -> tuple[int, bytes]:
        """Send a body, and once more where the app has closed the kept connection meanwhile; return status and body."""
        message = f"POST {path} HTTP/1.1\r\n{self.head}Content-Length: {len(body)}\r\n\r\n".encode() + body
        while self.idle:
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                return await self._exchange(*self.idle.pop(), message)
        return await self._exchange(*await asyncio.open_connection(self.host, self.port), message)

    async def _exchange(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, message: bytes
    ) -> tuple[int, bytes]:
        writer.write(message)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            body = await reader.readexactly(int(head.split(b"content-length:")[1].split(b"\r\n")[0]))
        except BaseException:
            writer.close()
            raise
        self.idle.append((reader, writer))
        return int(head.split()[1]), body

    def close(self) -> None:
        """Close what is kept open."""
        for _, writer in self.idle:
            writer.close()


class LoadMeter:
    """Notes how late this program's own loop is, and how much of a core it and the app take, while something happens.

    What the loop is late by stands in the seconds of the answers, too, and is none of the app's.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid

    async def __aenter__(self) -> LoadMeter:
        self.late: list[float] = []
        self.start, self.own, self.app = time.perf_counter(), time.process_time(), cpu_of(self.pid)
        self.watcher = asyncio.create_task(self._watch())
        return self

    async def _watch(self) -> None:
        while True:
            due = time.perf_counter() + LOOK_EVERY
            await asyncio.sleep(LOOK_EVERY)
            self.late.append(time.perf_counter() - due)

    async def __aexit__(self, *_: object) -> None:
        self.watcher.cancel()
        self.seconds = time.perf_counter() - self.start
        self.own, self.app = time.process_time() - self.own, cpu_of(self.pid) - self.app

    def line(self) -> str:
        """Say it in one line."""
        late = f"95 % within {np.percentile(self.late, 95):.2f} s, longest {max(self.late):.2f} s"
        return (
            f"late by itself: {late}; of a core: {self.own / self.seconds:.0%}, the app {self.app / self.seconds:.0%}"
        )


class Crowd:
    """Many visitors of one running app."""

    def __init__(self, http: httpx.AsyncClient, live_event: int) -> None:
        self.http = http
        self.url = str(http.base_url).rstrip("/")
        self.live_event = live_event
        self.drawings = {text: drawing_of(text) for text in "0123456789"}

    async def draw(self, tally: Tally, number: int, sequence: int, browser: Browser) -> None:
        """Send one drawing and note what became of it."""
        text = str((number + sequence) % 10)
        body = {
            "data": [{"sequence": sequence, "picture": self.drawings[text]}, *VOTE],
            "fn_index": self.live_event,
            "session_hash": f"visitor{number}",
        }
        message = json.dumps(body).encode()
        start = time.perf_counter()
        try:
            status, answer = await browser.post("/gradio_api/run/predict", message)
        except (OSError, ValueError, asyncio.IncompleteReadError) as error:
            tally.outcomes[f"failed ({type(error).__name__})"] += 1
            return
        tally.seconds.append(time.perf_counter() - start)
        value = json.loads(answer)["data"][0] if status == 200 else {}
        if value.get("__type__") == "update":
            outcome = "superseded"
        elif value.get("sentence") == LIVE_SENTENCE:
            outcome = "put off"
        elif value.get("sequence") == sequence and value.get("text") == text:
            outcome = "right"
        else:
            outcome = "wrong" if value.get("sequence") == sequence else f"failed ({status})"
        tally.outcomes[outcome] += 1

    async def draw_for(self, tally: Tally, number: int, seconds: float) -> None:
        """Draw several times a second, the next one sent whether or not the last is answered, as no page would."""
        browser = Browser(self.url, f"198.51.{number // 250}.{number % 250 + 1}")
        tasks = []
        for sequence in range(1, int(seconds * DRAWS_A_SECOND) + 1):
            tasks.append(asyncio.create_task(self.draw(tally, number, sequence, browser)))
            await asyncio.sleep(1 / DRAWS_A_SECOND)
        await asyncio.gather(*tasks)
        browser.close()

    async def upload(self, text: str) -> dict:
        """Upload a picture and return it as `/read` takes it."""
        file = io.BytesIO()
        picture_of(text, width=600, height=300, brush=16).save(file, format="PNG")
        answer = await self.http.post("/gradio_api/upload", files={"files": ("a.png", file.getvalue())})
        return {"path": answer.json()[0], "meta": {"_type": "gradio.FileData"}}

    async def read(self, tally: Tally, picture: dict, text: str, address: str) -> None:
        """Ask `/read` once and note what became of it."""
        start = time.perf_counter()
        body = {"data": [picture, *VOTE, False]}
        answer = await self.http.post("/gradio_api/run/read", json=body, headers={"X-Forwarded-For": address})
        tally.seconds.append(time.perf_counter() - start)
        if answer.status_code == 200:
            tally.outcomes["right" if answer.json()["data"][0]["text"] == text else "wrong"] += 1
        else:
            tally.outcomes["put off" if answer.json().get("error") else "failed"] += 1


def memory_of(pid: int) -> float:
    """Resident MB of a process."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def cpu_of(pid: int) -> float:
    """Seconds of the processor that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def pid_at(url: str) -> int:
    """The process that listens at an address."""
    port = int(url.rsplit(":", 1)[1])
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
            environment = (folder / "environ").read_bytes()
        except OSError:
            continue
        if b"app.py" in command and f"GRADIO_SERVER_PORT={port}".encode() in environment:
            return int(folder.name)
    raise RuntimeError(f"no app listens at {url}")


async def draw_in_crowds(crowd: Crowd, short: bool) -> list[str]:
    """Let more and more visitors draw at the same time, while somebody calls `/read`."""
    broken = []
    pid = pid_at(crowd.url)
    seconds = 3.0 if short else 15.0
    for visitors in (1, 20) if short else (1, 50, 200):
        live, reads = Tally(), Tally()
        picture = await crowd.upload("407")

        async def read_meanwhile(reads: Tally = reads, picture: dict = picture) -> None:
            for _ in range(2 if short else 6):
                await crowd.read(reads, picture, "407", "203.0.113.7")

        drawers = [crowd.draw_for(live, number, seconds) for number in range(visitors)]
        async with LoadMeter(pid) as meter:
            await asyncio.gather(read_meanwhile(), *drawers)
        print(f"{visitors} draw: {live.line()}")
        print(f"{visitors} draw, this program: {meter.line()}")
        print(f"{visitors} draw, /read meanwhile: {reads.line()}")
        broken += [f"{visitors} draw: {name}" for name in live.outcomes if name == "wrong" or name.startswith("failed")]
        if reads.outcomes["right"] == 0:
            broken.append(f"{visitors} draw: /read got no share")
        if live.outcomes["right"] == 0:
            broken.append(f"{visitors} draw: nobody is answered")
    return broken


async def flood(crowd: Crowd, short: bool) -> list[str]:
    """Let one address ask for far more than its share, while a guest asks for little."""
    flooded, guest = Tally(), Tally()
    picture = await crowd.upload("407")
    flooding = [
        asyncio.create_task(crowd.read(flooded, picture, "407", "203.0.113.66")) for _ in range(100 if short else 500)
    ]
    await asyncio.sleep(0.5)
    for _ in range(3):
        await crowd.read(guest, picture, "407", "203.0.113.8")
    await asyncio.gather(*flooding)
    print(f"flood of {len(flooding)}: {flooded.line()}")
    print(f"a guest meanwhile: {guest.line()}")
    return [] if guest.outcomes["right"] == 3 else ["a flood keeps others from being read"]


async def open_sessions(crowd: Crowd, short: bool) -> list[str]:
    """Let many visitors draw once each; what they leave behind must not grow beyond the sessions that are kept."""
    pid = pid_at(crowd.url)
    browser = Browser(crowd.url, "198.51.100.1")
    sessions = 400 if short else SESSIONS
    megabytes = [memory_of(pid)]
    for number in range(sessions):
        await crowd.draw(Tally(), 10_000 + number, 1, browser)
        if (number + 1) % (sessions // 4) == 0:
            megabytes.append(memory_of(pid))
    grown = ", ".join(f"{mb:.0f} MB after {i * sessions // 4}" for i, mb in enumerate(megabytes))
    print(f"{sessions} sessions: {grown}")
    return ["sessions pile up"] if not short and megabytes[-1] - megabytes[2] > MAX_GROWTH else []


async def send_large_bodies(crowd: Crowd, short: bool) -> list[str]:
    """Send what is refused for its size; nothing of it may stay."""
    pid = pid_at(crowd.url)
    before = memory_of(pid)
    body = b"[" + b'"' + b"x" * 5_000_000 + b'"' + b"]"
    statuses = Counter()
    for _ in range(20 if short else 60):
        statuses[(await crowd.http.post("/gradio_api/run/read", content=body)).status_code] += 1
    after = memory_of(pid)
    print(f"bodies of 5 MB: {dict(statuses)}, {before:.0f} MB before, {after:.0f} MB after")
    return ["refused bodies pile up"] if after - before > MAX_LEFT else []


SCENES = {"crowds": draw_in_crowds, "flood": flood, "sessions": open_sessions, "bodies": send_large_bodies}


async def measure(url: str, short: bool, scenes: Sequence[str] = tuple(SCENES)) -> list[str]:
    """Run some scenes, print their figures, and return the promises that were broken."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)  # or one that is being closed is used
    async with httpx.AsyncClient(base_url=url, timeout=180, limits=limits) as http:
        config = (await http.get("/config")).json()
        live_event = next(
            event["id"]
            for event in config["dependencies"]
            if len(event["inputs"]) == 5 and event["targets"][0][1] == "change"
        )
        crowd = Crowd(http, live_event)
        await crowd.draw(Tally(), 0, 1, Browser(url, "198.51.0.1"))  # the first one warms everything up
        return [promise for scene in scenes for promise in await SCENES[scene](crowd, short)]


def main() -> None:
    """Start the app, measure, and end with an error where a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="a minute's version, as CI runs it")
    parser.add_argument("--only", choices=SCENES, nargs="+", default=list(SCENES), help="some scenes alone")
    options = parser.parse_args()
    with running_app(ROOT, DIGIT_MODEL_SOURCE="bundled") as url:
        broken = asyncio.run(measure(url, options.short, options.only))
    if broken:
        sys.exit("broken: " + "; ".join(broken))


if __name__ == "__main__":
    main()
