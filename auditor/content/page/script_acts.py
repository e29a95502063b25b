"""What a script does besides leading away, told by the calls in it. Pure; in time that grows with it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable
from typing import Literal

type Act = Literal[
    "pushes", "pushes_for_zone", "copies_command", "asks_when", "sends_input", "mines", "runs_fetched", "hijacks"
]
"""``pushes``: wants to send notifications. ``pushes_for_zone``: those of an advertising
network. ``copies_command``: lays a command into the visitor's clipboard, for the
system. ``asks_when``: asks for the hour, the size of the screen, or whether somebody has been here.
``sends_input``: sends what people type, beside what the form does. ``mines``: works for a pool of a currency.
``runs_fetched``: runs what it fetches. ``hijacks``: opens something at any click, or when somebody goes back.
"""

MAX_SHOWN = 4_000
_PUSH = re.compile(r"serviceWorker\s*\.\s*(?:register|ready)|Notification\s*\.\s*requestPermission|[pP]ushManager\b")
_COPIES = re.compile(r"clipboard\s{0,9}\.\s{0,9}write(?:Text)?\b|execCommand\s{0,9}\(\s{0,9}[\"']copy")
_COMMAND = re.compile(
    r"[\"'`]\s{0,9}(?:cmd(?:\.exe)?\s{1,9}/[ck]|(?:mshta|msiexec|rundll32|certutil|bitsadmin|wscript|cscript|osascript)\b"
    r"|(?:powershell|pwsh)(?:\.exe)?\s|(?:iex|iwr|irm)\s)"
    r"|\b(?:curl|wget)\s[^\"'`|\n]{1,300}\|\s{0,9}(?:ba|z|da)?sh\b",
    re.IGNORECASE,
)
"""How a system's own programs are told to fetch and run something, at the beginning of a text."""
_ZONE = re.compile(
    r"serviceWorker[^;]{0,60}\.\s*register\s*\([^)]{0,100}[?&](?:z|zone|zone_?id)=\d{2,9}\b", re.IGNORECASE
)
"""A worker that is told for which zone of an advertising network it works."""
_ASKS_WHEN = re.compile(
    r"\.getHours\s*\(|document\s*\.\s*cookie|(?:local|session)Storage|\b(?:screen|window)\s*\.\s*(?:availWidth|width"
    r"|innerWidth)|\binnerWidth|matchMedia\s*\(|maxTouchPoints|Math\s*\.\s*random\s*\(\s*\)\s*[<>]"
)
_SENDS = re.compile(
    r"sendBeacon|\bfetch\s*\(|XMLHttpRequest|new\s{1,9}Image\b|\.src\s*=|\.(?:ajax|post)\s*\(|WebSocket\s*\("
)
_ON_SUBMIT = re.compile(
    r"[\"'](?:submit|beforeunload|unload)[\"']|\bonsubmit\b|\.submit\s*\(\s*(?:function|\w{1,20}\s*=>|\()"
)
_READS_FORM = re.compile(
    r"\bFormData\s*\(|\.serialize(?:Array)?\s*\(|\.elements\b|querySelectorAll\s*\(\s*[\"'][^\"']{0,80}input"
)
_ON_KEYS_OF_ALL = re.compile(
    r"(?:document|window|body|documentElement|\$\(\s*document\s*\))\s*\.\s*(?:addEventListener|on)\s*\(\s*[\"']"
    r"(?:input|key\w{2,6}|change|blur|paste)[\"']|document\s*\.\s*onkey\w{2,6}\s*="
)
_ON_FIELDS = re.compile(
    r"(?:querySelectorAll|\$|jQuery|getElementsByTagName)\s*\(\s*[\"'][^\"']{0,60}(?:input|select|textarea)[^\"']{0,60}[\"']\s*\)"
    r"[^;]{0,200}(?:addEventListener|\.on)\s*\(\s*[\"'](?:input|key\w{2,6}|change|blur|paste)[\"']"
)
_READS_SECRETS = re.compile(
    r"\b(?:cccd|cmnd|can_?cuoc|stk|so_?tai_?khoan|otp|ma_?otp|cvv|ma_?pin|so_?the|card_?number)\w{0,9}[\"'\])]{0,3}"
    r"\s{0,3}\.\s{0,3}(?:value|val)\b",
    re.IGNORECASE,
)
_LEADS_THERE = (
    r"[^}]{0,300}?(?:\bopen\s*\(|location\s*=|location\.href\s*=|location\.(?:replace|assign)\s*\()\s*[\"'`]"
    r"(?:https?:)?//"
)
_AT_ANY_CLICK = re.compile(
    r"(?:document|window|body|documentElement|\$\(\s*document\s*\))\s*\.\s*(?:(?:addEventListener|on|one)\s*\(\s*[\"']"
    r"(?:click|mousedown|mouseup|pointerdown|touchstart|touchend)[\"']|onclick\s*=)" + _LEADS_THERE
)
_GOES_BACK = re.compile(r"popstate" + _LEADS_THERE)
_READS_KEYS = re.compile(r"\.\s*(?:value|key|which|keyCode)\b")
_STOPS_FORM = re.compile(r"preventDefault|return\s{1,9}false")
_MINER = re.compile(r"\bnew\s{1,9}[\w$.]{1,60}\.(?:Anonymous|User|Token)\s*\(")
_MINER_WORDS = re.compile(
    r"\b(?:throttle|threads|hardwareConcurrency|nonce|job_?id|hash(?:es)?_?(?:rate|persecond)|stratum|cryptonight|randomx"
    r"|monero|xmr\w{0,9}|autothreads|pool\w{0,9}|coinhive|miner)\b",
    re.IGNORECASE,
)
_SOCKET = re.compile(r"\bWebSocket\s*\(|wss://")
_WORKS = re.compile(r"WebAssembly|\bWorker\s*\(")
_FETCHES = re.compile(r"\bfetch\s*\(|XMLHttpRequest|\.(?:get|ajax|getScript)\s*\(")
_RUNS = re.compile(r"\beval\s*\(|\bnew\s{1,9}Function\b|\bFunction\s*\(")
_SHOWS = re.compile(
    r"fillText|strokeText|textContent|innerText|createTextNode|innerHTML|insertAdjacent|document\s*\.\s*title"
    r"|\.append\s*\(|\.write(?:ln)?\s*\(|\.html\s*\(|\.text\s*\("
)


def list_acts(code: str) -> frozenset[Act]:
    """Return what a script does, out of its code together with what that decodes and puts together."""
    return frozenset(act for act, does in _TESTS if does(code))


def _wants_to_push(code: str) -> bool:
    return len({name[0].lower()[:8] for name in itertools.islice(_PUSH.finditer(code), 40)}) > 1


def _pushes_for_zone(code: str) -> bool:
    return _ZONE.search(code) is not None


def _copies_command(code: str) -> bool:
    return _COPIES.search(code) is not None and _COMMAND.search(code) is not None


def _asks_when(code: str) -> bool:
    return _ASKS_WHEN.search(code) is not None


def _sends_input(code: str) -> bool:
    """Return whether it listens beside a form, which goes its own way, or to every key."""
    if not _SENDS.search(code):
        return False
    beside_form = _ON_SUBMIT.search(code) and _READS_FORM.search(code) and not _STOPS_FORM.search(code)
    to_keys = _ON_KEYS_OF_ALL.search(code) or _ON_FIELDS.search(code)
    return bool(beside_form or _READS_SECRETS.search(code) or (to_keys and _READS_KEYS.search(code)))


def _mines(code: str) -> bool:
    words = len({word[0].lower() for word in itertools.islice(_MINER_WORDS.finditer(code), 200)})
    if words and _MINER.search(code):
        return True
    return words > 1 and _SOCKET.search(code) is not None and _WORKS.search(code) is not None


def _runs_fetched(code: str) -> bool:
    return _RUNS.search(code) is not None and _FETCHES.search(code) is not None


def _hijacks(code: str) -> bool:
    return _AT_ANY_CLICK.search(code) is not None or ("pushState" in code and _GOES_BACK.search(code) is not None)


_TESTS: tuple[tuple[Act, Callable[[str], bool]], ...] = (
    ("pushes", _wants_to_push),
    ("pushes_for_zone", _pushes_for_zone),
    ("copies_command", _copies_command),
    ("asks_when", _asks_when),
    ("sends_input", _sends_input),
    ("mines", _mines),
    ("runs_fetched", _runs_fetched),
    ("hijacks", _hijacks),
)


def join_shown_texts(code: str, literals: Iterable[str]) -> str:
    """Return what a script draws or writes as text, a line for each piece; empty when it shows nothing."""
    if not _SHOWS.search(code):
        return ""
    texts = (text for text in literals if len(text) > 5 and "<" not in text and (" " in text or not text.isascii()))
    return "\n".join(texts)[:MAX_SHOWN]
