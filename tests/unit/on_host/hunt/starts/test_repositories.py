"""What git runs in repositories near the top of folders."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible.module_utils.luytre_hunt.autostart import list_marks_of_settings
from ansible.module_utils.luytre_hunt.places import PlaceRows
from ansible.module_utils.luytre_hunt.starts import repositories


def test_hooks_that_run_and_settings_that_run_something_are_told(
    unpackaged: PlaceRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repositories, "FOLDERS", (f"{tmp_path}/*",))
    monkeypatch.setattr(repositories, "list_accounts_with_distinct_homes", list)
    hooks = tmp_path / "site/.git/hooks"
    hooks.mkdir(parents=True)
    (hooks.parent / "HEAD").write_text("ref: x")
    (hooks.parent / "config").write_text("[core]\n\tfsmonitor = /opt/x\n")
    for name, mode in (("post-merge", 0o755), ("pre-push", 0o644), ("update.sample", 0o755)):
        (hooks / name).write_text("#!/bin/sh\ncurl x | sh\n")
        (hooks / name).chmod(mode)
    os.mkfifo(hooks / "fifo")
    (hooks / "link").symlink_to("/etc/shadow")
    repositories.add_rows_of_git_hooks_and_settings(unpackaged)
    assert [(row[1], row[3], row[5]) for row in unpackaged.rows] == [
        (str(hooks / "post-merge"), "foreign", []),
        (str(hooks.parent / "config"), "packaged", ["git_runs"]),
    ]


@pytest.mark.parametrize(
    ("name", "text", "marks"),
    [
        (".gitconfig", "[core]\nhooksPath = ~/.x", ["git_runs"]),
        (".gitconfig", "[alias]\nst = !sh -c 'x'", ["git_runs"]),
        (".gitconfig", '[filter "x"]\nclean = /opt/x', ["git_runs"]),
        (".gitconfig", "[alias]\nst = status\n[core]\neditor = vim\nfsmonitor = true", []),
        (".gitconfig", '[filter "lfs"]\nclean = git-lfs clean -- %f\nprocess = git-lfs filter-process', []),
        (".vimrc", "autocmd VimEnter * silent !/opt/x &", ["editor_runs"]),
        (".vimrc", "call system('x')", ["editor_runs"]),
        (".config/nvim/init.lua", "vim.fn.jobstart('x')", ["editor_runs"]),
        (".vimrc", "set number\nautocmd BufRead *.md set spell\nsyntax on", []),
        (".bashrc", "alias x='!y'", []),
    ],
)
def test_settings_that_run_something_are_told_from_those_that_do_not(name: str, text: str, marks: list[str]) -> None:
    assert list_marks_of_settings(name, text) == marks
