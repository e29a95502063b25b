"""What the requests in an access log come to. Visitors write it: only counts, and names of hosts, are kept of it."""

import glob
import os
import re

from ansible.module_utils.luytre.sites import filled_uris
from ansible.module_utils.luytre_shared.files import safe_open

TAIL = 1_500_000
"""Bytes at a log's end that are read."""
METHODS = ("PUT", "DELETE", "PATCH", "PROPFIND", "MKCOL", "MOVE", "COPY", "LOCK", "REPORT")
NAME = re.compile(r"https?://((?:[a-z0-9-]{1,63}\.){1,8}[a-z][a-z0-9-]{0,62})(?:[:/?]|$)")
OLD = re.compile(r"MSIE |Trident/|Windows NT 5\.|Android [1-4]\.|iPhone OS [1-8]_|Java/1\.[67]\.")
"""How clients name themselves that may know none of today's ciphers."""
MAX_NAMES = 2_000
MAX_TOLD = 10
SEEN_OFTEN = 3


def read_last_log_lines(path, limit=TAIL):
    """Return the last whole lines of a log as text, or None when there is none.

    It is no link, and no pipe is waited for.
    """
    try:
        handle = safe_open.open_below(os.path.dirname(path), os.path.basename(path))
    except OSError:
        return None
    try:
        start = max(0, os.fstat(handle).st_size - limit)
        data = os.pread(handle, limit, start)
    except OSError:
        return None
    finally:
        os.close(handle)
    if start:
        data = data.partition(b"\n")[2]
    return data.decode("utf-8", "replace")


def count_requests_in_access_log(log_lines):
    """Count requests in lines of the combined format.

    Return ``{requests, methods, too_large, uploaded_php, status_pages, old_clients, referrers}``.

    ``methods`` are those that write, ``uploaded_php`` scripts in upload folders, both where they were answered well;
    ``referrers`` the hosts whose pages led to one here at least ``SEEN_OFTEN`` times, most frequent first.
    """
    requests = too_large = uploads = pages = old = 0
    methods, referrers = {}, {}
    for line in log_lines.split("\n"):
        parts = line.split('"', 4)
        if len(parts) < 5:
            continue
        words, answer = parts[1].split(" ", 2), parts[2].split()
        if len(words) < 2 or not answer or not answer[0].isdigit():
            continue
        requests += 1
        method, status = words[0], int(answer[0][:3])
        too_large += status == 413
        if status >= 400:
            continue
        if method in METHODS:
            methods[method] = methods.get(method, 0) + 1
        old += OLD.search(parts[4][:300]) is not None
        if status == 200:
            uploads += _is_uri_where_php_must_not_run(words[1][:400].partition("?")[0])
            pages += words[1].startswith("/server-status")
        match = NAME.match(parts[3][:300].lower()) if method == "GET" and status in (200, 304) else None
        if match and (match.group(1) in referrers or len(referrers) < MAX_NAMES):
            referrers[match.group(1)] = referrers.get(match.group(1), 0) + 1
    often = sorted((-number, name) for name, number in referrers.items() if number >= SEEN_OFTEN)
    return {
        "requests": requests,
        "methods": methods,
        "too_large": too_large,
        "uploaded_php": uploads,
        "status_pages": pages,
        "old_clients": old,
        "referrers": [{"host": name, "requests": -number} for number, name in often[:50]],
    }


def _is_uri_where_php_must_not_run(uri):
    return filled_uris.is_uri_where_php_must_not_run(uri)


MAX_LOGS = 60
LOGS = ("/var/log/nginx/*access*.log", "/var/log/apache2/*access*.log")


def list_access_logs(vhosts):
    """Return access logs, those of virtual hosts first."""
    paths = [path for vhost in vhosts for path in vhost.logs]
    for pattern in LOGS:
        paths += sorted(glob.glob(pattern))
    return list(dict.fromkeys(os.path.normpath(path) for path in paths))[:MAX_LOGS]
