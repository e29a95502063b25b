"""Which visitors of a review jails of fail2ban would shut out: their patterns, tried on the lines that such visits leave in a log."""

import functools
import re

from ansible.module_utils.luytre import _patterns, _session, _websites
from ansible.module_utils.luytre.in_use import log_paths

PATHS = (("/", 200), ("/tin-tuc/bai-viet-1.html", 200), ("/0a1b2c3d4e5f.html", 404), ("/robots.txt", 200))
"""What a visitor asks for, and how he is answered."""
_LINE = '%s%s - - %s "GET %s HTTP/1.1" %d 5120 "%s" "%s"'
_DATES = ("[]", "[27/Nov/2026:17:00:00 +0700]")
"""As fail2ban leaves a line whose date it has found, and whole."""
_HOSTS = ("", "www.xa.test:443 ")
_NUMBER = re.compile(r"\A\[\d{1,4}\]: ")
"""That fail2ban's client puts before each pattern."""
SOMEBODY = "203.0.113.7"


def judged(jails, reading):
    """The jails with ``bans_visitors``; for one whose patterns could not be tried all of them."""
    visitors = {name: one for name, one in reading.declared["visitors"].items() if isinstance(one, dict)}
    here = _session.session()
    source = here["source"] if here else SOMEBODY
    web = frozenset(log_paths(_websites.in_force()))
    reads = [one for one in jails if web.intersection(one["logs"]) and (not here or source in one["shuts_out"])]
    pieces = [functools.partial(_banned, one["patterns"], source, visitors) for one in reads]
    for one, answer in zip(reads, _patterns.in_turn(pieces, reading.deadline)):
        one["bans_visitors"] = sorted(visitors) if isinstance(answer, _patterns.Unread) else answer
    return jails


def _banned(patterns, source, visitors):
    compiled = [re.compile(_NUMBER.sub("", text)) for text in patterns]
    return sorted(
        name
        for name, one in visitors.items()
        if any(pattern.search(line) for line in lines(source, one) for pattern in compiled)
    )


def lines(source, visitor):
    """The lines that a visitor leaves in a log."""
    return [
        _LINE % (host, source, date, path, status, visitor["referrer"], visitor["agent"])
        for path, status in PATHS
        for date in _DATES
        for host in _HOSTS
    ]
