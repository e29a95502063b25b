"""A certificate and its key, as OpenSSL loads them: real pairs, made anew."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from ansible.module_utils.luytre_shared.os.key_pair import find_key_pair_fault
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

PRESENT = datetime.datetime(2026, 12, 1, tzinfo=datetime.UTC)


def write_pair(
    folder: Path, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, password: bytes | None = None
) -> None:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "antruc.test")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(PRESENT)
        .not_valid_after(PRESENT + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    kept = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, kept)
    )


def find_fault(folder: Path, ciphers: str = "") -> str | None:
    return find_key_pair_fault(str(folder / "cert.pem"), str(folder / "key.pem"), ciphers)


def test_a_pair_that_fits_has_no_fault(tmp_path: Path) -> None:
    write_pair(tmp_path, ec.generate_private_key(ec.SECP256R1()))
    assert find_fault(tmp_path) is None
    assert find_fault(tmp_path, "ECDHE+AESGCM") is None


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    write_pair(tmp_path, ec.generate_private_key(ec.SECP256R1()))
    (tmp_path / "key.pem").unlink()
    assert find_fault(tmp_path) == f"{tmp_path}/key.pem is not there"


def test_the_key_of_another_certificate_is_a_fault(tmp_path: Path) -> None:
    write_pair(tmp_path, ec.generate_private_key(ec.SECP256R1()))
    kept = (tmp_path / "cert.pem").read_bytes()
    write_pair(tmp_path, ec.generate_private_key(ec.SECP256R1()))
    (tmp_path / "cert.pem").write_bytes(kept)
    fault = find_fault(tmp_path)
    assert fault is not None
    assert fault.startswith(f"{tmp_path}/cert.pem: ")
    assert "mismatch" in fault
    assert "_ssl.c" not in fault


def test_ciphers_that_there_are_none_of_are_a_fault(tmp_path: Path) -> None:
    write_pair(tmp_path, ec.generate_private_key(ec.SECP256R1()))
    fault = find_fault(tmp_path, "NOTHING-OF-THIS-NAME")
    assert fault is not None
    assert fault.startswith("the ciphers NOTHING-OF-THIS-NAME: ")


@pytest.mark.parametrize(("ciphers", "is_fault"), [("DEFAULT@SECLEVEL=2", True), ("DEFAULT@SECLEVEL=0", False)])
def test_a_key_is_too_small_by_the_level_in_force(tmp_path: Path, ciphers: str, is_fault: bool) -> None:
    write_pair(tmp_path, rsa.generate_private_key(65537, 1024))  # noqa: S505  that is what is looked for
    assert (find_fault(tmp_path, ciphers) is not None) is is_fault


def test_a_key_that_asks_for_a_password_is_not_judged(tmp_path: Path) -> None:
    write_pair(tmp_path, ec.generate_private_key(ec.SECP256R1()), b"secret of the office")
    assert find_fault(tmp_path) is None
