"""Whether a daemon would start as it is now: certificates against ciphers, MariaDB's folders, PHP-FPM's own words."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre.web import php_fpm
from ansible.module_utils.luytre.web_servers import certificate_faults, mariadb_start
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID


class Trusting:
    def describe_first_changer_on_paths(self, _paths: list[str]) -> str | None:
        return None


class Doubting:
    def describe_first_changer_on_paths(self, paths: list[str]) -> str | None:
        return f"{paths[0]} can be changed by everybody"


@pytest.fixture(scope="module")
def weak(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A certificate with a key of 1024 bits."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505  it is what the test is about
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "xa.test")])
    now = datetime.now(UTC)
    certificate = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1)).sign(
        key, hashes.SHA256()
    )
    folder = tmp_path_factory.mktemp("weak")
    (folder / "c.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "k.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return str(folder / "c.pem"), str(folder / "k.pem")


def test_a_key_too_small_for_the_ciphers_is_told_in_openssls_words(weak: tuple[str, str]) -> None:
    assert certificate_faults.find_certificate_load_fault([(*weak, None)], Trusting()) == f"{weak[0]}: ee key too small"
    assert certificate_faults.find_certificate_load_fault([(*weak, "DEFAULT@SECLEVEL=0")], Trusting()) is None


def test_a_certificate_that_is_gone_and_ciphers_that_are_none_are_told(weak: tuple[str, str]) -> None:
    assert (
        certificate_faults.find_certificate_load_fault([("/nowhere/c.pem", weak[1], None)], Trusting())
        == "/nowhere/c.pem is not there"
    )
    assert (
        "no cipher" in (certificate_faults.find_certificate_load_fault([(*weak, "NO-SUCH")], Trusting()) or "").lower()
    )


def test_what_others_can_change_is_not_loaded(weak: tuple[str, str]) -> None:
    assert certificate_faults.find_certificate_load_fault([(*weak, None)], Doubting()) is None


def test_a_virtual_host_tells_whether_its_certificates_load_with_sound_ciphers(weak: tuple[str, str]) -> None:
    def told(*pairs: tuple[str, str], trust: object = Trusting()) -> tuple[str, str]:
        vhost = {"tls": {"pairs": [{"certificate": one, "key": other} for one, other in pairs]}}
        certificate_faults.add_certificate_load_results([vhost, {"tls": None}], trust, str(Path(weak[0]).parent))
        return str(vhost["tls"]["loads"]), str(vhost["tls"]["fault"])

    assert told(weak) == ("no", f"{weak[0]}: ee key too small")
    assert told(("c.pem", "k.pem")) == ("no", f"{weak[0]}: ee key too small")
    assert told(weak, trust=Doubting()) == ("unknown", "")
    assert told(("/etc/$ssl_server_name.pem", weak[1])) == ("unknown", "")
    assert told() == ("unknown", "")


@pytest.mark.parametrize(("key", "digest", "expected"), [
    (ec.generate_private_key(ec.SECP256R1()), hashes.SHA256(), "yes"),
    (ec.generate_private_key(ec.SECP192R1()), hashes.SHA256(), "no"),
    (rsa.generate_private_key(public_exponent=65537, key_size=2048), hashes.SHA256(), "yes"),
])  # fmt: skip
def test_keys_of_every_kind_are_judged_by_openssl_itself(tmp_path: Path, key: Any, digest: Any, expected: str) -> None:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "xa.test")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1)).sign(key, digest)
    (tmp_path / "c.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (tmp_path / "k.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    vhost: dict[str, Any] = {"tls": {"pairs": [{"certificate": "c.pem", "key": "k.pem"}]}}
    certificate_faults.add_certificate_load_results([vhost], Trusting(), str(tmp_path))
    assert vhost["tls"]["loads"] == expected, vhost["tls"]["fault"]


HELP = """mariadbd  Ver 10.11
Variables (--variable-name=value)
and boolean options {FALSE|TRUE}                            Value (after reading options)
----------------------------------------------------------- ---------------
datadir                                                     /var/lib/mysql/
init-file                                                   (No default value)
log-error                                                   /var/log/mysql/error.log
ssl-key                                                     /etc/mysql/key.pem
tmpdir                                                      /srv/one:/srv/tmp
"""


def test_what_mariadb_needs_is_read_of_its_own_words() -> None:
    assert [
        (name, path)
        for name, path, _ in mariadb_start.list_path_requirements(mariadb_start.parse_help_verbose_settings(HELP))
    ] == [
        ("tmpdir", "/srv/one"),
        ("tmpdir", "/srv/tmp"),
        ("datadir", "/var/lib/mysql/"),
        ("log_error", "/var/log/mysql"),
        ("ssl_key", "/etc/mysql/key.pem"),
    ]


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    gone = ("tmpdir", str(tmp_path / "gone"), os.W_OK)
    assert (
        mariadb_start.find_unmet_path_requirement([("datadir", str(tmp_path), os.W_OK)], os.getuid(), os.getgid())
        is None
    )
    assert (
        mariadb_start.find_unmet_path_requirement([gone], os.getuid(), os.getgid())
        == f"tmpdir = {tmp_path}/gone: it is not there"
    )


def test_php_fpms_first_fault_is_told_and_not_that_it_failed() -> None:
    said = "[26-Nov-2026 05:00:00] ERROR: [pool bad] cannot get uid for user 'nobody-here'\n[26-Nov-2026 05:00:00] ERROR: FPM initialization failed\n"
    assert php_fpm.find_first_fault_in_fpm_test(said) == "ERROR: [pool bad] cannot get uid for user 'nobody-here'"
    assert php_fpm.find_first_fault_in_fpm_test("NOTICE: configuration file test is successful") is None
