"""Which installed packages' own changelogs name vulnerabilities that are asked for. Read only where some are."""

from ansible.module_utils.luytre import _changelogs, _dpkg
from ansible.module_utils.luytre._reading import Unreadable, read_text

MAX_TOLD = 5_000
SECONDS_LEFT = 2.0
"""Of the area's time, with which looking ends."""


def collect(reading):
    asked = frozenset(reading.declared["vulnerabilities"])
    installed = list(_dpkg.packages(read_text(_dpkg.STATUS, _dpkg.STATUS_LIMIT) or ""))
    if not installed:
        raise Unreadable("no dpkg here: packages of this system are not known to Lũy Tre")
    named, without, cut_short = [], 0, False
    for each in installed:
        if reading.left() < SECONDS_LEFT or len(named) >= MAX_TOLD:
            cut_short = True
            break
        text = _changelogs.text_of(each["Package"])
        without += text is None
        for cve, entry in sorted(_changelogs.entries_naming(text or b"", asked).items()):
            named.append({"vulnerability": cve, "package": each["Package"], "version": each["Version"], "entry": entry})
    return {"named": named[:MAX_TOLD], "packages": len(installed), "without": without, "cut_short": cut_short}
