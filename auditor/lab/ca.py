"""The lab's own certificate authority, and the certificates of its sites."""

from __future__ import annotations

import datetime as dt
import subprocess
import tempfile
from pathlib import Path

from auditor.lab.spec import LabSite

Period = tuple[dt.date, dt.date]
"""The first and last day of a certificate."""


def get_certificate_period(kind: str, today: dt.date) -> Period:
    """Return the period of a site's certificate. ``expired``: since 40 days."""
    return {
        "valid": (today - dt.timedelta(days=10), today + dt.timedelta(days=800)),
        "expired": (today - dt.timedelta(days=130), today - dt.timedelta(days=40)),
    }[kind]


def make_certificate_authority(certificate: Path) -> None:
    """Make the authority, once; its key lies beside its certificate."""
    if certificate.exists():
        return
    certificate.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft_path = certificate.with_suffix(".making")
    _run_openssl(
        "req", "-x509", "-newkey", "rsa:2048", "-noenc", "-keyout", str(certificate.with_name("ca.key")),
        "-out", str(draft_path), "-days", "3650", "-subj", "/O=Luy Tre lab/CN=Luy Tre lab CA",
        "-addext", "keyUsage=critical,keyCertSign,cRLSign",
    )  # fmt: skip
    draft_path.rename(certificate)


def issue_certificate(
    certificate: Path, domain: str, site: LabSite, today: dt.date, *, period: Period | None = None
) -> tuple[str, str]:
    """Return a new certificate and its key for a site, as PEM; only the caller keeps the key.

    The certificate has the period that the site's has in the lab, unless it gets another.
    """
    start, end = (f"{day:%Y%m%d}000000Z" for day in period or get_certificate_period(site.certificate, today))
    names = ",".join(f"DNS:{name}" for name in (domain, *site.aliases))
    with tempfile.TemporaryDirectory(prefix="luytre-lab-") as folder:
        key, certificate_path = Path(folder, "key"), Path(folder, "crt")
        _run_openssl(
            "req", "-x509", "-newkey", "rsa:2048", "-noenc", "-keyout", str(key), "-out", str(certificate_path),
            "-CA", str(certificate), "-CAkey", str(certificate.with_name("ca.key")),
            "-not_before", start, "-not_after", end, "-subj", f"/CN={domain}",
            "-addext", f"subjectAltName={names}", "-addext", "basicConstraints=critical,CA:FALSE",
            "-addext", "extendedKeyUsage=serverAuth",
        )  # fmt: skip
        return certificate_path.read_text("ascii"), key.read_text("ascii")


def _run_openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, umask=0o077)
