"""OpenSCAP with the content of scap-security-guide."""

from __future__ import annotations

import re
from dataclasses import dataclass

from benchmarks.judging.verdict import Verdict

_RESULT = re.compile(
    r"^Rule\s+xccdf_org\.ssgproject\.content_rule_(?P<rule>\S+)$.*?^Result\s+(?P<result>\w+)$", re.M | re.S
)
_MACHINE = "oval:ssg-installed_env_is_a_machine:def:1"
_RELEASE = re.compile(r"(?<=>)oval:ssg-installed_OS_is_(?:debian12|ubuntu2404):def:1(?=</cpe-dict:check>)")
_RULES_UNIT = re.compile(r"(?<=\|Requires=)augenrules(?=\.service\)</ind:pattern>)")
_RULES_UNITS = "(?:augenrules|audit-rules)"
"""The unit that loads auditd's rules, which on Debian 13 has the second name."""
_KERNEL = re.compile(r'(?<=")oval:ssg-system_with_kernel:def:1(?="/>)')


@dataclass(frozen=True)
class Profile:
    """A profile of a data stream. ``as_machine``: rules count that are only for machines with a kernel of their own."""

    name: str
    stream: str
    as_machine: bool
    counts_passes: bool = False


ANSSI = "anssi_bp28_enhanced"
PROFILES = {
    "openscap": Profile(ANSSI, "ssg-debian12-ds.xml", as_machine=False),
    "openscap-vm": Profile(ANSSI, "ssg-debian12-ds.xml", as_machine=True),
    "cis": Profile("cis_level2_server", "ssg-ubuntu2404-ds.xml", as_machine=True, counts_passes=True),
}
"""No data stream is for Debian 13, and none of Debian's has a CIS profile.

Debian 12's and Ubuntu 24.04's are the nearest.
"""


def anywhere(stream: str) -> str:
    """Return a data stream that judges other releases than its own, too; what it looks at there stays as it is.

    But for the name of a unit. Raises ValueError when the stream asks for its release, or for that unit, in another way
    than is known.
    """
    return _replace(_replace(stream, _RELEASE, _MACHINE, "release"), _RULES_UNIT, _RULES_UNITS, "unit")


def as_machine(stream: str) -> str:
    """Return a data stream that takes whatever is no Docker or Podman container for a machine.

    A container without a kernel package is no "system with a kernel", and many rules are for such alone. Raises
    ValueError when the stream asks for a kernel in another way than is known.
    """
    return _replace(stream, _KERNEL, _MACHINE, "kernel")


def _replace(stream: str, condition: re.Pattern[str], by: str, what: str) -> str:
    stream, times = condition.subn(by, stream)
    if not times:
        raise ValueError(f"the data stream does not ask for a {what} in the way that is known")
    return stream


def parse(said: str, *, counts_passes: bool) -> Verdict:
    """Return the output of ``oscap xccdf eval``. Raises ValueError when it judged nothing."""
    results = {match["rule"]: match["result"] for match in _RESULT.finditer(said)}
    fails = frozenset(rule for rule, result in results.items() if result == "fail")
    passes = sum(result == "pass" for result in results.values())
    if not fails and not passes:
        raise ValueError(f"oscap judged nothing: {said[-300:]!r}")
    return Verdict(passes, fails, passes + len(fails)) if counts_passes else Verdict(len(fails), fails)


def script(judge: str, profile: Profile) -> str:
    """Return what runs ``profile`` in the judges' folder on a host."""
    return (
        "export OSCAP_SCHEMA_PATH=$PWD/openscap/schemas OSCAP_XSLT_PATH=$PWD/openscap/xsl OSCAP_CPE_PATH=$PWD/"
        "openscap/cpe\n"
        f"./ld.so --library-path $PWD/lib ./oscap xccdf eval --profile {profile.name} streams/{judge}.xml 2>/dev/null "
        f"|| [ $? = 2 ]"
    )
