"""PNG files put together by hand."""

import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY_OF_8_BITS = bytes([8, 0, 0, 0, 0])  # bits, kind of colour, and the only compression, filter and order there are


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_claiming(width, height):
    """A PNG that claims a size and has no pixels."""
    header = struct.pack(">II", width, height) + GREY_OF_8_BITS
    return SIGNATURE + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", b"") + png_chunk(b"IEND", b"")
