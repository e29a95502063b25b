"""What people wrote, without addresses and the names of hosts, which the technical annex alone holds. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable

_HARDWARE = r"(?<!\w)(?:[0-9a-f]{2}:){5}[0-9a-f]{2}(?!\w)"
_NUMBERS = (
    r"(?<!\w)(?:\[(?P<bracketed>[0-9a-f:.]+)(?:%\w+)?\](?::\d+)?"
    r"|(?P<bare>[0-9a-f:.]+)(?:%\w+)?(?:/\d+(?:\.\d+)*)?(?::\d+)?)"
)
_ADDRESSES = re.compile(f"{_HARDWARE}|{_NUMBERS}", re.I)
_HOST_WORDS = r"(?:máy chủ|máy|host|server)[\s:“\"'(]+"
"""Words after which a word can only be a host's name."""


def make_address_and_host_name_replacer(hosts: Iterable[str], replacement: str) -> Callable[[str], str]:
    """Return what puts ``replacement`` in the place of every address, and of the names of these hosts.

    A name with a digit, a dot, a hyphen or an underscore is one wherever it stands; one that looks like a word only
    after "máy chủ", "máy", "host" or "server". Times, as ``08:30:15``, are no addresses.
    """
    name_pattern = _compile_host_name_pattern(hosts)

    def anonymize(text: str) -> str:
        without = _ADDRESSES.sub(lambda address_match: _replace_matched_address(address_match, replacement), text)
        return name_pattern.sub(lambda name_match: f"{name_match['called'] or ''}{replacement}", without)

    return anonymize


def _replace_matched_address(match: re.Match[str], replacement: str) -> str:
    bare = match["bare"]
    if bare is None:
        bracketed_address = match["bracketed"]
        return replacement if bracketed_address is None or _is_specified_ip_address(bracketed_address) else match[0]
    for core in (bare, bare.rstrip(".:"), bare.strip(".:")):
        if _is_specified_ip_address(core) or (
            core[-1:].isdigit() and _is_specified_ip_address(core.rpartition(":")[0])
        ):
            before, after = bare.split(core, 1)
            return f"{before}{replacement}{after}"
    return match[0]


def _is_specified_ip_address(text: str) -> bool:
    try:
        return not ipaddress.ip_address(text).is_unspecified
    except ValueError:
        return False


def _compile_host_name_pattern(hosts: Iterable[str]) -> re.Pattern[str]:
    by_length = sorted(set(hosts), key=len, reverse=True)
    distinctive_names = _make_alternation_pattern(name for name in by_length if re.search(r"[\d._-]", name))
    words = _make_alternation_pattern(name for name in by_length if not re.search(r"[\d._-]", name))
    return re.compile(rf"(?:(?<![\w.-]){distinctive_names}|(?<!\w)(?P<called>{_HOST_WORDS}){words})(?![\w-])", re.I)


def _make_alternation_pattern(names: Iterable[str]) -> str:
    return f"(?:{'|'.join(map(re.escape, names)) or '(?!)'})"
