"""Whether a host can still be entered and its daemons still like their configuration: one fresh SSH connection each."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from auditor.fleet import ssh_exec, ssh_options
from auditor.fleet.error_messages import explain_ansible_or_ssh_message
from auditor.inventory.reach import Reach
from auditor.models import Host, Text
from auditor.models.applications.registry import CMS_KINDS
from auditor.text.redact import redact_secrets_in_text
from auditor.text.sanitize import escape_text_to_one_line
from auditor.text.translations import make_text

PROBE_SECONDS = 20.0
"""For one host in all."""
WORKERS = 32
MAX_DETAIL = 300
MAX_ROOTS = 20
MAX_PROBES = 400
"""Of one host: what it says beyond them would only hide what others say."""
TEST_SECONDS = 6
"""In which a daemon's own test has to end: ``probes.sh`` has it, too."""
_TIMEOUT_STATUSES = frozenset({124, 137})
"""Of ``timeout``, for what it ended, and had to kill."""

_SCRIPT = Path(__file__).with_name("probes.sh")
_ENTER = (
    'echo "luytre: ssh 0"; if [ "$(id -u)" = 0 ]; then exec /bin/sh -s -- "$@"; else exec sudo -n -- /bin/sh -s '
    '-- "$@"; fi'
)
_LINE = re.compile(r"luytre: ([a-z][a-z0-9:@._-]{0,79}) ([0-9]{1,3})(?: (.*))?")
_SERVICE = "service:"
_LOG = "log:"
_UNJUDGED_LOGS = ("log:fatal", "log:upstream", "log:alert", "log:denied")
"""Somebody who comes while a daemon starts anew, or who asks for what was closed, brings them about: never judged."""
_QUIET = (_SERVICE, _LOG, "enters:", "writes:")
"""Those that fail on sound hosts, too: only a change of theirs says something."""


@dataclass(frozen=True)
class Probe:
    """One question to a host, and its answer."""

    name: str
    """ssh, become, nginx, apache, php-fpm8.4, sshd, nft, mariadb, service:nginx.service, … or complete."""
    is_ok: bool
    detail: str = ""
    """The host's own words, on one visible line; hostile."""
    has_timed_out: bool = False
    """Whether a daemon's own test did not end in time: what it would have said is not known."""


@dataclass(frozen=True)
class HostProbes:
    """The results of the probes of one host."""

    host: str
    probes: tuple[Probe, ...]
    unable: Text | None = None
    """Why no probe could be made, which is not a fault of the host."""

    def find_probe_by_name(self, name: str) -> Probe | None:
        """Return the probe of that name, if it was made."""
        return next((probe for probe in self.probes if probe.name == name), None)


@dataclass(frozen=True)
class FailedProbe:
    """A probe that does not pass."""

    name: str
    what: Text
    areas: frozenset[str]
    """The areas whose controls may have done it."""


def probe_hosts_over_ssh(hosts: Sequence[Host], reach: Mapping[str, Reach]) -> dict[str, HostProbes]:
    """Return the probes of all hosts, by name, made at the same time."""
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        results = pool.map(lambda h: probe_host_over_ssh(h.name, reach[h.name], list_document_roots_of_sites(h)), hosts)
        return dict(zip([host.name for host in hosts], results, strict=True))


def list_document_roots_of_sites(host: Host) -> tuple[str, ...]:
    """Return the document roots that a host's sites declare."""
    return tuple(dict.fromkeys(site.document_root for site in host.sites if site.document_root))[:MAX_ROOTS]


def probe_host_over_ssh(host: str, reach: Reach, roots: Sequence[str] = ()) -> HostProbes:
    """Enter the host anew and ask, also who gets into these document roots.

    Takes at most ``PROBE_SECONDS``; never raises for what the host does.
    """
    if reach.unclear is not None:
        return HostProbes(
            host,
            (),
            make_text(
                ("no fresh SSH connection can be tried: {unclear} in the inventory has to be a literal value"),
                unclear=reach.unclear,
            ),
        )
    out, err, in_time = ssh_exec.run_program_with_input_and_timeout(
        build_ssh_probe_command(reach, roots),
        _SCRIPT,
        PROBE_SECONDS,
        ssh_options.select_environment_with_needed_agent(os.environ, [reach.key_file]),
    )
    return HostProbes(host, parse_probes_in_ssh_output(out, err, in_time=in_time))


def build_ssh_probe_command(reach: Reach, roots: Sequence[str] = ()) -> list[str]:
    """Return the ssh command line."""
    return ssh_exec.build_ssh_command_of_reach(reach, shlex.join(["/bin/sh", "-c", _ENTER, "sh", *roots]))


def parse_probes_in_ssh_output(out: bytes, err: bytes, *, in_time: bool = True) -> tuple[Probe, ...]:
    """Return the probes in what ssh printed, whatever that is."""
    probes_by_name: dict[str, Probe] = {}
    for line in out.decode("utf-8", "replace").split("\n"):
        match = _LINE.fullmatch(line)
        if match is not None and (len(probes_by_name) < MAX_PROBES or match[1] == "end"):
            name, status, words = match.groups()
            probes_by_name.setdefault(
                name,
                Probe(
                    name,
                    int(status) == 0,
                    _redact_probe_detail_to_one_line(words or ""),
                    has_timed_out=int(status) in _TIMEOUT_STATUSES,
                ),
            )
    message = _redact_probe_detail_to_one_line(err.decode("utf-8", "replace")) or ("" if in_time else "timed out")
    has_entered, has_become_root = (probes_by_name.pop(name, None) is not None for name in ("ssh", "root"))
    complete = probes_by_name.pop("end", None) is not None
    if not has_entered:
        return (Probe("ssh", False, message),)
    if not has_become_root:
        return (Probe("ssh", True), Probe("become", False, message))
    return (
        Probe("ssh", True),
        Probe("become", True),
        *probes_by_name.values(),
        Probe("complete", complete, "" if complete else message),
    )


def find_probes_that_newly_fail(before: Sequence[HostProbes], after: HostProbes) -> tuple[FailedProbe, ...]:
    """Return probes that fail now and did not before. What failed before is not judged.

    See ``list_probes_that_failed_before``.
    """
    if after.unable is not None:
        return ()
    known_names = {probe.name for host_probes in before for probe in host_probes.probes}
    failing_names = {probe.name for host_probes in before for probe in host_probes.probes if not probe.is_ok}
    failed_probes = [
        p for p in after.probes if not p.is_ok and p.name not in failing_names and p.name not in _UNJUDGED_LOGS
    ]
    failed_probes = [
        probe for probe in failed_probes if probe.name in known_names or not _is_probe_of_inactive_service(probe)
    ]
    if not any(_has_complete_probe_passed(host_probes) for host_probes in before):
        failed_probes = [probe for probe in failed_probes if probe.name in known_names]
    return tuple(_make_failed_probe(probe) for probe in failed_probes) + tuple(
        _make_failed_probe_for_missing_name(name)
        for name in _list_missing_probe_names(after, known_names - failing_names)
    )


def _list_missing_probe_names(after: HostProbes, names: Collection[str]) -> list[str]:
    """Return those of the names that a complete list of probes does not have any more."""
    if not _has_complete_probe_passed(after):
        return []
    return sorted(name for name in names if after.find_probe_by_name(name) is None)


def _is_probe_of_inactive_service(probe: Probe) -> bool:
    """Return whether it is a service at rest.

    Systemd forgets one that is off, and knows it again as soon as anybody asks for it.
    """
    return probe.name.startswith(_SERVICE) and probe.detail.startswith("inactive")


def _has_complete_probe_passed(probes: HostProbes) -> bool:
    last = probes.find_probe_by_name("complete")
    return last is not None and last.is_ok


def is_failed_probe_of_log(failed_probe: FailedProbe) -> bool:
    """Return whether it is a line in a log, which any site on the host can bring about."""
    return failed_probe.name.startswith(_LOG)


def describe_new_log_lines_not_judged(before: Sequence[HostProbes], after: HostProbes) -> tuple[Text, ...]:
    """Return what is new in the logs, and no fault for certain."""
    return tuple(
        _make_failed_probe(now).what
        for name in _UNJUDGED_LOGS
        if (now := after.find_probe_by_name(name)) is not None
        and not now.is_ok
        and all((was := host_probes.find_probe_by_name(name)) is not None and was.is_ok for host_probes in before)
    )


def list_probes_that_failed_before(before: Sequence[HostProbes]) -> tuple[Text, ...]:
    """Return what cannot be judged later, since it already failed or could not be asked.

    A service at rest is not a fault.
    """
    texts_by_name = {
        unable_host.unable.en: unable_host.unable for unable_host in before if unable_host.unable is not None
    }
    for host_probes in before:
        for failed_probe in host_probes.probes:
            if not failed_probe.is_ok and not failed_probe.name.startswith(_QUIET):
                what = _make_failed_probe(failed_probe).what
                texts_by_name[failed_probe.name] = make_text("so before anything was changed: {what}", what=what)
    return tuple(texts_by_name.values())


# --- sentences -----------------------------------------------------------------------------------------

_KINDS: Mapping[str, tuple[Text, frozenset[str]]] = {
    "ssh": (
        make_text("no fresh SSH login"),
        frozenset({"ssh", "firewall", "pam", "accounts"}),
    ),
    "become": (
        make_text("the automation account cannot use sudo"),
        frozenset({"sudo", "pam", "accounts"}),
    ),
    "complete": (
        make_text("the host did not answer all probes"),
        frozenset(),
    ),
    "nginx": (
        make_text("nginx finds its configuration faulty"),
        frozenset({"nginx", "tls"}),
    ),
    "apache": (
        make_text("Apache finds its configuration faulty"),
        frozenset({"apache", "tls"}),
    ),
    "php-fpm": (
        make_text("PHP-FPM finds its configuration faulty"),
        frozenset({"php_fpm"}),
    ),
    "sshd": (make_text("sshd finds its configuration faulty"), frozenset({"ssh"})),
    "nft": (
        make_text("the firewall's rules are faulty"),
        frozenset({"firewall"}),
    ),
    "mariadb": (make_text("MariaDB does not answer"), frozenset({"mariadb"})),
}
_PHP = frozenset({"php_fpm", "nginx", "apache", "web", "filesystem", *CMS_KINDS})
_BY_START: Mapping[str, tuple[Text, frozenset[str]]] = {
    "log:undefined": (
        make_text("the logs report a PHP function that cannot be called"),
        frozenset({"php_fpm"}),
    ),
    "log:fatal": (make_text("the logs report a new PHP error"), _PHP),
    "log:upstream": (
        make_text("the web server cannot reach PHP or an application"),
        _PHP,
    ),
    "log:alert": (
        make_text("the web server's log reports an alert"),
        _PHP,
    ),
    "log:denied": (make_text("the logs report newly denied access"), _PHP),
    "enters:": (
        make_text("PHP's account cannot enter a document root"),
        _PHP,
    ),
    "writes:": (
        make_text("PHP's account cannot write to an upload folder"),
        _PHP,
    ),
}
_UNIT_AREAS = {
    "nginx": "nginx",
    "apache2": "apache",
    "httpd": "apache",
    "mariadb": "mariadb",
    "php": "php_fpm",
    "ssh": "ssh",
}


def _make_failed_probe(probe: Probe) -> FailedProbe:
    what, areas = _get_failure_text_and_areas_of_probe(probe.name)
    if probe.has_timed_out:
        what = make_text(
            "the probe {name} did not end within {seconds} s, so its result is not known",
            name=probe.name,
            seconds=TEST_SECONDS,
        )
    if probe.name in ("ssh", "become") and probe.detail:
        what = Text.join((what, explain_ansible_or_ssh_message(probe.detail)), ": ")
    elif probe.detail:
        what = Text.join((what, Text.make_same_in_both_languages(probe.detail)), ": ")
    return FailedProbe(probe.name, what, areas)


def _make_failed_probe_for_missing_name(name: str) -> FailedProbe:
    what, areas = _get_failure_text_and_areas_of_probe(name)
    if not name.startswith(_SERVICE):
        what = make_text("the host no longer has {name} as before", name=name)
    return FailedProbe(name, what, areas)


def _get_failure_text_and_areas_of_probe(name: str) -> tuple[Text, frozenset[str]]:
    if name.startswith(_SERVICE):
        unit = name.removeprefix(_SERVICE)
        areas = frozenset(area for start, area in _UNIT_AREAS.items() if unit.startswith(start))
        return make_text("{unit} no longer runs", unit=unit), areas
    for start, (kind, areas) in _BY_START.items():
        if name.startswith(start):
            return kind, areas
    known_kind = _KINDS.get("php-fpm" if name.startswith("php-fpm") else name)
    return known_kind or (make_text("the probe {name} fails", name=name), frozenset())


def _redact_probe_detail_to_one_line(text: str) -> str:
    return escape_text_to_one_line(" ".join(redact_secrets_in_text(text).split())[-MAX_DETAIL:], MAX_DETAIL)
