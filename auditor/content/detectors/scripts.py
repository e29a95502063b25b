"""Judging what scripts do with foreign hosts: lead there, load from there, send what people type there. Pure."""

from __future__ import annotations

import functools
import re

from auditor.content.answers import PageAnswers
from auditor.content.detectors import context, look_alikes, spam_text
from auditor.content.domains import DomainClassifier, get_host_in_address, get_registrable_domain
from auditor.content.evidence import PageEvidence
from auditor.content.page.extract import PageExtract
from auditor.content.page.script_acts import Act
from auditor.content.page.scripts import ScriptBehaviour
from auditor.scans.traces import Kind

MANY = 3
"""Foreign names in one script from which it is not told which of them it leads to."""
_MENU_LINKS = 4
_SHARED = 5
"""Letters that a site's names of before and after a move have in common."""
_MOVES = re.compile(
    r"chuyển (?:sang|đến|về|hướng|tới)|địa chỉ mới|tên miền mới|đã (?:dời|đổi)|moved|new address", re.IGNORECASE
)
_ACTS: tuple[tuple[Act, Kind], ...] = (
    ("copies_command", "payload"),
    ("pushes", "push"),
    ("sends_input", "form"),
    ("mines", "payload"),
    ("runs_fetched", "payload"),
    ("hijacks", "redirect"),
)
"""What no script of an honest site does with a host that nobody knows."""


def check_refreshes(answers: PageAnswers, near: DomainClassifier, evidence: PageEvidence) -> None:
    """Say so when the page leads everybody away by a refresh that it never tells of."""
    for pointer in answers.page.pointers:
        if pointer.via == "refresh" and near.classify_host(pointer.host) == "foreign":
            _check_unannounced_lead(pointer.host, pointer.address, answers.page, near, evidence)


def add_evidence_of_scripts(page: PageExtract, near: DomainClassifier, evidence: PageEvidence) -> None:
    """Say against each foreign host what the scripts of a page do with it."""
    for script in page.scripts:
        foreign = find_foreign_addresses_in_script(script, near)
        decoded = [entry for entry in foreign if entry[0] in script.decoded_addresses]
        visible = [entry for entry in foreign if entry[0] not in script.decoded_addresses]
        _check_decoded_hosts(script, decoded, evidence)
        _check_visible_hosts(script, visible, near, evidence)
        _check_leads(script, foreign, visible, page, near, evidence)
        _check_shown_text(script, has_foreign=bool(foreign), near=near, evidence=evidence)
        for act in ("mines", "pushes_for_zone"):
            if act in script.acts and not foreign:
                kind: Kind = "payload" if act == "mines" else "push"
                evidence.add_evidence_without_host(kind, act, act, act, "code", "structure")


def find_foreign_addresses_in_script(script: ScriptBehaviour, near: DomainClassifier) -> list[tuple[str, str]]:
    """Return the foreign addresses in a script, each with its host."""
    addresses = (
        (address, _get_host_of_script_address(address)) for address in (*script.addresses, *script.decoded_addresses)
    )
    return [(address, host) for address, host in addresses if host and near.classify_host(host) == "foreign"]


def _get_host_of_script_address(address: str) -> str:
    return get_host_in_address(address if "://" in address else f"https:{address}")


def _check_decoded_hosts(script: ScriptBehaviour, decoded: list[tuple[str, str]], evidence: PageEvidence) -> None:
    for address, host in decoded:
        evidence.add_evidence_against_host(host, "payload", "decoded", address, "code", "address", report_alone=True)
        if script.leads:
            evidence.add_evidence_against_host(host, "redirect", "script_leads_away", address, "redirects")


def _check_visible_hosts(
    script: ScriptBehaviour, visible: list[tuple[str, str]], near: DomainClassifier, evidence: PageEvidence
) -> None:
    known_domains = frozenset(map(get_registrable_domain, near.baseline.hosts))
    has_baseline = bool(known_domains) or near.baseline.is_complete
    for address, host in visible:
        if script.loads and has_baseline and get_registrable_domain(host) not in known_domains:
            evidence.add_evidence_against_host(host, "script", "new_here", address, "baseline", report_alone=True)
        if script.loads and look_alikes.find_copied_library(host, near):
            evidence.add_evidence_against_host(host, "script", "copies_a_name", address, "address", "writing")
        for act, kind in _ACTS:
            if act in script.acts:
                evidence.add_evidence_against_host(host, kind, act, address, "code", "address", report_alone=True)


def _check_leads(
    script: ScriptBehaviour,
    foreign: list[tuple[str, str]],
    visible: list[tuple[str, str]],
    page: PageExtract,
    near: DomainClassifier,
    evidence: PageEvidence,
) -> None:
    if not script.leads:
        return
    if len(visible) <= MANY:
        for address, host in visible:
            evidence.add_evidence_against_host(
                host, "redirect", "script_leads_away", address, "redirects", report_alone=True
            )
            if "asks_when" in script.acts:
                evidence.add_evidence_against_host(host, "redirect", "asks_when", address, "visitors")
            elif len(visible) == 1 and not script.asks_who:
                _check_unannounced_lead(host, address, page, near, evidence)
    if script.asks_who:
        for address, host in foreign:
            evidence.add_evidence_against_host(host, "redirect", "asks_who_comes", address, "visitors", exact=True)


def _check_unannounced_lead(
    host: str, address: str, page: PageExtract, near: DomainClassifier, evidence: PageEvidence
) -> None:
    """Say so when a whole page leads everybody to a name that it never tells: a site that moved says where to."""
    label = get_registrable_domain(host).partition(".")[0]
    if len(page.own) < _MENU_LINKS or label in page.text.lower() or _MOVES.search(page.text):
        return
    if any(pointer.via == "link" and pointer.host == host for pointer in page.pointers):
        return
    if not _has_common_part(label, near.baseline.domain) and not _has_common_part(near.baseline.domain, host):
        evidence.add_evidence_against_host(host, "redirect", "says_nothing_of_it", address, "structure")


@functools.lru_cache(maxsize=256)
def _has_common_part(label: str, domain: str) -> bool:
    label = label.removeprefix("www.").partition(".")[0]
    pieces = (label[start : start + _SHARED] for start in range(max(1, len(label) - _SHARED + 1)))
    return any(piece in domain for piece in pieces if len(piece) == _SHARED)


def _check_shown_text(
    script: ScriptBehaviour, *, has_foreign: bool, near: DomainClassifier, evidence: PageEvidence
) -> None:
    """Say so when a script writes an advert: who edits the page's text never sees it."""
    text = script.shown_text
    if text and context.find_lexicon_words(text, near.lexicon).is_advert_and_no_report:
        essence = spam_text.build_stable_essence_of_text(text, near.lexicon)
        families = ("lexicon", "code") if has_foreign or script.leads else ("lexicon",)
        evidence.add_evidence_without_host("text", essence, "script_text", text, *families)
