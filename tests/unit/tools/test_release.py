"""A release: only a tagged, described and clean commit, and its signature counts for a release alone."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tools import release


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    run(tmp_path, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "key"))
    return tmp_path / "key"


@pytest.fixture
def top(tmp_path: Path) -> Path:
    top = tmp_path / "top"
    top.mkdir()
    (top / "CHANGELOG.md").write_text("# Changelog\n\n## 1.2.0 - 2026-12-01\n\n## 1.1.0 - 2026-11-01\n", "utf-8")
    author = ("-c", "user.name=x", "-c", "user.email=x@localhost")
    for words in (("init", "--quiet"), ("add", "."), (*author, "commit", "--quiet", "-m", "x"), ("tag", "v1.2.0")):
        assert run(top, "git", *words).returncode == 0
    return top


def test_a_tagged_and_described_commit_is_released(top: Path, key: Path) -> None:
    assert release.find_obstacle(top, "1.2.0", key) is None


@pytest.mark.parametrize(
    ("change", "version", "reason"),
    [
        (lambda top: (top / "CHANGELOG.md").write_text("x"), "1.2.0", "commit or restore"),
        (lambda _: None, "1.3.0", "rename 'Unreleased'"),
        (lambda _: None, "1.1.0", "git tag --sign v1.1.0"),
        (lambda top: run(top, "git", "tag", "-d", "v1.2.0"), "1.2.0", "git tag --sign v1.2.0"),
    ],
)
def test_any_other_is_refused_with_the_fix(change: object, version: str, reason: str, top: Path, key: Path) -> None:
    change(top)  # type: ignore[operator]
    assert reason in (release.find_obstacle(top, version, key) or "")


def test_without_a_key_nothing_is_built(top: Path, tmp_path: Path) -> None:
    assert "make release KEY=" in (release.find_obstacle(top, "1.2.0", tmp_path / "none") or "")


def test_checksums_are_those_that_sha256sum_reads_and_the_signature_is_a_releases(tmp_path: Path, key: Path) -> None:
    folder = tmp_path / "release"
    folder.mkdir()
    (folder / "luytre.tar").write_bytes(b"x")
    release.write_checksums(folder)
    release.sign(folder / release.CHECKSUMS, key)
    assert run(folder, "sha256sum", "--check", "--strict", release.CHECKSUMS).returncode == 0
    (tmp_path / "signers").write_text(f"luytre {(tmp_path / 'key.pub').read_text()}", "utf-8")

    def verify(namespace: str) -> int:
        with (folder / release.CHECKSUMS).open() as stream:
            words = ("-f", str(tmp_path / "signers"), "-I", "luytre", "-s", f"{release.CHECKSUMS}.sig")
            return subprocess.run(
                ["ssh-keygen", "-Y", "verify", "-n", namespace, *words],
                cwd=folder, stdin=stream, capture_output=True, check=False,
            ).returncode  # fmt: skip

    assert verify(release.NAMESPACE) == 0
    assert verify("file") != 0
