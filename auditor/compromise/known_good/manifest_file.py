"""A manifest as a file for another controller, and back. Pure."""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import Field, StringConstraints, ValidationError

from auditor.compromise.known_good.manifest import ReleaseManifest
from auditor.models import Model

SCHEMA = "luytre/known-good/1"
_Digest = Annotated[str, StringConstraints(pattern=r"^(?:[0-9a-f]{64}|[0-9a-f]{32})$")]
_Path = Annotated[str, StringConstraints(min_length=1, max_length=1_000)]


class _Document(Model):
    schema_: str = Field(alias="schema")
    name: str = Field(max_length=200)
    version: str = Field(max_length=100)
    origin: str = Field(max_length=600)
    reason: str = Field(default="", max_length=500)
    approver: str = Field(default="", max_length=200)
    entries: dict[_Path, _Digest] = Field(min_length=1, max_length=60_000)


def dump_manifest_as_json(manifest: ReleaseManifest) -> bytes:
    """Return the manifest as JSON; a letter stands for each byte of a name."""
    document = {
        "schema": SCHEMA,
        **{name: value for name, value in vars(manifest).items() if name != "lies"},
        "entries": {_encode_path_as_latin1(path): digest for path, digest in manifest.entries.items()},
    }
    return (json.dumps(document, indent=1) + "\n").encode("ascii")


def parse_manifest_json(content: bytes) -> ReleaseManifest:
    """Return the manifest again. Raises ValueError for what is none."""
    try:
        document = _Document.model_validate(json.loads(content))
    except (ValidationError, RecursionError, UnicodeError) as error:
        raise ValueError("no manifest that this program has written") from error
    if document.schema_ != SCHEMA:
        raise ValueError("a manifest of another version")
    entries = {_decode_latin1_path(letters): digest for letters, digest in document.entries.items()}
    return ReleaseManifest(
        document.name, document.version, document.origin, entries, document.reason, document.approver
    )


def _encode_path_as_latin1(path: str) -> str:
    """Return a path with a letter for each of its bytes, which need not be text."""
    return path.encode("utf-8", "surrogateescape").decode("latin-1")


def _decode_latin1_path(latin1_path: str) -> str:
    return latin1_path.encode("latin-1").decode("utf-8", "surrogateescape")
