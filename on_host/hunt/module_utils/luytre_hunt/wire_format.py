"""How lists travel between the controller and a host: JSON, packed, as text.

Names are bytes, each shown as one character.
"""

import base64
import json
import zlib

MAX_UNPACKED = 64000000


def pack_json_value_as_text(value):
    """Return a value of JSON as text."""
    data = json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode("ascii")
    return base64.b64encode(zlib.compress(data, 6)).decode("ascii")


def unpack_json_value_from_text(text):
    """Return the value again; None of an empty text. Raises ValueError for what is none of ours, or too large."""
    if not text:
        return None
    pieces = zlib.decompressobj()
    try:
        data = pieces.decompress(base64.b64decode(text, validate=True), MAX_UNPACKED)
    except zlib.error as error:
        raise ValueError(str(error))
    if pieces.unconsumed_tail:
        raise ValueError("too large")
    return json.loads(data.decode("ascii"))


def convert_path_to_text_byte_by_byte(path):
    """Return a path as the file system has it, a character for each byte."""
    return encode_path_as_bytes(path).decode("latin-1")


def convert_text_back_to_path(text):
    """Return the path again."""
    return text.encode("latin-1").decode("utf-8", "surrogateescape")


def encode_path_as_bytes(path):
    """Return the bytes of a path."""
    return path.encode("utf-8", "surrogateescape")
