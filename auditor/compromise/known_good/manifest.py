"""One release as its files' paths and digests. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class ReleaseManifest:
    """The files of one release, or of a folder that somebody trusts."""

    name: str
    version: str
    origin: str
    """What it was made from, and its SHA-256."""
    entries: Mapping[str, str]
    """SHA-256 in hex (of published checksums MD5) by path from the application's folder; a name's bytes are kept."""
    reason: str = ""
    approver: str = ""
    """Why, and which office role says so, of a folder that is trusted as it was found."""
    lies: str = ""
    """Where its archive or folder lies on this controller, which shows what a changed file was; empty.

    That is not known.
    """
