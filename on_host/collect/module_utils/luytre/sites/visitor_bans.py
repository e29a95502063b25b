"""Which visitors of a review jails of fail2ban would shut out.

Their patterns, tried on the lines that such visits leave in a log.
"""

import functools
import re

from ansible.module_utils.luytre.os import ssh_session
from ansible.module_utils.luytre.parsers import foreign_patterns
from ansible.module_utils.luytre.sites import websites
from ansible.module_utils.luytre.sites.access_log import list_access_logs

PATHS = (("/", 200), ("/tin-tuc/bai-viet-1.html", 200), ("/0a1b2c3d4e5f.html", 404), ("/robots.txt", 200))
"""What a visitor asks for, and how he is answered."""
_LINE = '%s%s - - %s "GET %s HTTP/1.1" %d 5120 "%s" "%s"'
_DATES = ("[]", "[27/Nov/2026:17:00:00 +0700]")
"""As fail2ban leaves a line whose date it has found, and whole."""
_HOSTS = ("", "www.xa.test:443 ")
_NUMBER = re.compile(r"\A\[\d{1,4}\]: ")
"""That fail2ban's client puts before each pattern."""
SOMEBODY = "203.0.113.7"


def mark_jails_that_ban_visitors(jails, reader):
    """Return the jails with ``bans_visitors``; for one whose patterns could not be tried all of them."""
    visitors = {name: visitor for name, visitor in reader.declared["visitors"].items() if isinstance(visitor, dict)}
    here = ssh_session.get_current_ssh_session()
    source = here["source"] if here else SOMEBODY
    web = frozenset(list_access_logs(websites.list_configured_vhosts()))
    reads = [
        candidate
        for candidate in jails
        if web.intersection(candidate["logs"]) and (not here or source in candidate["shuts_out"])
    ]
    pieces = [
        functools.partial(_find_visitors_banned_by_patterns, candidate["patterns"], source, visitors)
        for candidate in reads
    ]
    for jail, answer in zip(reads, foreign_patterns.run_functions_in_child(pieces, reader.deadline)):
        jail["bans_visitors"] = sorted(visitors) if isinstance(answer, foreign_patterns.PatternFailure) else answer
    return jails


def _find_visitors_banned_by_patterns(patterns, source, visitors):
    regexes = [re.compile(_NUMBER.sub("", text)) for text in patterns]
    return sorted(
        name
        for name, visitor in visitors.items()
        if any(pattern.search(line) for line in render_visitor_log_lines(source, visitor) for pattern in regexes)
    )


def render_visitor_log_lines(source, visitor):
    """Return the lines that a visitor leaves in a log."""
    return [
        _LINE % (host, source, date, path, status, visitor["referrer"], visitor["agent"])
        for path, status in PATHS
        for date in _DATES
        for host in _HOSTS
    ]
