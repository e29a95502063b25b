"""``make release``: the published files of a version.

With them come checksums, their signature and the list of what the version contains.

Run as ``python -m tools.release FOLDER KEY``. ``KEY`` is a private SSH key, or a public one whose private key an agent
or a token holds. Ends with 2 and says why where the commit is not one that can be released.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from auditor import __version__
from tools import bundle

NAMESPACE = "luytre-release"
"""Signatures for anything else do not count for a release."""
SBOM = f"luytre-{__version__}.cdx.json"
CHECKSUMS = "SHA256SUMS"


def main(arguments: Sequence[str]) -> int:
    """Write the files of a release into a folder and print their names. Return 0, or 2 where it cannot be released."""
    folder, key = Path(arguments[0]), Path(arguments[1] if len(arguments) > 1 else "")
    if reason := find_obstacle(bundle.ROOT, __version__, key):
        print(f"release: {reason}", file=sys.stderr)
        return 2
    shutil.rmtree(folder, ignore_errors=True)
    for kind in ("bundle", "deb"):
        bundle.main([kind, str(folder)])
    _run("pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", str(folder), str(bundle.ROOT))
    write_sbom(folder / SBOM)
    write_checksums(folder)
    sign(folder / CHECKSUMS, key)
    print("\n".join(str(path) for path in sorted(folder.iterdir())))
    return 0


def find_obstacle(top: Path, version: str, key: Path) -> str | None:
    """Return why this commit cannot be released as ``version``, with the fix, or None."""
    if not key.is_file():
        return f"no key to sign with at {str(key)!r}: make release KEY=~/.ssh/id_ed25519"
    if _git(top, "status", "--porcelain", "--untracked-files=no"):
        return "files were changed since the last commit: commit or restore them"
    if not re.search(rf"^## {re.escape(version)} - \d{{4}}-\d{{2}}-\d{{2}}$", (top / "CHANGELOG.md").read_text(), re.M):
        return f"CHANGELOG.md has no heading '## {version} - YEAR-MONTH-DAY': rename 'Unreleased'"
    if _git(top, "tag", "--points-at", "HEAD", "--list", f"v{version}") != f"v{version}":
        return f"the commit has no tag v{version}: git tag --sign v{version}"
    return None


def write_sbom(path: Path) -> None:
    """Write what the program needs, by the lock, as CycloneDX."""
    lock = str(bundle.ROOT / "requirements.lock")
    options = ("--output-reproducible", "--pyproject", str(bundle.ROOT / "pyproject.toml"))
    _run("cyclonedx_py", "requirements", lock, *options, "--of", "JSON", "-o", str(path))


def write_checksums(folder: Path) -> None:
    """Write the SHA-256 of each file of a folder, as ``sha256sum --check`` reads it."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.name != CHECKSUMS)
    lines = (f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files)
    (folder / CHECKSUMS).write_text("".join(lines), "utf-8")


def sign(path: Path, key: Path) -> None:
    """Sign a file with an SSH key; the signature lies beside it as ``NAME.sig``."""
    subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-f", key, "-n", NAMESPACE, path], check=True)


def _git(top: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=top, check=True, capture_output=True, text=True).stdout.strip()


def _run(*words: str) -> None:
    subprocess.run([sys.executable, "-m", *words], check=True, cwd=bundle.ROOT)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
