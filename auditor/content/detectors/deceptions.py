"""Judging pages that talk people into something: into an identity, a package, a command; names that nobody holds. Pure.

What is told without diacritics, too. What warns of such a thing names it as well: reporting words in the same sentence,
or in the title, keep a page clean.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from auditor.content.answers import PageAnswers
from auditor.content.detectors import context, look_alikes, spam_text
from auditor.content.domains import DomainClassifier
from auditor.content.evidence import PageEvidence
from auditor.content.page.extract import OutboundPointer, PageExtract
from auditor.content.page.segments import iter_text_blocks
from auditor.content.text import normalization
from auditor.scans.traces import Family

_SECRETS = re.compile(
    r"\botp\b|ma[ _]?otp|\bpin\b|ma[ _]?pin|\bcv[vc]2?\b|so[ _]?the\b|the[ _](?:tin dung|ngan hang)|card|password"
    r"|mat[ _]?khau|ma[ _]?xac[ _]?(?:nhan|thuc)"
)
_MONEY = re.compile(r"so[ _]?(?:tai[ _]?khoan|tk)\b|\bstk\b|bank|ngan[ _]?hang")
_IDENTITY = re.compile(r"cccd|cmnd|can[ _]?cuoc|vneid|dinh[ _]?danh|cmt\b")
"""What forms ask for that want a person's identity, or the money of one."""
_PACKAGE = re.compile(r"\.(?:apk|apks|xapk|mobileconfig|ipa)$", re.IGNORECASE)
_ARCHIVE = re.compile(r"\.(?:zip|rar|7z|exe|msi|scr|bat|cmd|vbs|js|hta|iso|lnk|jar|dmg)$", re.IGNORECASE)
_STATE_SERVICE = re.compile(
    r"vneid|dinh danh|can cuoc|\bcccd\b|dich vu cong|dichvucong|phat nguoi|phatnguoi|\bcsgt\b|bien ban vi pham"
    r"|bienban|cong an|an sinh|vssid|bao hiem xa hoi"
)
_TAX_OR_BANK = re.compile(
    r"e ?tax|tong cuc thue|chi cuc thue|hoan thue|thue dien tu|ngan hang|dien luc|\bevn\b|sinh trac"
)
_KEYS = re.compile(
    r"(?:win(?:dows)?(?: key)?|⊞) {0,3}(?:\+|-|and|va) {0,3}(?:r|x)\b|phim windows|\b(?:mo|open|vao|launch) terminal"
)
_PASTES = re.compile(r"(?:ctrl|cmd|command|⌘) {0,3}(?:\+|-)? {0,3}v\b|\bdan (?:dong|lenh|doan|ma|vao)|\bpaste\b")
_PRETEXT = re.compile(
    r"robot|human|con nguoi|captcha|xac minh|xac thuc|verify|cap nhat|update|da loi thoi|sua loi|fix|khac phuc"
)
_FETCHED_COMMAND = re.compile(
    r"\b(?:powershell|pwsh|mshta|cmd(?:\.exe)? /c|msiexec|rundll32|curl|bitsadmin|certutil|osascript|wget)\b"
    r"[^\n]{0,200}(?:https?:|\biwr\b|\birm\b|\biex\b|-enc)",
)
_WALLET_CALLS = ("connectWallet", "eth_requestAccounts", "eth_sendTransaction", "setApprovalForAll", "WalletConnect")
_WALLET_WORDS = re.compile(r"\bvi\b|wallet|airdrop|claim|\beth\b|usdt|\bnft\b|token")
_NOBODYS = re.compile(
    r"no such app|nosuchbucket|the specified bucket does not exist|there isn.t a github pages site here"
    r"|fastly error: unknown domain|deployment_not_found|this domain is not configured|project not found"
    r"|sorry, this shop is currently unavailable|the resource that you are attempting to access does not exist"
    r"|404 web site not found|whatever you were looking for doesn.t currently exist at this address"
    r"|this page is reserved for artistic dogs|domain (?:is )?not (?:connected|linked) to|site not found . github pages"
    r"|no settings were found for this company|unrecognized domain|this domain has been mapped to squarespace"
    r"|the feed has not been found|do you want to register [\w.-]{1,80}\?|looks like this domain isn.t connected"
)
"""What services say for a name that still leads to them and that nobody claims there: whoever comes first may."""
_SHORT, _MOST = 500, 20_000
_COMMANDS = (
    "powershell",
    "pwsh",
    "mshta",
    "cmd",
    "msiexec",
    "rundll32",
    "curl",
    "bitsadmin",
    "certutil",
    "osascript",
    "wget",
)


def check_deceptions(answers: PageAnswers, near: DomainClassifier, evidence: PageEvidence) -> None:
    """Say what a page talks people into."""
    page = answers.page
    _check_name_of_nobody(page, evidence)
    for pointer in page.pointers:
        if near.classify_host(pointer.host) != "foreign":
            continue
        if pointer.via == "form":
            _check_form(pointer, evidence)
        elif pointer.via == "link":
            _check_package(pointer, page, near, evidence)
        _check_name_like_state(pointer, page, near, evidence)
    _check_told_command(page, near, evidence)
    _check_wallet(page, near, evidence)


def _check_name_like_state(
    pointer: OutboundPointer, page: PageExtract, near: DomainClassifier, evidence: PageEvidence
) -> None:
    if pointer.via in ("link", "form", "frame", "refresh") and look_alikes.is_like_state(pointer.host):
        if _is_reported(pointer, page, near):
            return
        sample = f"{pointer.words} → {pointer.address}"
        evidence.add_evidence_against_host(pointer.host, "link", "copies_a_name", sample, "address", "writing")


def _fold(text: str) -> str:
    return normalization.strip_diacritics(normalization.normalize_text_as_read(text).text)


def _check_form(pointer: OutboundPointer, evidence: PageEvidence) -> None:
    asks = _fold(f"{pointer.asks} {pointer.words}")
    asks = f"{asks} {asks.replace('_', ' ')}"
    has_secret, has_money = _SECRETS.search(asks), _MONEY.search(asks)
    if (_IDENTITY.search(asks) and (has_secret or has_money)) or (has_money and has_secret):
        sample = f"{pointer.words} → {pointer.address}"
        evidence.add_evidence_against_host(
            pointer.host, "form", "asks_who_you_are", sample, "structure", "address", report_alone=True
        )


def _check_package(pointer: OutboundPointer, page: PageExtract, near: DomainClassifier, evidence: PageEvidence) -> None:
    path = urlsplit(pointer.address).path
    is_package = _PACKAGE.search(path) is not None
    if not is_package and not _ARCHIVE.search(path):
        return
    said = _fold(" ".join((pointer.words, page.title, *page.headings[:2], pointer.around, pointer.host, path)))
    said = said.replace("-", " ").replace("_", " ")
    if _is_reported(pointer, page, near):
        return
    sample = f"{pointer.words} → {pointer.address}"
    families: list[Family] = ["structure"] if is_package else []
    if _STATE_SERVICE.search(said) or (is_package and _TAX_OR_BANK.search(said)):
        families = ["structure", "address"]
    if families:
        evidence.add_evidence_against_host(
            pointer.host, "link", "package_of_others", sample, *families, report_alone=True
        )


def _is_reported(pointer: OutboundPointer, page: PageExtract, near: DomainClassifier) -> bool:
    """Return whether the title, a heading or the sentence of a link warns of it."""
    said = " ".join((page.title, *page.headings[:2]))
    return bool(
        context.find_lexicon_words(said, near.lexicon).warnings
        or context.find_lexicon_words(context.get_sentence_of_link(pointer), near.lexicon).warnings
    )


def _check_told_command(page: PageExtract, near: DomainClassifier, evidence: PageEvidence) -> None:
    """Say so when a page tells people which keys to press to run what it gives them."""
    copies = any("copies_command" in script.acts for script in page.scripts)
    text = page.text[:_MOST].lower()
    if not copies and not (any(word in text for word in _COMMANDS) and _FETCHED_COMMAND.search(text)):
        return
    told = _fold(" ".join(text.split()))
    if not _KEYS.search(told) or not _PASTES.search(told) or not _PRETEXT.search(told):
        return
    heads = " ".join((page.title, *page.headings))
    blocks = (
        block for block in iter_text_blocks(page) if _KEYS.search(folded := _fold(block)) or _PASTES.search(folded)
    )
    says = (context.find_lexicon_words(block, near.lexicon) for block in blocks)
    if context.find_lexicon_words(heads, near.lexicon).report_words or any(block.report_words for block in says):
        return
    essence = spam_text.build_stable_essence_of_text(page.title or told[:200], near.lexicon)
    evidence.add_evidence_without_host("payload", f"command {essence}", "tells_to_run", told[:500], "code", "structure")


def _check_wallet(page: PageExtract, near: DomainClassifier, evidence: PageEvidence) -> None:
    """Say so when a page of an office wants to be let into a wallet of a currency."""
    if not any(call in page.html for call in _WALLET_CALLS):
        return
    says = (context.find_lexicon_words(text, near.lexicon) for text in (page.title, *page.headings[:1]))
    if _WALLET_WORDS.search(_fold(page.text[:_MOST])) and not any(one.report_words for one in says):
        evidence.add_evidence_without_host(
            "payload", "a wallet's connection", "asks_for_wallet", page.title, "code", "structure"
        )


def _check_name_of_nobody(page: PageExtract, evidence: PageEvidence) -> None:
    if page.own or len(page.text) > 4 * _SHORT or len(text := " ".join(page.text.split())) > _SHORT:
        return
    said = f"{page.title}\n{text}".lower()
    match = _NOBODYS.search(said)
    if match is not None:
        evidence.add_evidence_without_host(
            "doorway", f"nobody's {match[0]}", "name_of_nobody", f"{page.title} {text}"[:300], "address", "structure"
        )
