"""What is wanted of the files by which people log in: keys that stay secret, links followed, others' files left out."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible.module_utils.luytre.access import ssh, sudo
from ansible.module_utils.luytre.logins import sshd
from ansible.module_utils.luytre_change import corrections, login_corrections
from ansible.module_utils.luytre_shared.os.area_reader import AreaReader, UnreadableFact


def test_only_host_keys_in_sshds_own_folder_are_corrected_and_none_is_ever_moved_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = tmp_path / "link_to_a_key"
    link.symlink_to("/etc/ssh/ssh_host_rsa_key")
    in_use = ["/etc/ssh/ssh_host_rsa_key", str(link), f"{tmp_path}/a_key_elsewhere", "/etc/ssh/below/a_key"]
    monkeypatch.setattr(sshd, "read_effective_sshd_config", lambda _reader: {"hostkey": in_use})
    (only,) = corrections.PARTS["host_keys"]()
    assert (only.path, only.mask, only.groups, only.secret) == ("/etc/ssh/ssh_host_rsa_key", 0o600, ("root",), True)


def test_where_sshd_does_not_say_what_it_reads_no_key_is_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(reader: AreaReader) -> dict[str, list[str]]:
        raise UnreadableFact("sshd -T failed")

    monkeypatch.setattr(sshd, "read_effective_sshd_config", refuse)
    with pytest.raises(UnreadableFact, match="sshd -T failed"):
        login_corrections.list_corrections_of_ssh_host_keys()


def test_settings_of_sshd_are_its_main_file_and_what_that_includes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "sshd_config.d"
    folder.mkdir()
    for name in ("20-b.conf", "10-a.conf", "10-a.conf.bak"):
        (folder / name).touch()
    monkeypatch.setattr(sshd, "CONFIG", f"{tmp_path}/sshd_config")
    monkeypatch.setattr(ssh, "DROPIN", str(folder / "01-luytre.conf"))
    found = corrections.PARTS["sshd_config"]()
    paths = [f"{tmp_path}/sshd_config", str(folder / "10-a.conf"), str(folder / "20-b.conf")]
    assert [one.path for one in found] == paths
    assert {(one.mask, one.groups) for one in found} == {(0o600, ("root",))}


def test_sudos_folder_is_closed_and_its_files_are_roots_to_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("admins", "old.dpkg-dist", "draft~"):
        (tmp_path / name).touch()
    monkeypatch.setattr(sudo, "FOLDER", str(tmp_path))
    folder, *files = corrections.PARTS["sudoers"]()
    assert (folder.path, folder.mask, folder.groups) == (str(tmp_path), 0o7750, ())
    assert [(one.path, one.mask, one.groups) for one in files] == [
        ("/etc/sudoers", 0o440, ("root",)),
        (str(tmp_path / "admins"), 0o440, ("root",)),
    ]
