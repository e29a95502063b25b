"""Where root looks for programs: search paths as files write them, and folders that others could fill."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible.module_utils.luytre.logins import root_path


@pytest.mark.parametrize(
    "text, found",
    [
        ('PATH="/usr/bin:/sbin"\n', ["/usr/bin", "/sbin"]),
        ("ENV_SUPATH  PATH=/usr/sbin:/usr/bin\nENV_PATH  PATH=/usr/games\n", ["/usr/sbin", "/usr/bin"]),
        ('Defaults\tsecure_path="/usr/local/sbin:/bin"\n', ["/usr/local/sbin", "/bin"]),
        ("export PATH=$PATH:/opt/tools\n", ["/opt/tools"]),
        ("export PATH=~/bin:${HOME}/.local/bin:$PATH\n", ["/root/bin", "/root/.local/bin"]),
        ("PATH=/usr/bin: # and here\n", ["/usr/bin", ""]),
        ("PATH=.:/bin\n", [".", "/bin"]),
        ("if true; then PATH=/a; fi\n", ["/a"]),
        ("# PATH=/tmp\nCDPATH=/tmp\nMANPATH=/tmp\nPATHS=/tmp\n", []),
        ("PATH=$(find-it):$OTHER:`x`\n", []),
    ],
)
def test_search_paths_as_files_write_them(text: str, found: list[str]) -> None:
    assert root_path.parse_search_path_folders(text) == found


def test_a_folder_of_another_and_a_relative_one_are_named_once(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("PATH=/usr/bin:/opt/tools:\n")
    (tmp_path / "b").write_text("PATH=/opt/tools:bin\n")
    writable = "/opt/tools can be changed by www-data"
    trust = type(
        "Trust", (), {"describe_first_changer_on_path": lambda self, path: writable if path == "/opt/tools" else None}
    )()
    assert [
        (one["folder"], Path(one["file"]).name, one["loose"])
        for one in root_path.find_loose_folders_in_root_path(trust, (f"{tmp_path}/*",))
    ] == [
        ("/opt/tools", "a", writable),
        (".", "a", ""),
        ("bin", "b", ""),
    ]
