"""dpkg's own scripts that another wrote, and programs that were put aside by hand."""

from __future__ import annotations

import os
from pathlib import Path

from ansible.module_utils.luytre_hunt.places import PlaceRows
from ansible.module_utils.luytre_hunt.starts import package_scripts


def test_a_script_that_is_younger_than_its_package_is_told_whatever_its_time_says(
    unpackaged: PlaceRows, tmp_path: Path
) -> None:
    info = tmp_path / "info"
    info.mkdir()
    for name in ("kept.list", "kept.postinst", "kept.md5sums", "own.list", "own.prerm", "alone.postinst"):
        (info / name).write_text("#!/bin/sh\n# no\nldconfig\n")
        os.utime(info / name, (1_700_000_000, 1_700_000_000))
    later = (info / "own.list").stat().st_ctime + 60
    os.utime(info / "own.prerm", (later, later))
    package_scripts.add_rows_of_changed_package_scripts(unpackaged, str(info), str(tmp_path / "none"))
    assert [(row[0], row[1], row[3], row[4], row[5]) for row in unpackaged.rows] == [
        ("hook", str(info / "own.prerm"), "changed", "ldconfig", ["maintainer"])
    ]


def test_what_somebody_diverted_is_told_and_what_a_package_did_is_not(unpackaged: PlaceRows, tmp_path: Path) -> None:
    diversions = tmp_path / "diversions"
    diversions.write_text(
        "/usr/bin/env\n/usr/bin/env.real\n:\n/usr/bin/sh\n/usr/bin/sh.x\ndash\n/usr/share/doc/x\n/usr/share/doc/y\n:\n"
        "/usr/bin/nowhere-luytre\n/x\n:\n/etc/cut"
    )
    package_scripts.add_rows_of_changed_package_scripts(unpackaged, str(tmp_path / "none"), str(diversions))
    assert [(row[1], row[4], row[5]) for row in unpackaged.rows] == [
        ("/usr/bin/env", "/usr/bin/env \u2192 /usr/bin/env.real", ["diverted"])
    ]
