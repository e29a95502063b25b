"""The files by which a collection of evidence describes itself.

``manifest.json`` is signed, and everybody can check ``SHA256SUMS``.
"""

from __future__ import annotations

import json
from typing import Literal

from pydantic import ConfigDict, Field

from auditor.incidents.evidence.event_stream import FileAttributes
from auditor.models.base import Model
from auditor.models.incidents import IncidentId, Moment
from auditor.models.reviews import Place

MANIFEST, SUMS, SIGNATURE = "manifest.json", "SHA256SUMS", "manifest.json.sig"
REQUEST, ANSWER, AUTHORITY = "manifest.json.tsq", "manifest.json.tsr", "manifest.json.authority.pem"
BESIDE = frozenset((MANIFEST, SUMS, SIGNATURE, REQUEST, ANSWER, AUTHORITY))
"""What lies in the folder and is none of the files that it lists."""
MAX_BYTES = 60_000_000


class EvidenceFile(Model):
    """A file of the collection."""

    path: str = Field(min_length=1, max_length=3_100, description="below the collection's folder")
    size: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    cut: str = Field(default="", max_length=20, description="why it is not whole")
    told: FileAttributes | None = Field(default=None, description="what the host says of what it sent")


class OmittedFile(Model):
    """Something that the host did not send."""

    what: str = Field(max_length=5_000)
    why: str = Field(max_length=200)
    told: FileAttributes | None = None


class Redaction(Model):
    """The secrets of one file of the host that were taken out of what the host sent.

    Whoever writes that file chose the words.
    """

    source: str = Field(max_length=5_000, description="the file that has them, on the host")
    count: int = Field(ge=1, description="how often")
    files: int = Field(ge=1, description="in how many files of the collection")


class EvidenceManifest(Model):
    """All of a collection."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["luytre/evidence/1"] = "luytre/evidence/1"
    incident: IncidentId
    host: Place
    who: str = Field(max_length=120, description="the office role that collected it")
    begun: Moment
    ended: Moment
    clock: float | None = Field(default=None, description="seconds by which the host's clock is ahead of ours")
    stopped: str = Field(default="", max_length=200, description="why it ended before its end; empty: it did not")
    files: tuple[EvidenceFile, ...] = Field(description="by their paths")
    left_out: tuple[OmittedFile, ...] = ()
    redactions: tuple[Redaction, ...] = Field(default=(), description="the most frequent first")


def render_manifest(manifest: EvidenceManifest) -> bytes:
    """Return the text of ``manifest.json``."""
    data = manifest.model_dump(mode="json", exclude_defaults=True)
    return (json.dumps({"format": manifest.format, **data}, ensure_ascii=False, indent=1) + "\n").encode()


def render_sha256sum_lines(manifest: EvidenceManifest, manifest_digest: str) -> bytes:
    """Return the checksums as ``sha256sum`` writes them; ``manifest_digest`` is the manifest's own."""
    rows = [(file.sha256, file.path) for file in manifest.files]
    return "".join(f"{sha256}  {path}\n" for sha256, path in [*rows, (manifest_digest, MANIFEST)]).encode()
