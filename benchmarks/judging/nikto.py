"""Nikto, which asks a site from outside for what scanners try first."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.judging.verdict import Verdict

PORTS: dict[int, tuple[str, ...]] = {80: (), 443: ("-ssl",)}
SECONDS = 300
"""Of a port: a site whose missing pages are made by a program, as WordPress makes them, takes hours for them all."""

_ITEM = re.compile(r'<item id="(?P<test>\d+)"(?P<said>.*?)<uri><!\[CDATA\[(?P<page>.*?)\]\]>', re.S)
_NAMES = {"999100": re.compile(r"Uncommon header '([^']+)'"), "999960": re.compile(r"Cookie (\S+) created without")}
"""Tests that find a header or a cookie, wherever it is met first: each is a finding of its own."""
_FIRST = ("999984",)
"""Tests that name the first page that has what they look for."""
_BY_NAME = 'mount --bind "$1" /etc/hosts && shift && exec "$@"'
"""As visitors come, by the site's name: a server may answer no other."""
_NAMING = """package Naming;
use Net::SSLeay;
no warnings 'redefine';
END { print STDERR "requests: $main::COUNTERS{'totalrequests'}\n" }
my $set_fd = \\&Net::SSLeay::set_fd;
*Net::SSLeay::set_fd = sub { Net::SSLeay::set_tlsext_host_name($_[0], $ENV{NAMED}); $set_fd->(@_) };
1;
"""
"""Has Nikto, which is older than that, say the site's name in TLS, too: else a catch-all answers it.

And how much it asked.
"""
_ENDED = "</scandetails>"
_REQUESTS, _TESTS = re.compile(r"(?m)^requests: (\d+)$"), re.compile(r'<scandetails [^>]*checks="(\d+)"')
_CUT_OFF = re.compile(r"Host maximum execution time of (\d+) seconds reached")
_ELAPSED = re.compile(r'<statistics elapsed="(\d+)"')
_PLACES = {"EXECDIR": "", "PLUGINDIR": "/plugins", "DBDIR": "/databases", "TEMPLATEDIR": "/templates"}


def asked(folder: Path, address: str, domain: str) -> str:
    """Return Nikto's reports on a site, one after the other, by the ports of ``PORTS``."""
    own = folder / "nikto"
    with tempfile.TemporaryDirectory() as work, ThreadPoolExecutor(len(PORTS)) as pool:
        settings = Path(work) / "config.txt"
        settings.write_text(_settings((own / "etc/nikto/config.txt").read_text("utf-8"), own), "utf-8")
        hosts = Path(work) / "hosts"
        hosts.write_text(f"127.0.0.1 localhost\n{address} {domain}\n", "ascii")
        (Path(work) / "Naming.pm").write_text(_NAMING, "ascii")
        library = [Path(work), own / "usr/share/perl5", *own.glob("usr/lib/*/perl5/*")]
        environment = {**os.environ, "PERL5LIB": ":".join(map(str, library)), "PERL5OPT": "-MNaming", "NAMED": domain}
        by_name = ["unshare", "--mount", "--propagation", "private", "sh", "-c", _BY_NAME, "sh", str(hosts)]
        command = [*by_name, "perl", str(own / "usr/bin/nikto"), "-config", str(settings), "-nointeractive"]
        command += ["-host", domain, "-Format", "xml", "-maxtime", f"{SECONDS}s"]

        def report(port: int) -> str:
            written = Path(work) / f"{port}.xml"
            more = ["-port", str(port), "-output", str(written), *PORTS[port]]
            done = subprocess.run(
                [*command, *more], cwd=work, env=environment, capture_output=True, timeout=2 * SECONDS, check=False
            )
            said = (done.stdout + done.stderr).decode("utf-8", "replace")
            end = "\n".join(match[0] for each in (_CUT_OFF, _REQUESTS) if (match := each.search(said)))
            return f"port {port}\n{written.read_text('utf-8', 'replace') if written.exists() else ''}\n{end}\n"

        return "\n".join(pool.map(report, PORTS))


def _settings(text: str, own: Path) -> str:
    """Return Nikto's settings with its files where they lie, and nothing that leads out of the lab."""
    wanted = {name: f"{own}/var/lib/nikto{below}" for name, below in _PLACES.items()}
    wanted |= {"NIKTODTD": f"{own}/usr/share/doc/nikto/nikto.dtd", "UPDATES": "no", "CIRT": "127.0.0.1"}
    wanted |= {"RFIURL": "http://127.0.0.1/rfiinc.txt?"}
    for name, value in wanted.items():
        text = re.sub(rf"(?m)^{name}=.*$", lambda _, line=f"{name}={value}": line, text)
    return text


def parse(said: str) -> Verdict:
    """Return the most findings of a port, and the tests that found something with what they asked for.

    Of a port that took too long, it says how much was asked. Raises ValueError for a port of which nothing was said to
    the end.
    """
    reports = re.split(r"(?m)^port (?=\d+$)", said)[1:]
    unended = [report.split("\n", 1)[0] for report in reports if _ENDED not in report]
    if len(reports) != len(PORTS) or unended:
        raise ValueError(f"Nikto did not end: {said[-300:]!r}")
    found = [[_name(match) for match in _ITEM.finditer(report)] for report in reports]
    counted = Counter(number for number, names in enumerate(found) for _ in names)
    part = "; ".join(filter(None, map(_part, reports)))
    return Verdict(max(counted.values(), default=0), frozenset(name for names in found for name in names), part=part)


def _part(report: str) -> str:
    """Return how much of a port was asked when its time was over, or nothing where that was all."""
    most, elapsed = _CUT_OFF.search(report), _ELAPSED.search(report)
    if not most or (
        elapsed and int(elapsed[1]) < int(most[1])
    ):  # which it also says at the end, with no start to count from
        return ""
    port, tests, requests = report.split("\n", 1)[0], _TESTS.search(report), _REQUESTS.search(report)
    return f"port {port} cut off after {requests[1] if requests else '?'} requests of {tests[1] if tests else '?'}"


def _name(match: re.Match[str]) -> str:
    """Return a finding's name; some of Nikto's tests name a place in memory in a page's stead."""
    if match["test"] in _NAMES and (named := _NAMES[match["test"]].search(match["said"])):
        return f"{match['test']}:{named[1]}"
    page = match["page"].partition("?")[0]
    if match["test"] in _FIRST or page in ("", "/") or page.startswith("HASH("):
        return match["test"]
    return f"{match['test']}:{page}"
