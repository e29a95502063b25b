"""The kinds of vulnerability data, a row each. Of several that tell of the same, the first is believed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from auditor.vulnerabilities.verdicts import (
    SourcePackage,
    Verdict,
    judge_package_by_debsecan_record,
    judge_package_by_tracker_record,
)


@dataclass(frozen=True)
class DataKind:
    """A kind."""

    name: str
    """In words: ``vulnerabilities.kind.NAME``."""
    source: str
    """The module in ``auditor.vulnerabilities.sources`` that reads it; its ``FORMATS`` tell how it begins."""
    licence: str
    tables: tuple[tuple[str, str, str], ...]
    """Where it is stored: the table, the column that its part is in, and the kind that its rows are of."""
    about: Literal["packages", "components", "ids"]
    """What it tells of: packages of distributions, what sites are made of, or ids that others tell of."""
    judge_package: Callable[[Sequence[Any], SourcePackage], Verdict] = judge_package_by_tracker_record


KINDS = (
    DataKind(
        "tracker",
        "tracker",
        "Debian security tracker, MIT/Expat",
        (("packages", "", "tracker"), ("ids", "", "tracker"), ("releases", "", "tracker")),
        "packages",
    ),
    DataKind(
        "wordfence",
        "wordfence",
        "Wordfence Intelligence, © Defiant Inc.; free with a key, under its terms, with its notice",
        (("components", "", "wordfence"), ("ids", "", "wordfence")),
        "components",
    ),
    DataKind("kev", "kev", "CISA Known Exploited Vulnerabilities, CC0 1.0", (("exploited", "", ""),), "ids"),
    DataKind(
        "epss",
        "epss",
        "EPSS, FIRST.org; use it freely, naming the source (https://www.first.org/epss)",
        (("scores", "", ""),),
        "ids",
    ),
    DataKind(
        "debsecan",
        "debsecan",
        "Debian security tracker, MIT/Expat",
        (
            ("packages", "release", "debsecan"),
            ("ids", "", "debsecan/{part}"),
            ("releases", "release", "debsecan"),
        ),
        "packages",
        judge_package_by_debsecan_record,
    ),
    DataKind(
        "support",
        "support",
        "debian-security-support, GPL-2+",
        (("support", "rtrim(kind || '.' || release, '.')", ""),),
        "ids",
    ),
    DataKind(
        "osv_debian",
        "osv",
        "OSV; Debian security tracker, MIT/Expat",
        (("told", "", "osv_debian"), ("ids", "", "osv_debian"), ("releases", "", "osv_debian")),
        "packages",
    ),
    DataKind(
        "osv_ubuntu",
        "osv",
        "OSV; Canonical Ltd., CC-BY-SA 4.0",
        (("told", "", "osv_ubuntu"), ("ids", "", "osv_ubuntu"), ("releases", "", "osv_ubuntu")),
        "packages",
    ),
    DataKind(
        "osv_packagist",
        "osv",
        "OSV; GitHub Advisory Database, CC-BY 4.0",
        (("told", "", "osv_packagist"), ("ids", "", "osv_packagist")),
        "components",
    ),
)
"""In the order in which a file's beginning is compared with them."""
KIND_BY_NAME = {kind.name: kind for kind in KINDS}


def list_kinds_about(subject: Literal["packages", "components", "ids"]) -> tuple[str, ...]:
    """Return the names of those that tell of a subject, the most believed first."""
    return tuple(kind.name for kind in KINDS if kind.about == subject)


PACKAGE_KINDS, COMPONENT_KINDS = list_kinds_about("packages"), list_kinds_about("components")
