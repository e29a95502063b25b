"""Mozilla's intermediate configuration of TLS, as SSLyze looks whether a site meets it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from benchmarks.judging.verdict import Verdict

_OK, _FAILED = re.compile(r": OK - Compliant\."), re.compile(r": FAILED - Not compliant\.")
_ISSUE = re.compile(r"(?m)^\s+\* (?P<rule>[a-z_]+): ")
_PART = "COMPLIANCE AGAINST"


def asked(folder: Path, address: str, domain: str, authority: Path) -> str:
    """Return what SSLyze says of a site whose certificate has to come from ``authority``."""
    command = [sys.executable, "-m", "sslyze", "--mozilla_config", "intermediate"]
    command += ["--certinfo_ca_file", str(authority), "--sni", domain, f"{address}:443"]
    here = {**os.environ, "PYTHONPATH": str(folder / "here")}
    return subprocess.run(command, env=here, capture_output=True, text=True, timeout=300, check=False).stdout


def parse(said: str) -> Verdict:
    """Return the rules of the configuration that a site does not meet. Raises ValueError when it was not judged."""
    judged = said.partition(_PART)[2]
    fails = frozenset(match["rule"] for match in _ISSUE.finditer(judged))
    if bool(_OK.search(judged)) == bool(_FAILED.search(judged)) or bool(fails) != bool(_FAILED.search(judged)):
        raise ValueError(f"SSLyze judged nothing: {said[-300:]!r}")
    return Verdict(len(fails), fails)
