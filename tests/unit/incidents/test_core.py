"""Which application is meant, and what of a release is sent: only files that are known to be good, and nobody's but the release's."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path

import pytest

from auditor.compromise.known_good import archives, checksums, originals
from auditor.errors import InputError
from auditor.incidents.actions.core import CORE, build_release_files_for_core_restore
from auditor.incidents.actions.trigger import TRIGGER
from auditor.models import Host, Site

SITE = Site(domain="antruc.test", host="web1", document_root="/var/www/a")
WEB1 = Host(name="web1", address="192.0.2.10", sites=(SITE,))
FILES = {
    "index.php": b"<?php // index\n",
    "readme.html": b"<p>\n",
    "wp-config-sample.php": b"<?php // sample\n",
    "wp-includes/load.php": b"<?php // load\n",
    "wp-includes/large.js": b"x" * 2_000_000,
    "wp-includes/settings.php": b"<?php // written by offices\n",
    "wp-content/index.php": b"<?php // silence\n",
}


def archive(folder: Path, files: dict[str, bytes], name: str = "wordpress-6.8.2.zip", top: str = "wordpress/") -> Path:
    with zipfile.ZipFile(folder / name, "w") as packed:
        for path, content in files.items():
            packed.writestr(top + path, content)
    return folder / name


def test_only_what_nobody_but_the_release_writes_is_sent(tmp_path: Path) -> None:
    file = archive(tmp_path, FILES)
    given = build_release_files_for_core_restore(
        originals.open_vouched_release_archive(file, [archives.read_release_manifest(file)]), "antruc.test"
    )
    packed = zipfile.ZipFile(io.BytesIO(given["release.zip"]))
    assert packed.namelist() == [
        "index.php",
        "wp-config-sample.php",
        "wp-includes/large.js",
        "wp-includes/load.php",
    ]
    assert packed.read("wp-includes/large.js") == FILES["wp-includes/large.js"]
    assert json.loads(given["release.json"]) == {
        "tops": ["wp-includes"],
        "left": ["readme.html", "wp-content/index.php", "wp-includes/settings.php"],
    }
    assert given == build_release_files_for_core_restore(
        originals.open_vouched_release_archive(file, [archives.read_release_manifest(file)]), "antruc.test"
    )


def test_a_plugin_is_nobodys_but_its_makers(tmp_path: Path) -> None:
    file = archive(tmp_path, {"x.php": b"<?php\n", "a/y.css": b"y"}, "x.1.2.zip", "x/")
    given = build_release_files_for_core_restore(
        originals.open_vouched_release_archive(file, [archives.read_release_manifest(file)]),
        "antruc.test/wp-content/plugins/x",
    )
    assert json.loads(given["release.json"]) == {"tops": None, "left": []}
    assert zipfile.ZipFile(io.BytesIO(given["release.zip"])).namelist() == ["a/y.css", "x.php"]


def test_an_archive_of_which_one_file_is_not_known_is_refused(tmp_path: Path) -> None:
    known = archives.read_release_manifest(archive(tmp_path, FILES))
    for changed in ({**FILES, "index.php": b"<?php foreign();"}, {**FILES, "wp-includes/new.php": b"<?php"}):
        with pytest.raises(InputError, match="wordpress-6\\.8\\.2\\.zip is not a known-good release"):
            originals.open_vouched_release_archive(archive(tmp_path, changed), [known])


def test_published_checksums_vouch_too(tmp_path: Path) -> None:
    sums = {path: hashlib.md5(content, usedforsecurity=False).hexdigest() for path, content in FILES.items()}
    known = checksums.parse_published_checksums(json.dumps({"checksums": sums}).encode(), "wordpress", "6.8.2", "x")
    assert known is not None
    file = archive(tmp_path, FILES)
    assert originals.open_vouched_release_archive(file, [known]).manifest.version == "6.8.2"
    with pytest.raises(InputError, match="is not a known-good release"):
        originals.open_vouched_release_archive(archive(tmp_path, {**FILES, "index.php": b"<?php foreign();"}), [known])


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("https://Antruc.test/", "antruc.test"),
        ("antruc.test/wp-content/plugins/x", "antruc.test/wp-content/plugins/x"),
        ("antruc.test/tin%20t%E1%BB%A9c", "antruc.test/tin tức"),
    ],
)
def test_an_application_is_a_folder_of_a_site(typed: str, read: str) -> None:
    assert CORE.read(typed) == CORE.read(CORE.read(typed)) == read
    assert CORE.build_question(WEB1, read) == {"root": "/var/www/a", "folder": read.partition("/")[2]}


@pytest.mark.parametrize("typed", ["antruc.test/../x", "antruc.test//x", "antruc.test/%2e%2e/x", "antruc.test/a%00"])
def test_what_is_no_folder_of_a_site_is_refused(typed: str) -> None:
    with pytest.raises(InputError, match="is not a folder of a site"):
        CORE.read(typed)


def test_a_trigger_is_told_by_its_site_and_its_name() -> None:
    assert TRIGGER.read("https://Antruc.test/tin%20t/lam_moi") == "antruc.test/tin t/lam_moi"
    assert TRIGGER.build_question(WEB1, "antruc.test/tin t/x") == {"root": "/var/www/a", "folder": "tin t", "name": "x"}
    for typed in ("lam_moi", "antruc.test/x`y", "antruc.test/"):
        with pytest.raises(InputError, match="is not a trigger"):
            TRIGGER.read(typed)
