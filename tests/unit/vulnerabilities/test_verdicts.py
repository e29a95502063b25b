"""Verdicts: a table of made-up cases, each with what it comes to and why."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.vulnerabilities import installed_software
from auditor.vulnerabilities.verdicts import (
    SourcePackage,
    Verdict,
    judge_component_record,
    judge_package_by_tracker_record,
)

CVE = "CVE-2026-10001"


def record(
    state: str = "resolved", fixed: str = "", urgency: str = "not yet assigned", why: str = "", put_off: str = ""
) -> list[str]:
    return [CVE, state, fixed, urgency, why, put_off]


def built(version: str, **more: Any) -> SourcePackage:
    return SourcePackage("openssl", version, binaries=("libssl3",), **more)


FIX = "3.0.22-1~deb12u2"
CASES = [
    ("older than the security suite's", record(fixed=FIX), built("3.0.21-1~deb12u1"), "affected", "update"),
    ("the security suite's", record(fixed=FIX), built(FIX, origin="security"), "fixed", "version"),
    ("newer, from the point release", record(fixed=FIX), built("3.0.22-1~deb12u3"), "fixed", "version"),
    ("rebuilt: the source's version counts", record(fixed="5.2.37-2"), built("5.2.37-2"), "fixed", "version"),
    ("an epoch above all", record(fixed="1:0.9-1"), built("3.0-1"), "affected", "update"),
    ("a tilde is before", record(fixed="3.0-1"), built("3.0-1~deb12u9"), "affected", "update"),
    (
        "superseded is the distribution's",
        record(fixed=FIX),
        built("3.0.1-1", origin="superseded"),
        "affected",
        "update",
    ),
    ("held", record(fixed=FIX), built("3.0.1-1", is_held=True), "affected", "held"),
    ("never affected", record(fixed="0"), built("1.1-1"), "not_affected", "never"),
    (
        "never affected here says nothing of another's",
        record(fixed="0"),
        built("9", origin="none"),
        "unknown",
        "origin_none",
    ),
    ("backports, newer", record(fixed=FIX), built("3.5-1~bpo12+1", origin="backports"), "unknown", "origin_backports"),
    (
        "backports whose changelog names it",
        record(fixed=FIX),
        built("3.5-1~bpo12+1", origin="backports", changelog_cves=frozenset({CVE})),
        "fixed",
        "changelog",
    ),
    ("a third party's", record(fixed=FIX), built("9.9", origin="third_party"), "unknown", "origin_third_party"),
    ("from nowhere, older", record(fixed=FIX), built("1.0", origin="none"), "unknown", "origin_none"),
    ("no list was read", record(fixed=FIX), built("1.0", origin="unknown"), "unknown", "origin_unknown"),
    ("open", record("open"), built("3.0-1"), "affected", "no_fix"),
    ("next point release", record("open", why="Minor issue"), built("3.0-1"), "affected", "point_release"),
    ("ignored", record("open", why="Minor issue", put_off="ignored"), built("3.0-1"), "affected", "ignored"),
    ("postponed", record("open", why="Minor", put_off="postponed"), built("3.0-1"), "affected", "postponed"),
    ("end of life", record("open", urgency="end-of-life"), built("3.0-1"), "affected", "end_of_life"),
    ("undetermined", record("undetermined"), built("3.0-1"), "unknown", "undetermined"),
    ("a fix that is no version", record(fixed="2a:1.0"), built("3.0-1"), "unknown", "no_fixed_version"),
    ("no fix is told", record(fixed=""), built("3.0-1"), "unknown", "no_fixed_version"),
    ("what is installed is no version", record(fixed=FIX), built("local"), "unknown", "no_version"),
    ("replaced, and still mapped", record(fixed=FIX), built(FIX, mapped_by=("/usr/sbin/x",)), "restart_owed", "mapped"),
    (
        "mapped, but not even installed",
        record(fixed=FIX),
        built("1-1", mapped_by=("/usr/sbin/x",)),
        "affected",
        "update",
    ),
    ("an older kernel runs", record(fixed="6.1.5-1"), built("6.1.6-1", runs="6.1.4-1"), "restart_owed", "kernel"),
    (
        "an older kernel runs that has it too",
        record(fixed="6.1.3-1"),
        built("6.1.6-1", runs="6.1.4-1"),
        "fixed",
        "version",
    ),
]


@pytest.mark.parametrize("found, package, state, reason", [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_cases(found: list[str], package: SourcePackage, state: str, reason: str) -> None:
    verdict = judge_package_by_tracker_record(found, package)
    assert (verdict.state, verdict.reason) == (state, reason)
    assert verdict.id == CVE and verdict.installed_version == package.version and verdict.where == ("libssl3",)


def test_every_fixed_names_the_version_that_proves_it() -> None:
    proofs = {
        judge_package_by_tracker_record(found, package).fixed_version
        for _name, found, package, state, _reason in CASES
        if state == "fixed"
    }
    assert proofs and "" not in proofs


def test_the_distributions_words_stay_beside_the_verdict() -> None:
    verdict = judge_package_by_tracker_record(
        record("open", urgency="low", why="Minor issue", put_off="postponed"), built("1-1")
    )
    assert (verdict.notes.urgency, verdict.notes.no_advisory, verdict.notes.put_off) == (
        "low",
        "Minor issue",
        "postponed",
    )


# --- what counts as installed --------------------------------------------------------------------------


def package(name: str, version: str, **more: Any) -> dict[str, Any]:
    usual = {"source": None, "source_version": None, "held": False, "origin": "main", "named": None}
    return {"name": name, "version": version, "architecture": "amd64", **usual, **more}


def on(
    packages: list[dict[str, Any]], running: str = "6.1.0-9-amd64", mapped: list[Any] | None = None
) -> dict[str, Any]:
    return {"packages": {"installed": packages, "running_kernel": running, "mapped": mapped or []}}


def kernel(abi: str, version: str) -> dict[str, Any]:
    return package(f"linux-image-{abi}", version, source="linux-signed-amd64", source_version=version.replace("-", "+"))


def test_of_three_kernels_the_running_and_the_newest_count() -> None:
    three = [kernel(f"6.1.0-{n}-amd64", f"6.1.{n}-1") for n in (7, 8, 9)]
    (one,) = installed_software.list_source_packages(on(three, running="6.1.0-7-amd64"))
    assert (one.source, one.version, one.runs) == ("linux", "6.1.9-1", "6.1.7-1")
    assert one.binaries == ("linux-image-6.1.0-9-amd64", "linux-image-6.1.0-7-amd64")
    assert judge_package_by_tracker_record(record(fixed="6.1.8-1"), one).state == "restart_owed"


def test_the_newest_runs() -> None:
    (one,) = installed_software.list_source_packages(
        on([kernel("6.1.0-8-amd64", "6.1.8-1"), kernel("6.1.0-9-amd64", "6.1.9-1")])
    )
    assert (one.version, one.runs) == ("6.1.9-1", None)


def test_a_kernel_that_no_package_brought_is_not_judged_by_those_beside_it() -> None:
    (one,) = installed_software.list_source_packages(on([kernel("6.1.0-9-amd64", "6.1.9-1")], running="6.6.1-own"))
    assert judge_package_by_tracker_record(record(fixed="6.1.8-1"), one).state == "unknown"


def test_headers_are_no_kernel() -> None:
    assert installed_software.list_source_packages(on([package("linux-libc-dev", "6.1.9-1", source="linux")])) == ()


def test_binaries_of_one_source_are_judged_together_and_two_versions_apart() -> None:
    found = installed_software.list_source_packages(
        on(
            [
                package("libssl3", "3.0-2", source="openssl"),
                package("openssl", "3.0-2"),
                package("libssl-dev", "3.0-1", source="openssl", held=True),
            ]
        )
    )
    assert [(one.source, one.version, one.binaries, one.is_held) for one in found] == [
        ("openssl", "3.0-2", ("libssl3", "openssl"), False),
        ("openssl", "3.0-1", ("libssl-dev",), True),
    ]


def test_who_still_maps_a_replaced_library() -> None:
    mapped = [
        {"file": "/usr/lib/x.so.1", "package": "libssl3", "program": "/usr/sbin/nginx", "unit": None, "processes": 2},
        {"file": "/usr/lib/y.so.1", "package": None, "program": "/usr/sbin/other", "unit": None, "processes": 1},
    ]
    (one,) = installed_software.list_source_packages(on([package("libssl3", "3.0-2", source="openssl")], mapped=mapped))
    assert one.mapped_by == ("/usr/sbin/nginx",)
    assert judge_package_by_tracker_record(record(fixed="3.0-2"), one).still_run_by == ("/usr/sbin/nginx",)


# --- WordPress -----------------------------------------------------------------------------------------


def component(version: str | None, *ranges: list[Any], patched: tuple[str, ...] = ("1.2.10",)) -> Verdict:
    return judge_component_record([CVE, "A hole", list(ranges), list(patched), 9.8], "plugin/x", version, "/var/www/a")


@pytest.mark.parametrize(
    "version, state, fixed",
    [
        ("1.2.9", "affected", "1.2.10"),
        ("1.2.10", "fixed", "1.2.10"),
        ("1.2.10-beta1", "affected", "1.2.10"),
        ("1.10", "fixed", "1.2.10"),
        (None, "unknown", ""),
        ("", "unknown", ""),
    ],
)
def test_components_by_phps_order(version: str | None, state: str, fixed: str) -> None:
    found = component(version, ["*", True, "1.2.10", False])
    assert (found.state, found.fixed_version) == (state, fixed)


def test_a_component_without_a_fix_and_one_that_was_never_affected() -> None:
    assert component("2.0", ["*", True, "*", True], patched=()).reason == "no_fix"
    assert component("1.0", ["2.0", True, "3.0", True], patched=("3.1",)).state == "not_affected"


@pytest.mark.parametrize("origin", ["none", "other_release", "third_party", "backports", "unknown"])
def test_a_releases_fixed_version_is_no_advice_for_what_is_not_of_it(origin: str) -> None:
    """libssl1.1 of Debian 11 is built from openssl as well, and never becomes bookworm's 3.0.20."""
    verdict = judge_package_by_tracker_record(
        record(fixed="3.0.20-1~deb12u1"), built("1.1.1w-0+deb11u1", origin=origin)
    )
    assert (verdict.state, verdict.reason, verdict.fixed_version) == ("unknown", f"origin_{origin}", "")
