"""A folder of release archives that an office mirrors."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.compromise.known_good import archives, mirror
from auditor.compromise.known_good.manifest import ReleaseManifest
from auditor.compromise.known_good.mirror import MirrorDifference, compare_mirror_with_known_good
from auditor.errors import InputError
from tests.unit.compromise.test_known_good import zipped

FILES = {"portal/index.php": b"<?php // index", "portal/a.php": b"<?php // a"}


def names(manifests: tuple[ReleaseManifest, ...]) -> list[str]:
    return [f"{manifest.name} {manifest.version}" for manifest in manifests]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "old").mkdir()
    zipped(tmp_path / "portal-1.0.zip", FILES)
    zipped(tmp_path / "old/portal-0.9.zip", {"portal/index.php": b"<?php // old"})
    (tmp_path / "SHA256SUMS").write_text("a sum")
    (tmp_path / "composer.json").write_text('{"name": "portal"}')
    return tmp_path


def known(difference: MirrorDifference) -> tuple[ReleaseManifest, ...]:
    return difference.new


def test_what_is_new_is_read_once(folder: Path) -> None:
    first = compare_mirror_with_known_good(folder, [])
    assert names(first.new) == ["portal 1.0", "portal 0.9"]
    assert first.unreadable == ()
    again = compare_mirror_with_known_good(folder, known(first))
    assert (again.new, again.unchanged_count, again.changed, again.gone, again.moved) == ((), 2, (), (), ())


def test_what_is_gone_is_named_and_what_was_moved_is_not(folder: Path) -> None:
    before = known(compare_mirror_with_known_good(folder, []))
    (folder / "old/portal-0.9.zip").unlink()
    (folder / "portal-1.0.zip").rename(folder / "old/portal-1.0.zip")
    difference = compare_mirror_with_known_good(folder, before)
    assert names(difference.gone) == ["portal 0.9"]
    assert [manifest.lies for manifest in difference.moved] == [str(folder / "old/portal-1.0.zip")]


def test_what_was_imported_from_elsewhere_is_never_gone(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = zipped(tmp_path_factory.mktemp("other") / "shop-1.0.zip", FILES)
    manifest = archives.read_release_manifest(elsewhere)
    elsewhere.unlink()
    assert compare_mirror_with_known_good(folder, [manifest]).gone == ()


def test_another_content_under_the_same_version_is_named_and_never_taken(folder: Path) -> None:
    before = known(compare_mirror_with_known_good(folder, []))
    zipped(folder / "portal-1.0.zip", {**FILES, "portal/shell.php": b"<?php // foreign"})
    difference = compare_mirror_with_known_good(folder, before)
    assert [changed.file.name for changed in difference.changed] == ["portal-1.0.zip"]
    assert difference.new == ()


def test_the_same_release_packed_otherwise_is_known(folder: Path) -> None:
    before = known(compare_mirror_with_known_good(folder, []))
    zipped(folder / "portal-1.0.zip", dict(reversed(FILES.items())))
    difference = compare_mirror_with_known_good(folder, before)
    assert (difference.unchanged_count, difference.changed, difference.gone) == (2, (), ())


def test_an_archive_that_cannot_be_read_costs_itself_alone(folder: Path) -> None:
    (folder / "half.zip").write_bytes((folder / "portal-1.0.zip").read_bytes()[:60])
    (folder / "link.zip").symlink_to("portal-1.0.zip")
    difference = compare_mirror_with_known_good(folder, [])
    assert names(difference.new) == ["portal 1.0", "portal 0.9"]
    assert [error.file.name for error in difference.unreadable if error.file] == ["half.zip"]


def test_what_is_no_such_folder_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="is not a folder"):
        compare_mirror_with_known_good(folder / "portal-1.0.zip", [])
    monkeypatch.setattr(mirror, "MAX_ENTRIES", 2)
    with pytest.raises(InputError, match="more than 2 files"):
        compare_mirror_with_known_good(folder, [])
