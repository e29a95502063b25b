"""Every rule that fails has its reason, and a reason brings what it says."""

from __future__ import annotations

import pytest

from auditor.audit import controls
from benchmarks.judging import reasons

PAGE = r"""# Judges

| kind | what it means |
|---|---|
| `kernel` | not a rule of any section |

## OpenSCAP

| rule | kind | why | shown by |
|---|---|---|---|
| `partition_for_home`, `partition_for_var` | reinstall | A partition is made at installation. | `test -d /home` |
| `journald_compress` | false | It is the default. | `systemd-analyze cat-config x \| grep -q y` |

## Lynis

| rule | kind | why | shown by |
|---|---|---|---|
| `SSH-7408:MaxSessions` | otherwise | `ssh.max_startups` bounds it. | `sshd -T` |
"""
FAILS = {
    "openscap": {"partition_for_home"},
    "openscap-vm": {"partition_for_home", "partition_for_var"},
    "cis": {"journald_compress"},
    "lynis": {"SSH-7408:MaxSessions"},
}


def test_a_page_gives_each_rule_its_reason_and_its_proof() -> None:
    found = reasons.read(PAGE)
    assert set(found["OpenSCAP"]) == {"partition_for_home", "partition_for_var", "journald_compress"}
    assert found["OpenSCAP"]["partition_for_var"].kind == "reinstall"
    assert reasons.commands(FAILS, found) == {
        "test -d /home": ["partition_for_home", "partition_for_var"],
        "systemd-analyze cat-config x | grep -q y": ["journald_compress"],
        "sshd -T": ["SSH-7408:MaxSessions"],
    }
    assert reasons.met_by(FAILS, found) == {"ssh.max_startups": ["SSH-7408:MaxSessions"]}


def test_what_does_not_fail_at_a_place_needs_no_proof_there() -> None:
    assert reasons.commands({"cis": {"journald_compress"}}, reasons.read(PAGE)) == {
        "systemd-analyze cat-config x | grep -q y": ["journald_compress"]
    }


def test_nothing_is_wrong_when_rules_and_reasons_agree() -> None:
    found = reasons.read(PAGE)
    assert list(reasons.unexplained(FAILS, found, container=False)) == []
    assert list(reasons.outlived([FAILS], found)) == []
    assert list(reasons.unfounded(found, {"ssh.max_startups": False})) == []


def test_a_rule_that_fails_for_any_judge_needs_a_reason() -> None:
    said = list(reasons.unexplained({**FAILS, "systemd": {"mariadb.service"}}, reasons.read(PAGE), container=True))
    assert said == ["systemd-analyze, mariadb.service: fails, and there is no reason"]


def test_a_container_s_kernel_explains_nothing_on_a_kernel_of_its_own() -> None:
    found = reasons.read("## Lynis\n| `KRNL-1` | kernel | As it is. | `true` |\n")
    fails = {"lynis": {"KRNL-1"}}
    assert list(reasons.unexplained(fails, found, container=True)) == []
    assert list(reasons.unexplained(fails, found, container=False)) == [
        "Lynis, KRNL-1: fails on a kernel of its own, too"
    ]


def test_reasons_are_counted_by_their_kind_for_each_judge() -> None:
    found = reasons.read(PAGE)
    assert reasons.by_kind("openscap-vm", FAILS["openscap-vm"], found) == {"reinstall": 2}
    assert reasons.by_kind("cis", FAILS["cis"], found) == {"false": 1}
    assert reasons.by_kind("ssh-audit", {"hmac-sha1"}, found) == {}


def test_a_reason_does_not_outlive_its_failure_at_every_place() -> None:
    found = reasons.read(PAGE)
    gone = {**FAILS, "cis": set()}
    assert list(reasons.outlived([FAILS, gone], found)) == []
    assert list(reasons.outlived([gone], found)) == ["OpenSCAP, journald_compress: has a reason, and does not fail"]
    assert list(reasons.outlived([gone], found, ["openscap"])) == []


def test_a_reason_names_controls_that_there_are() -> None:
    assert list(reasons.unfounded(reasons.read(PAGE), {"ssh.kex": False})) == [
        "Lynis, SSH-7408:MaxSessions: there is no control ssh.max_startups"
    ]


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("| `X-1` | otherwise | So it is. | `true` |", "names no control"),
        ("| `X-1` | false | So it is. | |", "nothing shows it"),
        ("| `X-1` | breaks | So it is. | look there |", "nothing shows it"),
    ],
)
def test_a_reason_without_its_proof_is_told(row: str, complaint: str) -> None:
    assert complaint in next(reasons.unfounded(reasons.read(f"## Lynis\n{row}\n"), {}))


def test_what_a_container_shows_as_well_is_no_matter_of_its_kernel() -> None:
    found = reasons.read("## Lynis\n| `KRNL-1` | kernel | `kernel.aslr`, `kernel.redirects` | `true` |\n")
    assert list(reasons.unfounded(found, {"kernel.aslr": True, "kernel.redirects": False})) == [
        "Lynis, KRNL-1: kernel.redirects is judged in a container, too"
    ]


def test_an_unknown_kind_and_a_second_reason_are_refused() -> None:
    with pytest.raises(ValueError, match="no kind"):
        reasons.read("## Lynis\n| `X-1` | because | So it is. | `true` |\n")
    with pytest.raises(ValueError, match="two reasons"):
        reasons.read("## Lynis\n| `X-1`, `X-1` | kernel | So it is. | `true` |\n")


def test_the_page_of_this_repository_holds_what_it_promises() -> None:
    page = reasons.PAGE.read_text("utf-8")
    found = reasons.read(page)
    assert {section for section, rules in found.items() if rules} <= set(reasons.SECTIONS.values())
    known = {each.id: bool(each.container) for each in controls.load_catalogue().controls}
    assert list(reasons.unfounded(found, known)) == []
    assert all(f"`{kind}`" in page for kind in reasons.KINDS)
