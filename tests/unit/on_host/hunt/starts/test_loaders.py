"""Libraries of no package, in folders that programs load from."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible.module_utils.luytre_hunt.places import PlaceRows
from ansible.module_utils.luytre_hunt.starts import loaders


def test_a_library_of_no_package_is_told_and_more_so_where_nsswitch_names_it(
    unpackaged: PlaceRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, local = tmp_path / "lib", tmp_path / "local"
    folder.mkdir()
    local.mkdir()
    for name in ("libc.so.6", "libnss_cached.so.2", "libnss_idle.so.2", "libx.so.1"):
        (folder / name).write_bytes(b"\x7fELF")
    (folder / "libc.so").symlink_to("libc.so.6")
    (folder / "libgone.so").symlink_to("nowhere")
    for name in ("libc.so.6", "libown.so.3"):
        (local / name).write_bytes(b"\x7fELF")
    (tmp_path / "nsswitch").write_text("passwd: files [NOTFOUND=return] cached # idle\n")
    unpackaged.packaged.names.add(str(folder / "libc.so.6"))
    monkeypatch.setattr(loaders, "NSSWITCH", str(tmp_path / "nsswitch"))
    monkeypatch.setattr(loaders, "FOLDERS", (f"{folder}/*.so*",))
    monkeypatch.setattr(loaders, "LOCAL", f"{local}/*.so*")
    loaders.add_rows_of_foreign_libraries(unpackaged)
    assert {os.path.relpath(row[1], tmp_path): row[5] for row in unpackaged.rows} == {
        "lib/libnss_cached.so.2": ["names"],
        "lib/libnss_idle.so.2": ["names"],
        "lib/libx.so.1": [],
        "local/libc.so.6": ["replaces"],
    }
