"""TLS: certificates read from their own bytes, keys that are too open, ciphers and findings about them."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.module_utils.luytre.parsers.x509 import (
    BadCertificate,
    is_domain_covered_by_names,
    read_pem_certificate_chain,
)
from ansible.module_utils.luytre.web import tls
from ansible.module_utils.luytre_shared.os.area_reader import AreaReader, describe_file_mode
from hypothesis import given
from hypothesis import strategies as st

from auditor.audit import controls
from auditor.audit.assessors.facts import evaluate_host
from auditor.audit.controls import Catalogue
from auditor.facts import HostFacts, load_fact_area_models
from auditor.models import Host, Site, Status
from tests.unit.on_host.collect.web.test_nginx import WORDPRESS, config, facts

ROLE = Path(__file__).parents[5] / "roles" / "tls"
CATALOGUE = Catalogue(controls=tuple(controls.read_controls_file(ROLE / "controls.yml")))
NOW = 1_790_000_000
DAY = 86_400


def made(folder: Path, *options: str, days: int = 90) -> str:
    """A self-signed certificate by openssl, as PEM text."""
    argv = ["openssl", "req", "-x509", "-nodes", "-days", str(days), "-keyout", str(folder / "key"), *options]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


def test_a_certificate_tells_what_openssl_tells(tmp_path: Path) -> None:
    subject = ["-utf8", "-subj", "/C=VN/O=UBND xã An Trúc/CN=antruc.test"]
    names = ["-addext", "subjectAltName=DNS:AnTruc.test,DNS:*.antruc.test,IP:192.0.2.7,IP:2001:db8::7"]
    text = made(tmp_path, "-newkey", "rsa:2048", *subject, *names)
    found, length = read_pem_certificate_chain(text + text)
    assert length == 2
    assert found["subject"] == "C=VN, O=UBND xã An Trúc, CN=antruc.test"
    assert found["names"] == ["antruc.test", "*.antruc.test", "192.0.2.7", "2001:db8::7"]
    assert (found["key_type"], found["key_bits"], found["self_signed"]) == ("RSA", 2048, True)
    assert abs(found["not_after"] - time.time() - 90 * DAY) < 600
    said = subprocess.run(
        ["openssl", "x509", "-noout", "-fingerprint", "-sha256"], input=text, capture_output=True, text=True, check=True
    ).stdout
    assert said.partition("=")[2].strip().replace(":", "").lower() == found["sha256"]


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        (["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"], ("EC", 256)),
        (["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp224r1"], ("EC", 224)),
        (["-newkey", "ed25519"], ("Ed25519", 256)),
        (["-newkey", "rsa:1024"], ("RSA", 1024)),
    ],
)
def test_keys_and_a_name_of_its_own(tmp_path: Path, options: list[str], wanted: tuple[str, int]) -> None:
    found, _length = read_pem_certificate_chain(made(tmp_path, *options, "-subj", "/CN=Gotre.test"))
    assert (found["key_type"], found["key_bits"]) == wanted
    assert found["names"] == ["gotre.test"]


def test_dates_beyond_2049(tmp_path: Path) -> None:
    found, _length = read_pem_certificate_chain(made(tmp_path, "-newkey", "rsa:2048", "-subj", "/CN=x", days=12_000))
    assert found["not_after"] > 2_524_608_000


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    import base64

    text = f"-----BEGIN CERTIFICATE-----\n{base64.b64encode(data).decode()}\n-----END CERTIFICATE-----"
    with pytest.raises(BadCertificate):
        read_pem_certificate_chain(text)


def test_a_certificate_cut_anywhere_is_refused(tmp_path: Path) -> None:
    import base64

    lines = made(tmp_path, "-newkey", "ed25519", "-subj", "/CN=x").split("-----")[2].split()
    der = base64.b64decode("".join(lines))
    for end in range(len(der)):
        with pytest.raises(BadCertificate):
            read_pem_certificate_chain(
                f"-----BEGIN CERTIFICATE-----\n{base64.b64encode(der[:end]).decode()}\n-----END CERTIFICATE-----"
            )


def test_covers() -> None:
    names = ["antruc.test", "*.bennua.test"]
    assert is_domain_covered_by_names(names, "antruc.test") and is_domain_covered_by_names(names, "www.bennua.test")
    assert (
        not is_domain_covered_by_names(names, "bennua.test")
        and not is_domain_covered_by_names(names, "a.b.bennua.test")
        and not is_domain_covered_by_names(names, "www.antruc.test")
    )


@pytest.mark.skipif(os.getuid() != 0, reason="gives files to others")
@pytest.mark.parametrize(
    ("owner", "group", "mode", "loose"),
    [
        (0, 0, 0o600, False), (0, 0, 0o640, False), (0, 0, 0o400, False),
        (0, 1234, 0o640, False), (0, 1234, 0o660, True), (0, 4, 0o640, True),
        (0, 0, 0o644, True), (33, 0, 0o600, True), (0, 0, 0o700, True),
    ],
)  # fmt: skip
def test_loose_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: int, group: int, mode: int, loose: bool
) -> None:
    monkeypatch.setattr(tls.grp, "getgrnam", lambda name: SimpleNamespace(gr_gid={"ssl-cert": 1234}[name]))
    key = tmp_path / "key"
    key.touch()
    os.chown(key, owner, group)
    key.chmod(mode)
    assert tls.is_private_key_loose(str(key)) is loose


def test_a_key_behind_a_link_or_in_the_certificate_file(tmp_path: Path) -> None:
    (tmp_path / "real.key").write_text("-----BEGIN PRIVATE KEY-----\n")
    (tmp_path / "link.key").symlink_to("real.key")
    (tmp_path / "both.pem").write_text("-----BEGIN CERTIFICATE-----\n-----BEGIN EC PRIVATE KEY-----\n")
    used = {"certificates": [str(tmp_path / "both.pem")], "keys": [str(tmp_path / "link.key")], "ciphers": []}
    assert tls.list_private_key_files(used) == [os.path.realpath(tmp_path / name) for name in ("both.pem", "real.key")]
    assert describe_file_mode(tls.list_private_key_files(used)[1])["kind"] == "file"


def test_weak_ciphers() -> None:
    reading = AreaReader({}, 20)
    specs = ["HIGH:!aNULL:!MD5", "DEFAULT@SECLEVEL=0", "ALL:eNULL@SECLEVEL=0", "-help", "ECDHE-RSA-AES128-GCM-SHA256"]
    found = {each["spec"]: each["weak"] for each in tls.find_weak_ciphers_in_lists(reading, specs)}
    assert set(found) == {"HIGH:!aNULL:!MD5", "DEFAULT@SECLEVEL=0", "ALL:eNULL@SECLEVEL=0"}
    sound = "ECDHE+AESGCM:ECDHE+CHACHA20"
    assert tls.find_weak_ciphers_in_lists(reading, [sound]) == [], "what the roles set"
    assert [each["spec"] for each in tls.find_weak_ciphers_in_lists(reading, [tls.UNSET])] == [tls.UNSET]
    assert len(found["ALL:eNULL@SECLEVEL=0"]) > 1


def test_renewing_lines_of_cron() -> None:
    renews = tls._RENEWING_CRON.search
    assert renews('17 0 * * * "/root/.acme.sh"/acme.sh --cron --home "/root/.acme.sh" > /dev/null')
    assert renews("0 3 * * 1 root certbot -q renew --deploy-hook 'systemctl reload nginx'")
    assert not renews("# 0 3 * * 1 root certbot -q renew") and not renews(
        "0 3 * * * root tar czf /b.tgz /etc/letsencrypt"
    )


def certificate(**changed: Any) -> dict[str, Any]:
    return {
        "path": "/etc/nginx/ssl/antruc.test.crt",
        "subject": "CN=antruc.test",
        "issuer": "CN=CA",
        "names": ["antruc.test"],
        "not_before": NOW - DAY,
        "not_after": NOW + 60 * DAY,
        "lifetime_days": 90,
        "key_type": "RSA",
        "key_bits": 2048,
        "sha256": "0" * 64,
        "self_signed": False,
        "chain_length": 2,
        **changed,
    }


def statuses(
    nginx_site: str = WORDPRESS, version: str = "1.26.3", answered: tuple[str, ...] = (), **changed: Any
) -> dict[str, Status]:
    http = "" if "ssl_protocols" in nginx_site else "ssl_protocols TLSv1.2 TLSv1.3;"
    sent: dict[str, Any] = {
        "certificates": [certificate()],
        "keys": [],
        "loose_keys": [],
        "weak_ciphers": [],
        "sound_curves": list(tls.SOUND_CURVES),
        "renewals": [],
        **changed,
    }
    apache = load_fact_area_models()["apache"]
    from ansible.module_utils.luytre.web import apache as apache_area

    nginx = facts(config(http, a=nginx_site), version)
    for vhost in nginx["vhosts"]:
        if vhost["tls"]:
            vhost["tls"]["answered"] = list(answered)
    known = HostFacts(
        NOW,
        {
            "nginx": load_fact_area_models()["nginx"].model_validate(nginx),
            "apache": apache.model_validate(apache_area.ABSENT),
            "tls": load_fact_area_models()["tls"].model_validate(sent),
        },
        {},
        {},
    )
    host = Host(name="h", address="192.0.2.1", sites=(Site(domain="antruc.test", host="h"),))
    return {finding.control: finding.status for finding in evaluate_host(CATALOGUE, host, known)}


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ({}, Status.PASS),
        ({"not_after": NOW + 20 * DAY}, Status.FAIL),
        ({"not_before": NOW + DAY}, Status.FAIL),
        ({"names": ["khac.test"]}, Status.FAIL),
        ({"names": ["*.test"]}, Status.PASS),
        ({"self_signed": True}, Status.FAIL),
        ({"path": "/khac"}, Status.FAIL),
    ],
)
def test_certificate_valid(changed: dict[str, Any], wanted: Status) -> None:
    assert statuses(certificates=[certificate(**changed)])["tls.certificate_valid"] is wanted


def test_the_rest_of_the_controls() -> None:
    stock = statuses()
    assert stock["tls.available"] is Status.PASS
    assert stock["tls.protocols"] is Status.PASS
    assert stock["tls.redirect"] is Status.FAIL
    assert stock["tls.hsts"] is Status.NOT_APPLICABLE
    assert stock["tls.renewal"] is Status.FAIL
    assert stock["tls.key_modes"] is Status.NOT_APPLICABLE
    assert statuses(certificates=[certificate(lifetime_days=400)])["tls.renewal"] is Status.PASS
    assert statuses(certificates=[certificate(key_bits=1024)])["tls.key_strength"] is Status.FAIL
    assert statuses(certificates=[certificate(not_after=NOW - 1)])["tls.redirect"] is Status.NOT_APPLICABLE
    assert statuses(certificates=[certificate(self_signed=True)])["tls.redirect"] is Status.NOT_APPLICABLE
    plain = WORDPRESS.replace("listen 443 ssl;", "")
    assert statuses(plain)["tls.available"] is Status.FAIL
    assert statuses(plain)["tls.certificate_valid"] is Status.NOT_APPLICABLE
    old = WORDPRESS.replace("root", "ssl_protocols TLSv1.1 TLSv1.2; ssl_ciphers yeu; root", 1)
    assert statuses(old)["tls.protocols"] is Status.FAIL
    assert statuses(old, answered=("TLSv1.2", "TLSv1.3"))["tls.protocols"] is Status.PASS, "allowed, and not answered"
    assert statuses(answered=("TLSv1", "TLSv1.2"))["tls.protocols"] is Status.FAIL, "answered, whatever is configured"
    assert statuses(old, weak_ciphers=[{"spec": "yeu", "weak": ["RC4-SHA"]}])["tls.ciphers"] is Status.FAIL
    assert statuses(old, weak_ciphers=[{"spec": "khac", "weak": ["RC4-SHA"]}])["tls.ciphers"] is Status.PASS
    unset = [{"spec": "DEFAULT", "weak": ["AES256-SHA"]}]
    assert statuses(weak_ciphers=unset)["tls.ciphers"] is Status.FAIL, "no list is set at all"
    redirecting = WORDPRESS.replace("root", "if ($scheme = http) { return 301 https://$host$request_uri; } root", 1)
    assert statuses(redirecting)["tls.redirect"] is Status.PASS
    assert statuses(redirecting)["tls.hsts"] is Status.FAIL
    kept = redirecting.replace("root", "add_header Strict-Transport-Security max-age=15552000; root", 1)
    assert statuses(kept)["tls.hsts"] is Status.PASS


def test_a_timer_renews_only_while_it_waits_for_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls, "_TIMER_LINK", str(tmp_path / "%s.timer"))
    for name in ("certbot", "acme.sh", "lego-renew", "dehydrated"):
        (tmp_path / f"{name}.timer").touch()
    said = """Id=certbot.timer
LoadState=masked
ActiveState=inactive
UnitFileState=masked

Id=acme.sh.timer
LoadState=loaded
ActiveState=active
UnitFileState=enabled

Id=lego-renew.timer
LoadState=loaded
ActiveState=inactive
UnitFileState=enabled

Id=dehydrated.timer
LoadState=not-found
ActiveState=inactive
"""
    reading = SimpleNamespace(find_program=lambda _program: "/bin/systemctl", run=lambda *_arguments, **_options: said)
    assert [name for name in tls.find_certificate_renewers(reading) if name.endswith(".timer")] == ["acme.sh.timer"]


@pytest.mark.parametrize(
    ("directive", "status"),
    [
        ("", Status.FAIL),  # OpenSSL's own, P-521 and X448 among them
        ("ssl_ecdh_curve auto;", Status.FAIL),
        ("ssl_ecdh_curve X25519:secp521r1;", Status.FAIL),
        ("ssl_ecdh_curve X25519:prime256v1;", Status.PASS),
    ],
)
def test_curves(directive: str, status: Status) -> None:
    assert statuses(WORDPRESS.replace("root", f"{directive} root", 1))["tls.curves"] is status


def test_what_quantum_computers_cannot_read_is_kept_where_openssl_knows_it() -> None:
    assert tls.list_sound_curves_of_openssl((3, 0)) == ["X25519", "prime256v1", "secp384r1"]
    assert tls.list_sound_curves_of_openssl((3, 5))[0] == "X25519MLKEM768"
