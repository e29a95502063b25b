"""Manifests: out of archives that may be built to hurt, kept, and laid over a host's files."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest

from auditor.compromise.known_good import archives, checksums, file_diff, manifest_file, matcher, originals
from auditor.compromise.known_good.manifest import ReleaseManifest
from auditor.compromise.known_good.matcher import HostFile
from auditor.errors import MISTAKE, InputError
from auditor.history.known_good import KnownGoodStore

FILES = {f"core/{name}.php": f"<?php // {name} {'x' * 300}".encode() for name in "abcdefg"} | {
    "index.php": b"<?php // index" + b"y" * 300
}

OLDER = {name: content for name, content in FILES.items() if name < "core/e"}


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def release(version: str = "1.0", files: dict[str, bytes] = FILES, name: str = "portal") -> ReleaseManifest:
    return ReleaseManifest(name, version, "", {path: sha(content) for path, content in files.items()})


def lying(files: dict[str, bytes], base: str = "/srv/www") -> list[HostFile]:
    return [
        HostFile(f"{base}/{path}", sha(content), len(content), path.endswith(".php")) for path, content in files.items()
    ]


def standing(files: dict[str, bytes], *manifests: ReleaseManifest) -> dict[str, str]:
    told = matcher.match_files_to_manifests(lying(files), manifests or (release(),))
    return {path.removeprefix("/srv/www/"): how for path, (how, _release) in told.standings.items()}


def test_a_zip_a_tar_and_a_folder_make_the_same_manifest(tmp_path: Path) -> None:
    zip_made = archives.read_release_manifest(
        zipped(tmp_path / "portal-1.0.zip", {f"portal/{name}": one for name, one in FILES.items()})
    )
    with tarfile.open(tmp_path / "portal-1.0.tar.gz", "w:gz") as archive:
        for name, content in FILES.items():
            info = tarfile.TarInfo(f"./portal/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    tar_made = archives.read_release_manifest(tmp_path / "portal-1.0.tar.gz")
    for name, content in FILES.items():
        (tmp_path / "portal" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "portal" / name).write_bytes(content)
    folder = archives.build_manifest_of_trusted_folder(tmp_path / "portal", "portal", "1.0", "bàn giao", "Văn phòng")
    assert zip_made.entries == tar_made.entries == folder.entries == release().entries
    assert (zip_made.name, zip_made.version) == (tar_made.name, tar_made.version) == ("portal", "1.0")


@pytest.mark.parametrize("path", ["../x.php", "/etc/x.php", "a/../../x", "a\\b.php"])
def test_a_path_that_leads_out_of_its_archive_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(InputError, match="leads out"):
        archives.read_release_manifest(zipped(tmp_path / "x.zip", {path: b"x"}))


def test_an_archive_that_holds_too_much_is_refused_while_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MAX_BYTES", 1_000_000)
    with pytest.raises(InputError, match="more than 1000000 bytes"):
        archives.read_release_manifest(zipped(tmp_path / "bomb.zip", {"a": bytes(900_000), "b": bytes(900_000)}))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nothing", b"!<arch>\njunk", b"{}", b"\x1f\x8b junk", b"text"])
def test_what_is_no_archive_is_told_in_a_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(InputError, match=r"x\.zip"):
        archives.read_release_manifest(tmp_path / "x.zip")


def test_an_archive_that_is_not_there_is_no_matter_of_its_digest(tmp_path: Path) -> None:
    for read in (archives.read_release_manifest, lambda file: originals.open_vouched_release_archive(file, [])):
        with pytest.raises(InputError) as told:
            read(tmp_path / "x.zip")
        assert str(told.value) == (
            f"{tmp_path}/x.zip: cannot be read: No such file or directory — check the path and its permissions"
        )
        assert told.value.exit_code == MISTAKE


def test_the_same_path_twice_is_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        for content in (b"good", b"other"):
            info = tarfile.TarInfo("a.php")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    with pytest.raises(InputError, match="twice"):
        archives.read_release_manifest(tmp_path / "x.tar")


def test_each_file_is_told_for_what_it_is() -> None:
    older = release("0.9", {**OLDER, "core/old.php": b"<?php // old" + b"z" * 300})
    there = {
        **FILES,
        "core/a.php": FILES["core/a.php"].replace(b"x", b"y", 1),
        "core/added.php": b"<?php // added",
        "core/old.php": b"<?php // old" + b"z" * 300,
        "uploads/b.php": FILES["core/b.php"],
        "uploads/own.php": b"<?php // own",
    }
    del there["core/d.php"]
    told = matcher.match_files_to_manifests(lying(there), (release(), older))
    assert {path.removeprefix("/srv/www/"): how for path, (how, _) in told.standings.items()} == {
        "index.php": "known",
        "core/b.php": "known",
        **{f"core/{name}.php": "known" for name in "cefg"},
        "core/a.php": "changed",
        "core/added.php": "unknown",
        "core/old.php": "left_over",
        "uploads/b.php": "misplaced",
    }
    assert [path for path, _ in told.missing_files] == ["/srv/www/core/d.php"]


def test_a_plugin_whose_main_file_is_gone_is_still_verified() -> None:
    plugin = release(
        files={"plugin.php": b"<?php main", **{f"in/{n}.php": b"<?php %d" % n for n in range(9)}}, name="plugin"
    )
    there = {f"wp-content/plugins/plugin/in/{n}.php": b"<?php %d" % n for n in range(9)}
    there["wp-content/plugins/plugin/x.php"] = b"<?php foreign"
    found = standing(there, plugin)
    assert found["wp-content/plugins/plugin/in/3.php"] == "known"
    assert found["wp-content/plugins/plugin/x.php"] == "unknown"


def test_a_configuration_that_an_office_wrote_is_no_changed_file() -> None:
    told = standing(
        {**FILES, "config.php": b"<?php // own"}, release(files={**FILES, "config.php": b"<?php // sample"})
    )
    assert "config.php" not in told
    assert told["core/a.php"] == "known"


def test_a_release_that_is_not_there_explains_nothing() -> None:
    assert standing({"a.php": b"<?php 1", "core/b.php": b"<?php 2"}) == {}


def test_manifests_are_kept_whole_share_their_contents_and_travel(tmp_path: Path) -> None:
    store = KnownGoodStore(tmp_path / "known-good.sqlite")
    odd = ReleaseManifest("odd", "2", "from", {"a\udcffb.php": "0" * 64, "ô.php": "1" * 64}, "vì", "Văn phòng")
    store.put((release(), release("1.1"), odd))
    assert [(one.name, one.version, one.files) for one in store.list_manifests()] == [
        ("odd", "2", 2),
        ("portal", "1.0", 8),
        ("portal", "1.1", 8),
    ]
    assert store.load_manifests()[0] == odd
    assert manifest_file.parse_manifest_json(manifest_file.dump_manifest_as_json(odd)) == odd
    store.remove("portal", "1.0")
    with pytest.raises(InputError, match=r"no manifest of portal 1\.0"):
        store.remove("portal", "1.0")
    assert len(store.load_manifests()) == 2


def test_of_a_package_of_debian_s_the_application_counts_wherever_it_was_copied() -> None:
    entries = {**{f"usr/share/portal/{path}": "0" * 64 for path in FILES}, "etc/portal.conf": "1" * 64}
    assert archives._select_application_folder_of_deb(entries, "") == (dict.fromkeys(FILES, "0" * 64), "")


@pytest.mark.parametrize(
    "file, told, wanted",
    [
        ("wordpress-6.8.2-vi.json", {"checksums": {"a.php": "0" * 32}}, ("wordpress", "6.8.2", {"a.php": "0" * 32})),
        ("x.json", {"checksums": {"6.7": {"a.php": "0" * 32}}}, ("wordpress", "6.7", {"a.php": "0" * 32})),
        (
            "x.json",
            {"plugin": "p", "version": "1.2", "files": {"p.php": {"md5": "0" * 32, "sha256": "1" * 64}}},
            ("p", "1.2", {"p.php": "1" * 64}),
        ),
        (
            "x.json",
            {"plugin": "p", "version": "1.2", "files": {"p.php": {"md5": ["0" * 32]}}},
            ("p", "1.2", {"p.php": "0" * 32}),
        ),
    ],
)
def test_published_checksums_make_a_manifest(
    tmp_path: Path, file: str, told: object, wanted: tuple[str, str, dict[str, str]]
) -> None:
    (tmp_path / file).write_text(json.dumps(told))
    made = archives.read_release_manifest(tmp_path / file)
    assert (made.name, made.version, made.entries) == wanted
    store = KnownGoodStore(tmp_path / "known.sqlite")
    store.put((made,))
    assert store.load_manifests() == (made,)
    assert manifest_file.parse_manifest_json(manifest_file.dump_manifest_as_json(made)) == made


@pytest.mark.parametrize(
    "told",
    [
        {"checksums": {"a.php": "0" * 32}},
        {"checksums": {"a.php": "x"}},
        {"checksums": {}},
        {"checksums": {"6.7": {"a.php": "0" * 32}, "6.8": {"a.php": "1" * 32}}},
        {"plugin": "p", "version": "1", "files": {"p.php": {"md5": ["0" * 32, "1" * 32]}}},
        {"plugin": "p", "version": "1", "files": {"../p.php": {"md5": "0" * 32}}},
        {"plugin": "p", "files": {}},
        {"other": 1},
    ],
)
def test_other_json_is_no_checksums(tmp_path: Path, told: object) -> None:
    (tmp_path / "x.json").write_text(json.dumps(told))
    with pytest.raises(InputError):
        archives.read_release_manifest(tmp_path / "x.json")


def test_a_manifest_by_md5_is_told_by_what_a_host_has() -> None:
    one = ReleaseManifest("w", "1", "", {"a": "0" * 32, "b": "1" * 32})
    assert checksums.has_md5_digests(one)
    assert checksums.replace_md5_by_sha256(one, {"0" * 32: "2" * 64}).entries == {"a": "2" * 64, "b": "1" * 32}


def test_a_changed_file_is_shown_with_what_differs_while_its_archive_lies_there(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "portal-1.0.zip", "w") as archive:
        for path, content in FILES.items():
            archive.writestr(f"portal/{path}", content)
    manifest = archives.read_release_manifest(tmp_path / "portal-1.0.zip")
    changed = FILES["core/a.php"] + b"\n$db_password = 'Hunter2-secret';\necho 'gone';\n"
    told = matcher.match_files_to_manifests(lying({**FILES, "core/a.php": changed}), (manifest,))
    release, digest = told.originals["/srv/www/core/a.php"]
    original = archives.extract_release_contents_by_sha256(release, {digest})[digest]
    assert original == FILES["core/a.php"]
    differs = file_diff.diff_contents(original, changed)
    shown = file_diff.render_redacted_diff(differs, original, changed, "core/a.php")
    assert shown.startswith("(+2 -0) ")
    assert "echo 'gone';" in shown
    assert "Hunter2" not in shown
    (tmp_path / "portal-1.0.zip").write_bytes(b"another")
    assert archives.extract_release_contents_by_sha256(release, {digest}) == {}


def test_of_a_trusted_folder_what_is_as_it_was_shows_what_differs(tmp_path: Path) -> None:
    (tmp_path / "a.php").write_bytes(b"<?php // one\n")
    manifest = archives.build_manifest_of_trusted_folder(tmp_path, "own", "", "vì", "Văn phòng")
    digest = manifest.entries["a.php"]
    assert archives.extract_release_contents_by_sha256(manifest, {digest}) == {digest: b"<?php // one\n"}
    (tmp_path / "a.php").write_bytes(b"<?php // two\n")
    assert archives.extract_release_contents_by_sha256(manifest, {digest}) == {}


def test_lines_that_moved_differ_in_nothing_and_what_was_added_is_a_program() -> None:
    found = file_diff.diff_contents(b"a\nb\nc\n", b"c\nb\na\nd();\n")
    assert (found.added_lines, found.removed_lines, found.php_of_added_lines) == ([b"d();"], [], b"<?php\nd();")
