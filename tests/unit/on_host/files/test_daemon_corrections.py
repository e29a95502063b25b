"""What is wanted of the files of daemons: what is loose alone, passwords and keys for no others to read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre.web import apache, mariadb, tls
from ansible.module_utils.luytre.web_servers.nginx import nginx_config_files
from ansible.module_utils.luytre_change import corrections


def test_of_web_servers_what_is_loose_is_corrected_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apache, "find_loose_apache_files", lambda: [{"path": "/etc/apache2/sites-available/a.conf"}])
    monkeypatch.setattr(nginx_config_files, "find_loose_paths_below_etc_nginx", lambda: [{"path": "/etc/nginx/b"}])
    for part, path in (("apache", "/etc/apache2/sites-available/a.conf"), ("nginx", "/etc/nginx/b")):
        (only,) = corrections.PARTS[part]()
        assert (only.path, only.mask, only.groups, only.secret) == (path, 0o7755, (), False)


def test_an_option_file_with_a_password_is_closed_to_others_and_one_that_is_right_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files: list[dict[str, Any]] = [
        {"path": "/etc/mysql/debian.cnf", "holds_password": True, "loose": True},
        {"path": "/etc/mysql/my.cnf", "holds_password": False, "loose": True},
        {"path": "/root/.my.cnf", "holds_password": True, "loose": False},
    ]
    monkeypatch.setattr(mariadb, "list_mariadb_config_files", lambda: files)
    found = [(one.path, one.mask) for one in corrections.PARTS["option_files"]() if not Path(one.path).is_dir()]
    assert found == [("/etc/mysql/debian.cnf", 0o750), ("/etc/mysql/my.cnf", 0o755)]


def test_private_keys_are_the_files_in_use_also_one_kept_with_its_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, both, certificate = (tmp_path / name for name in ("key", "both", "certificate"))
    key.write_text("-----BEGIN PRIVATE KEY-----\n")
    both.write_text("-----BEGIN CERTIFICATE-----\n-----BEGIN RSA PRIVATE KEY-----\n")
    certificate.write_text("-----BEGIN CERTIFICATE-----\n")
    link = tmp_path / "live.key"
    link.symlink_to(key)
    settings = {"keys": [str(link)], "certificates": [str(both), str(certificate)]}
    monkeypatch.setattr(tls, "list_configured_tls_files", lambda: settings)
    found = corrections.PARTS["tls_keys"]()
    assert [one.path for one in found] == sorted((str(both), str(key)))
    assert {(one.mask, one.groups, one.secret) for one in found} == {(0o640, ("ssl-cert", "root"), True)}
