"""Made-up files of data, in the forms in which their publishers have them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def write(path: Path, value: Any) -> Path:
    path.write_text(json.dumps(value), "utf-8")
    return path


def release(
    status: str = "resolved", fixed: str | None = None, urgency: str = "not yet assigned", **more: str
) -> dict[str, Any]:
    told = {"status": status, "repositories": {"bookworm": "1"}, "urgency": urgency, **more}
    return told if fixed is None else {**told, "fixed_version": fixed}


def tracker(**sources: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """By source, CVE and release."""
    return {
        source.replace("_", "-"): {
            cve: {"scope": "remote", "description": f"about {cve}", "releases": releases}
            for cve, releases in issues.items()
        }
        for source, issues in sources.items()
    }


def kev(*ids: str, ransomware: str = "Unknown") -> dict[str, Any]:
    return {
        "title": "CISA Catalog of Known Exploited Vulnerabilities",
        "catalogVersion": "2026.11.20",
        "dateReleased": "2026-11-20T15:00:00.0000Z",
        "count": len(ids),
        "vulnerabilities": [
            {
                "cveID": one,
                "vendorProject": "OpenSSL",
                "product": "OpenSSL",
                "vulnerabilityName": "A hole",
                "dateAdded": "2026-11-01",
                "shortDescription": "x",
                "requiredAction": "x",
                "dueDate": "2026-11-22",
                "knownRansomwareCampaignUse": ransomware,
                "notes": "",
                "cwes": ["CWE-787"],
            }
            for one in ids
        ],
    }


def wordfence(*records: tuple[str | None, str, str, str]) -> dict[str, Any]:
    """CVE, kind, slug, first version that is mended."""
    found = {}
    for number, (cve, kind, slug, patched) in enumerate(records):
        identity = f"{number:08x}-0000-4000-8000-000000000000"
        found[identity] = {
            "id": identity,
            "title": f"Hole in {slug}",
            "software": [
                {
                    "type": kind,
                    "name": slug,
                    "slug": slug,
                    "affected_versions": {
                        f"* - {patched}": {
                            "from_version": "*",
                            "from_inclusive": True,
                            "to_version": patched,
                            "to_inclusive": False,
                        }
                    },
                    "patched": True,
                    "patched_versions": [patched],
                    "remediation": "",
                }
            ],
            "informational": False,
            "references": [],
            "cwe": None,
            "cvss": {"vector": "", "score": 9.8, "rating": "Critical"},
            "cve": cve,
            "cve_link": None,
            "researchers": [],
            "published": "2026-10-01 00:00:00",
            "updated": "2026-10-02 00:00:00",
            "copyrights": {"message": "This record contains material that is subject to copyright."},
        }
    return found


def epss(*scores: tuple[str, float], day: str = "2026-11-20") -> str:
    head = f"#model_version:v2026.03.14,score_date:{day}T12:55:00Z\ncve,epss,percentile\n"
    return head + "".join(f"{one},{score},0.5\n" for one, score in scores)


def debsecan(*rows: tuple[str, str, str, str], urgency: str = " ", available: bool = True) -> str:
    """Source, id, the version that is fixed from on, further ones that have the fix."""
    names = "".join(f"{name},,about {name}\n" for _source, name, _fixed, _others in rows)
    flags = f"S{urgency} {'F' if available else ' '}"
    told = "".join(f"{row[0]},{number},{flags},{row[2]},{row[3]}\n" for number, row in enumerate(rows))
    sources = "".join(f"{source},{source}\n" for source in sorted({row[0] for row in rows}))
    return f"VERSION 1\n{names}\n{told}\n{sources}\n"


def osv(name: str, ecosystem: str, package: str, *events: dict[str, str], **more: Any) -> dict[str, Any]:
    """One record of one package."""
    return {
        "schema_version": "1.7.3",
        "id": name,
        "modified": "2026-11-19T08:00:00Z",
        "published": "2026-11-01T08:00:00Z",
        "details": f"about {name}",
        "affected": [
            {
                "package": {"ecosystem": ecosystem, "name": package},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, *events]}],
            }
        ],
        **more,
    }
