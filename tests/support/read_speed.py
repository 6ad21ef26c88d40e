"""How long `/read` takes under load: `python -m tests.support.read_speed CLIENTS...`, on an idle machine.

The real app over loopback; each client asks for the next answer when it has one. For each number of clients one line
of JSON: the number, the median milliseconds of `/read` and of `/models`, which reads nothing, and how many answers a
second all clients had of each. Times differ between machines and no test looks at them.
"""

import asyncio
import json
import statistics
import sys
import time
from contextlib import AsyncExitStack

import httpx

from tests.load import ROOT, VOTE, drawing_of
from tests.support.running_app import running_app

SECONDS = 6  # for each endpoint and number of clients; what comes in the first of them is not counted
WARM_SECONDS = 1
PATIENCE = 1  # seconds after which a client that was refused asks again, the least that the refusal asks for
ENDPOINTS = {"read": [drawing_of("7"), *VOTE, False], "models": []}


def visitor(url, number):
    """A client with a connection of its own: a shared pool hands out lines that the server is just closing."""
    address = {"X-Forwarded-For": f"203.0.{number // 250}.{number % 250 + 1}"}
    return httpx.AsyncClient(base_url=url, timeout=180, headers=address, verify=False)


async def ask(http, endpoint, began, seconds):
    """Ask until time is up; keep how long each answer took."""
    while time.perf_counter() - began < SECONDS:
        start = time.perf_counter()
        answer = await http.post(f"/gradio_api/run/{endpoint}", json={"data": ENDPOINTS[endpoint]})
        if answer.status_code == 429:
            await asyncio.sleep(PATIENCE)
        elif answer.status_code == 200 and time.perf_counter() - began > WARM_SECONDS:
            seconds.append(time.perf_counter() - start)


async def measure(url, clients):
    """Return the medians in milliseconds and the answers a second, of both endpoints."""
    medians, rates = [], []
    for endpoint in ENDPOINTS:
        seconds = []
        async with AsyncExitStack() as opened:
            visitors = [await opened.enter_async_context(visitor(url, number)) for number in range(clients)]
            began = time.perf_counter()
            await asyncio.gather(*(ask(http, endpoint, began, seconds) for http in visitors))
            rates.append(len(seconds) / (time.perf_counter() - began - WARM_SECONDS))
        medians.append(1000 * statistics.median(seconds))
    return *medians, *rates


def main():
    with running_app(ROOT, DIGIT_MODEL_SOURCE="bundled") as url:
        for clients in map(int, sys.argv[1:]):
            print(json.dumps([clients, *asyncio.run(measure(url, clients))]), flush=True)


if __name__ == "__main__":
    main()
