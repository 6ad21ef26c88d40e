"""Pictures that MCP clients name by an address: fetched within a size, a time, the room and the public internet."""

from __future__ import annotations

import asyncio
import ipaddress
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import gradio as gr
import httpx
from gradio import processing_utils
from safehttpx import AsyncSecureTransport  # type: ignore[import-untyped]

from digit_core.page.formats import MAX_BYTES
from ui.server.room import FILE_COST, Claim, RoomError, room
from ui.server.visitors import current_visitor

# Seconds for the download of one picture that an MCP client names by its address.
DOWNLOAD_SECONDS = 20
# Redirects that a download follows; a host of pictures needs one or two.
MAX_REDIRECTS = 5
# IPv6 addresses that stand for an IPv4 address each (RFC 6052).
NAT64 = ipaddress.ip_network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet, whatever it is wrapped into."""
    parsed = ipaddress.ip_address(address)
    if isinstance(parsed, ipaddress.IPv6Address) and (
        parsed.ipv4_mapped or parsed.sixtofour or parsed.teredo or parsed in NAT64
    ):
        return False
    return parsed.is_global and not parsed.is_multicast


def guard_downloads() -> None:
    """Let Gradio fetch whatever a client names by an address as `download_picture` does, in this whole process."""
    processing_utils.async_ssrf_protected_download = download_picture


async def download_picture(url: str, cache_dir: str) -> str:
    """Fetch the picture that an MCP client names, within a size, a time and the public internet; in Gradio's stead.

    Raises:
        DownloadError: it cannot be fetched.
        gr.Error: there is no room for it.
    """
    try:
        name = processing_utils.client_utils.strip_invalid_filename_characters(Path(urlsplit(url).path).name) or "file"
        Path(cache_dir).mkdir(mode=0o700, parents=True, exist_ok=True)
        with _kept_on_success(Path(tempfile.mkdtemp(dir=cache_dir))) as folder:
            async with asyncio.timeout(DOWNLOAD_SECONDS):
                await _download(url, folder / name)
            return str(folder / name)
    except RoomError as error:
        raise gr.Error(str(error), print_exception=False) from error
    except (OSError, ValueError, httpx.HTTPError, httpx.InvalidURL) as error:
        raise DownloadError from error


@contextmanager
def _kept_on_success(folder: Path) -> Iterator[Path]:
    """Delete a folder where what was to fill it fails or is cancelled."""
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


class DownloadError(gr.Error):
    """A picture that cannot be fetched from the address that was given for it."""

    def __init__(self) -> None:
        megabytes = MAX_BYTES // 2**20
        super().__init__(
            f"The picture could not be fetched: it needs a public address, at most {megabytes} MB, "
            f"and an answer within {DOWNLOAD_SECONDS} seconds.",
            print_exception=False,
        )


async def _download(url: str, file: Path) -> None:
    for _ in range(MAX_REDIRECTS + 1):
        parts = httpx.URL(url)
        if parts.scheme not in ("http", "https"):
            raise DownloadError
        found = await asyncio.get_running_loop().getaddrinfo(parts.host, None, type=socket.SOCK_STREAM)
        addresses = [entry[4][0] for entry in found]
        if not addresses or not all(is_public(str(address)) for address in addresses):
            raise DownloadError
        async with (  # the address that was looked at is the one that is asked
            httpx.AsyncClient(transport=AsyncSecureTransport(str(addresses[0])), timeout=DOWNLOAD_SECONDS) as client,
            client.stream("GET", url, headers={"Accept-Encoding": "identity"}) as response,
        ):
            if response.has_redirect_location:
                url = urljoin(url, response.headers["location"])
                continue
            if response.status_code != 200:
                raise DownloadError
            announced = int(response.headers.get("content-length", MAX_BYTES))
            if announced > MAX_BYTES:
                raise DownloadError
            with room.claim(current_visitor.get().address, announced + FILE_COST) as claim:
                claim.settle(FILE_COST + await _write(response, file, claim))
            return
    raise DownloadError


async def _write(response: httpx.Response, file: Path, claim: Claim) -> int:
    """Write a picture into a file, and return how many bytes it has; one that fails takes no room."""
    try:
        with file.open("wb") as out:
            async for chunk in response.aiter_bytes():
                if out.tell() + len(chunk) > MAX_BYTES:
                    raise DownloadError
                out.write(chunk)
                claim.arrive(len(chunk))
            return out.tell()
    except BaseException:
        claim.settle(0)
        raise
