"""Before the guard has Apache read its configuration: whether the certificates in force would load."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre_guard.daemons import certificates, daemons, units  # type: ignore[import-not-found]
from ansible.module_utils.luytre_guard.os import commands  # type: ignore[import-not-found]

from tests.unit.on_host.guard.test_guard import unit

DUMP = """# In file: /etc/apache2/mods-enabled/ssl.conf
#  57:
SSLCipherSuite HIGH:!aNULL
# In file: /etc/apache2/sites-enabled/a.conf
#   1:
<VirtualHost *:443>
  #   2:
  ServerName a.test
  #   4:
  SSLEngine on
  #   5:
  SSLCertificateFile "/etc/ssl/certs/a.crt"
  SSLCertificateFile /etc/ssl/certs/ec.crt
  #   6:
  SSLCertificateKeyFile ssl/a.key
  #   7:
  SSLCipherSuite DEFAULT@SECLEVEL=0
  #   8:
  SSLCipherSuite TLSv1.3 TLS_AES_256_GCM_SHA384
  <Directory /srv>
    SSLCipherSuite LOW
  </Directory>
</VirtualHost>
<VirtualHost *:80>
  SSLCertificateFile /etc/ssl/certs/plain.crt
</VirtualHost>
<VirtualHost *:444>
  SSLEngine on
  SSLCertificateFile /etc/ssl/certs/b.pem
</VirtualHost>
<VirtualHost *:445>
  SSLEngine on
  SSLCertificateFile pkcs11:object=a
  SSLOpenSSLConfCmd CipherString DEFAULT@SECLEVEL=0
</VirtualHost>
"""


def test_which_certificates_are_in_force_by_what_apache_wrote() -> None:
    assert certificates.parse_certificate_pairs_of_apache(DUMP) == [
        ("/etc/ssl/certs/a.crt", "/etc/apache2/ssl/a.key", "DEFAULT@SECLEVEL=0"),
        ("/etc/ssl/certs/ec.crt", "/etc/ssl/certs/ec.crt", "DEFAULT@SECLEVEL=0"),
        ("/etc/ssl/certs/b.pem", "/etc/ssl/certs/b.pem", "HIGH:!aNULL"),
    ]


def test_one_that_would_not_load_is_told_unless_others_can_change_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        commands, "run_program_and_return_output", lambda *_: b"SSLEngine on\nSSLCertificateFile /etc/gone.pem\n"
    )
    theirs: set[str] = set()
    monkeypatch.setattr(certificates, "is_path_changeable_by_root_only", lambda path: path not in theirs)
    assert certificates.find_tls_fault_that_stops_apache() == "/etc/gone.pem is not there"
    theirs.add("/etc/gone.pem")
    assert certificates.find_tls_fault_that_stops_apache() is None


def test_whose_a_file_is_to_change(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs files of root's and of others'")
    place = Path("/root" if os.access("/root", os.W_OK) else "/var/lib") / f"luytre-test-{os.getpid()}"
    place.mkdir(mode=0o700)
    try:
        (place / "own").touch(0o640)
        (place / "link").symlink_to("own")
        (place / "theirs").touch()
        os.chown(place / "theirs", 65534, 65534)
        os.mkfifo(place / "fifo")
        assert [
            certificates.is_path_changeable_by_root_only(str(place / name))
            for name in ("own", "link", "theirs", "fifo", "none")
        ] == [*(True, True, False, False, True)]
        assert not certificates.is_path_changeable_by_root_only("/tmp/nowhere.pem")  # noqa: S108  anybody could make it
    finally:
        for path in place.iterdir():
            path.unlink()
        place.rmdir()


def test_apache_is_not_told_to_read_what_it_would_die_of(monkeypatch: pytest.MonkeyPatch) -> None:
    was, said = {"apache2.service": unit("apache2.service")}, []
    monkeypatch.setattr(units, "SystemdUnitsQuery", lambda _: type("Answer", (), {"answer": lambda _: was})())
    monkeypatch.setattr(
        units, "_run_systemctl_and_note_error", lambda arguments, _problems: said.append(arguments) or True
    )
    monkeypatch.setattr(daemons, "run_daemon_test_and_return_error_line", lambda _test: None)
    monkeypatch.setattr(daemons, "find_units_that_did_not_reload_since", lambda _names, _since: [])
    monkeypatch.setitem(daemons.EXTRA_TESTS, "apache2.service", lambda: "/etc/ssl/a.pem: ee key too small")
    problems: list[str] = []
    changed: dict[str, Any] = {"/etc/apache2/conf-enabled/x.conf": "new"}
    assert (
        units.restore_units_and_reload_daemons(
            units.UnitsToRestore(was, was, []), changed, problems, problems.append, {}
        )
        == []
    )
    (problem,) = problems
    assert "apache2.service was not reloaded" in problem and problem.endswith("ee key too small") and said == []
