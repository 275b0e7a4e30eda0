"""Decodes the bytes of a file to UTF-8 text with "\\n" line ends.

A byte order mark determines the encoding. Otherwise, valid UTF-8 is read as UTF-8, because text in
another encoding is almost never valid UTF-8. Everything else is read as cp1252, which contains the
printable part of Latin-1. `charset_normalizer` is not used because it detected a UTF-8 file as
cp775 and a German one as cp1250.
"""

import codecs
import gzip
import io
import re
import zlib

MAX_BYTES = 25 * 2**20
MAX_MEGABYTES = MAX_BYTES // 2**20

GZIP = b"\x1f\x8b"
_MARKS = {
    codecs.BOM_UTF8: ("utf-8-sig", "UTF-8"),
    codecs.BOM_UTF32_LE: ("utf-32", "UTF-32"),  # before UTF-16: it begins with the same bytes
    codecs.BOM_UTF32_BE: ("utf-32", "UTF-32"),
    codecs.BOM_UTF16_LE: ("utf-16", "UTF-16"),
    codecs.BOM_UTF16_BE: ("utf-16", "UTF-16"),
}
_OTHER_FORMATS = {b"PK\x03\x04": "a spreadsheet or ZIP archive", b"%PDF": "a PDF document"}
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")


def decoded(content: bytes) -> tuple[bytes, str]:
    """Returns the text of a file as UTF-8 that ends with a line end, and its original encoding.

    Raises:
      ValueError: if the file is empty, too large, compressed in an unknown way, or not text.
    """
    is_gzip = content.startswith(GZIP)
    if is_gzip:
        content = _unpacked(content)
    if len(content) > MAX_BYTES:
        raise ValueError(f"The file may have at most {MAX_MEGABYTES} MB; it has more.")
    for start, form in _OTHER_FORMATS.items():
        if content.startswith(start):
            raise ValueError(f"The file is {form}, so it is not CSV. Save the table as CSV.")
    codec, encoding = _encoding(content)
    try:
        data = content.decode(codec).encode()
    except UnicodeDecodeError as error:
        wrong = "neither UTF-8 nor cp1252" if codec == "cp1252" else f"not {encoding}"
        raise ValueError(
            f"The file is {wrong} text (see byte {error.start:,}). In a spreadsheet, save it as "
            "“CSV UTF-8”."
        ) from None
    if b"\0" in data:
        raise ValueError("The file contains NUL characters, so it is not CSV.")
    data = data.rstrip(b"\x1a").replace(b"\r\n", b"\n").replace(b"\r", b"\n") + b"\n"
    if not data.strip():
        raise ValueError("The file is empty.")
    return data, f"{encoding}, gzip" if is_gzip else encoding


def _unpacked(content: bytes) -> bytes:
    """Returns the decompressed content of a gzip file, up to one byte more than the limit."""
    try:
        with gzip.open(io.BytesIO(content)) as file:
            return file.read(MAX_BYTES + 1)
    except EOFError:
        raise ValueError("The gzip file is incomplete: its end is missing.") from None
    except (OSError, zlib.error):
        raise ValueError("The gzip file is damaged.") from None


def _encoding(content: bytes) -> tuple[str, str]:
    """Returns the codec of a text, and the name of its encoding."""
    for mark, found in _MARKS.items():
        if content.startswith(mark):
            return found
    # In UTF-16 text, most bytes are 0 either at the even positions or at the odd ones.
    even, odd = content[:4096:2].count(0), content[1:4096:2].count(0)
    if max(even, odd) * 4 > len(content[:4096]) and not min(even, odd):
        return ("utf-16-be" if even else "utf-16-le"), "UTF-16"
    try:
        content.decode()
        return "utf-8", "UTF-8"
    except UnicodeDecodeError:
        if _CONTROLS.search(content):
            raise ValueError("The file contains control characters, so it is not CSV.") from None
    return "cp1252", "cp1252" if re.search(rb"[\x80-\x9f]", content) else "Latin-1"
