"""The bytes of a file as UTF-8 text with "\\n" line ends.

A byte order mark decides. Otherwise text that is valid UTF-8 is UTF-8, because other encodings
almost never are, and everything else is cp1252, which contains the printable part of Latin-1.
`charset_normalizer` was tried: it calls a UTF-8 file cp775 and a German one cp1250.
"""

import codecs
import re
import zlib
from typing import NamedTuple

import numpy as np

MAX_BYTES = 25 * 2**20
MAX_MEGABYTES = MAX_BYTES // 2**20

_GZIP = b"\x1f\x8b"
_MARKS = {
    codecs.BOM_UTF8: ("utf-8-sig", "UTF-8"),
    codecs.BOM_UTF32_LE: ("utf-32", "UTF-32"),  # before UTF-16: it begins with the same bytes
    codecs.BOM_UTF32_BE: ("utf-32", "UTF-32"),
    codecs.BOM_UTF16_LE: ("utf-16", "UTF-16"),
    codecs.BOM_UTF16_BE: ("utf-16", "UTF-16"),
}
_OTHER_FORMATS = {b"PK\x03\x04": "a spreadsheet or ZIP archive", b"%PDF": "a PDF document"}
_CONTROLS = bytes({*range(32), 127} - set(b"\t\n\v\f\r"))


class Decoded(NamedTuple):
    """A text and how it was encoded."""

    data: bytes
    """UTF-8 without a byte order mark."""
    encoding: str


def decoded(content: bytes) -> Decoded:
    """Returns the text of a file.

    Raises:
      ValueError: if it is empty, too large, compressed in an unknown way, or no text.
    """
    is_gzip = content.startswith(_GZIP)
    if is_gzip:
        content = _unpacked(content)
    if len(content) > MAX_BYTES:
        raise ValueError(f"The file may have at most {MAX_MEGABYTES} MB; it has more.")
    for start, form in _OTHER_FORMATS.items():
        if content.startswith(start):
            raise ValueError(f"The file is {form}, so it is not CSV. Save the table as CSV.")
    data, encoding = _as_utf8(content)
    if b"\0" in data:
        raise ValueError("The file holds NUL characters, so it is not CSV.")
    data = data.rstrip(b"\x1a").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if not data.strip():
        raise ValueError("The file is empty.")
    return Decoded(data, f"{encoding}, gzip" if is_gzip else encoding)


def _unpacked(content: bytes) -> bytes:
    """Returns what gzip has packed, cut off soon after the limit."""
    parts, size = [], 0
    while content.startswith(_GZIP) and size <= MAX_BYTES:
        unpacking = zlib.decompressobj(wbits=31)
        try:
            parts.append(unpacking.decompress(content, MAX_BYTES + 1 - size))
        except zlib.error:
            raise ValueError("The gzip file is damaged.") from None
        size += len(parts[-1])
        if not unpacking.eof and size <= MAX_BYTES:
            raise ValueError("The gzip file is cut off: its end is missing.")
        content = unpacking.unused_data
    return b"".join(parts)


def _as_utf8(content: bytes) -> tuple[bytes, str]:
    for mark, (codec, encoding) in _MARKS.items():
        if content.startswith(mark):
            return _decoded(content, codec, encoding).encode(), encoding
    utf16 = _utf16_without_mark(content)
    if utf16:
        return _decoded(content, utf16, "UTF-16").encode(), "UTF-16"
    try:
        content.decode()
    except UnicodeDecodeError as error:
        return _from_one_byte(content, error.start)
    return content, "UTF-8"


def _decoded(content: bytes, codec: str, encoding: str) -> str:
    try:
        return content.decode(codec)
    except UnicodeDecodeError as error:
        raise ValueError(
            f"The file is not {encoding} text (see byte {error.start:,}), although it begins so."
        ) from None


def _utf16_without_mark(content: bytes) -> str | None:
    """Returns the codec of UTF-16 text, half of whose bytes are mostly 0."""
    zeros = np.frombuffer(content[:4096][: len(content) // 2 * 2], np.uint8).reshape(-1, 2) == 0
    even, odd = zeros.mean(axis=0) if len(zeros) else (0.0, 0.0)
    if odd > 0.5 and even == 0:
        return "utf-16-le"
    return "utf-16-be" if even > 0.5 and odd == 0 else None


def _from_one_byte(content: bytes, wrong_byte: int) -> tuple[bytes, str]:
    if len(content.translate(None, _CONTROLS)) < len(content):
        raise ValueError("The file holds control characters, so it is not CSV.")
    encoding = "cp1252" if re.search(rb"[\x80-\x9f]", content) else "Latin-1"
    try:
        return content.decode("cp1252").encode(), encoding
    except UnicodeDecodeError:
        raise ValueError(
            f"The file is neither UTF-8 nor cp1252 text (see byte {wrong_byte:,}). In a "
            "spreadsheet, save it as “CSV UTF-8”."
        ) from None
