"""Mounts that hide processes and replace files, as the kernel lists them."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible.module_utils.luytre_hunt.places import PlaceRows
from ansible.module_utils.luytre_hunt.running import mounts


def test_a_mount_over_a_process_hides_it_and_one_over_a_file_replaces_it(
    unpackaged: PlaceRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mounts, "HELPERS", ())
    monkeypatch.setattr(mounts, "FORMATS", "/nowhere/*")
    proc = tmp_path / "a proc"
    (proc / "self").mkdir(parents=True)
    shown = str(proc).replace(" ", "\\040")
    lines = [
        f"1 2 0:3 / {shown} rw - proc proc rw",
        f"2 2 0:3 /var/.x {shown}/4711 rw shared:1 - ext4 /dev/x rw",
        f"3 2 0:3 / {shown}/4712/fd rw - tmpfs tmpfs rw",
        f"4 2 0:3 / {shown}/sys/kernel rw - proc proc ro",
        "5 2 0:3 /var/.x/env /usr/bin/env rw - ext4 /dev/x rw",
        "6 2 0:3 /hosts /etc/hosts rw - ext4 /dev/x rw",
        "7 2 0:3 / /usr/bin rw - ext4 /dev/x rw",
        "nonsense",
    ]
    (proc / "self/mountinfo").write_text("\n".join(lines))
    mounts.add_rows_of_covered_files_and_helpers(unpackaged, str(proc))
    assert [(row[0], row[1], row[5]) for row in unpackaged.rows] == [
        ("hook", "/usr/bin/env", ["covered"]),
        ("process", f"{proc}/4711", ["hidden"]),
        ("process", f"{proc}/4712", ["hidden"]),
    ]


def test_a_helper_of_the_kernels_that_no_package_has_is_told(
    unpackaged: PlaceRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helper, pattern = tmp_path / "dump", tmp_path / "core_pattern"
    helper.write_text("#!/bin/sh\n")
    monkeypatch.setattr(mounts, "HELPERS", (str(pattern), str(tmp_path / "none")))
    monkeypatch.setattr(mounts, "FORMATS", f"{tmp_path}/formats/*")
    pattern.write_text("core\n")
    mounts.add_rows_of_covered_files_and_helpers(unpackaged, str(tmp_path))
    assert unpackaged.rows == []
    pattern.write_text(f"|{helper} %p\n")
    mounts.add_rows_of_covered_files_and_helpers(unpackaged, str(tmp_path))
    assert [(row[1], row[6]) for row in unpackaged.rows] == [(str(pattern), [[str(helper), "foreign"]])]
