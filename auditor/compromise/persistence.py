"""What the places outside the web roots come to: a trace for each thing that somebody may have left to come back by.

Pure.

``exact``: nothing but an intruder does so. ``strong``: what it says, where it lies and how it stands to packages agree
in two ways. The rest is ``weak``: of no package, so that somebody put it there, and nothing more is known.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from auditor.compromise import suspicious_commands
from auditor.compromise.autoruns import Autorun, PackageStatus, Slot
from auditor.models.hunts import KINDS, OUTSIDE
from auditor.models.reviews import MAX_RULES, Certainty, Family, Kind, Trace
from auditor.scans.traces import build_masked_trace, compute_trace_key, convert_to_trace_on_host

NEW = "new"
"""The rule of a trace that was not there when the host was hunted on before."""
FOREIGN, CHANGED, REPLACES = "foreign", "changed", "replaces_unit"
"""The rules that say how a thing stands to packages: of none; of one, with another content.

In the place of a unit of one's.
"""
HIDDEN_MODULE, OTHER_THAN_FILE = "hidden_module", "other_than_file"
"""The rules of a module that the kernel does not list, and of one that goes by the name of a package's."""
OF_DAYS = "administrator_of_days"
"""The rule of an administrator of a site's application whom somebody made in the last days, after others."""
_COMMANDS = frozenset({"cron", "at", "unit", "generator", "start", "hook", "key", "sshd", "sudo", "pam", "web_module"})
"""Slots that hold command lines."""
_RANK: Mapping[str, int] = {"weak": 0, "strong": 1, "exact": 2}


@dataclass
class _AutorunEvidence:
    """The evidence against one thing, as it is gathered."""

    certainty: Certainty = "weak"
    families: list[Family] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)
    sample: str = ""

    def add_evidence(self, rule: str, certainty: Certainty, *families: Family, sample: str = "") -> None:
        self.rules.append(rule)
        self.families += families
        if _RANK[certainty] > _RANK[self.certainty]:
            self.certainty = certainty
            self.sample = sample or self.sample


def collect_trace_keys_of_autoruns(places: Iterable[Autorun]) -> frozenset[str]:
    """Return the keys of all places of a host, whether or not something speaks against them.

    What an earlier hunt knew of.
    """
    return frozenset(compute_trace_key(KINDS[place.slot], _build_autorun_identity(place)) for place in places)


def select_keys_known_to_next_hunt(places: Iterable[Autorun], traces: Iterable[Trace]) -> frozenset[str]:
    """Return what the next hunt is to know of.

    All, but for news that are alarms, which stay news until they are accepted or gone.
    """
    return collect_trace_keys_of_autoruns(places) - {
        item.key for item in traces if {NEW, OF_DAYS} & {*item.rules} and item.certainty != "weak"
    }


def find_traces_in_autoruns(places: Iterable[Autorun], known_keys: Collection[str] | None = None) -> tuple[Trace, ...]:
    """Return the traces in the places of a host.

    ``known_keys``: the keys of what earlier hunts knew of, None when there was none.
    """
    return tuple(_iter_traces_of_autoruns(places, known_keys))


def escalate_new_administrators(persistence_traces: Iterable[Trace], others: Iterable[Trace]) -> tuple[Trace, ...]:
    """Return the traces; those of administrators of days become alarms beside another alarm.

    The other alarm lies in the same application, or in one that nobody can name: together these are two signs.
    """
    alarms = [other for other in others if other.certainty != "weak"]
    return tuple(
        persistence_trace.model_copy(update={"certainty": "strong", "families": (*persistence_trace.families, "place")})
        if OF_DAYS in persistence_trace.rules
        and any(_is_in_application_of_alarm(persistence_trace, alarm) for alarm in alarms)
        else persistence_trace
        for persistence_trace in persistence_traces
    )


def _is_in_application_of_alarm(administrator: Trace, alarm: Trace) -> bool:
    folder = get_path_in_trace_location(administrator.kind, administrator.where)
    return alarm.kind == "database_code" or get_path_in_trace_location(alarm.kind, alarm.where).startswith(f"{folder}/")


def _iter_traces_of_autoruns(places: Iterable[Autorun], known_keys: Collection[str] | None) -> Iterator[Trace]:
    weighed_places = list(_iter_suspect_autoruns_with_evidence(places, known_keys))
    of_people = {
        place.exactly for place, weight in weighed_places if place.slot == "key" and weight.certainty == "weak"
    }
    for place, weight in weighed_places:
        kind, essence = KINDS[place.slot], _build_autorun_identity(place)
        where = _format_path_with_owner(place)
        host_trace = build_masked_trace(
            kind,
            essence,
            where=where,
            sample=weight.sample or place.text.replace("\n", "; "),
            families=weight.families or ["structure"],
            rules=_limit_rules_but_keep_package_rules(weight.rules),
        )
        # Whoever lays an administrator's key where it gives the alarm is not to have it taken from the administrator.
        exactly = (
            ""
            if place.slot == "key" and place.exactly in of_people
            else place.exactly or _format_digests_of_reported_lines(place)
        )
        yield convert_to_trace_on_host(host_trace, where, weight.certainty, exactly)


def _format_path_with_owner(place: Autorun) -> str:
    """Return the path, with whose it is behind it.

    Always with that where a name ends as if it were said there, so that it is never read as another's.
    """
    if _WHO.search(place.where):
        return f"{place.where} ({place.who or NOBODY})"
    return place.where if not place.who or place.slot in _OF_NOBODY else f"{place.where} ({place.who})"


def _limit_rules_but_keep_package_rules(rules: Iterable[str]) -> list[str]:
    """Return as many rules as a trace has, those among them that say how it stands to packages."""
    all_of = list(dict.fromkeys(rules))
    package_rules = [rule for rule in all_of if rule in (FOREIGN, CHANGED, REPLACES)]
    others = [rule for rule in all_of if rule not in package_rules]
    return all_of if len(all_of) <= MAX_RULES else [*others[: MAX_RULES - len(package_rules)], *package_rules]


def _format_digests_of_reported_lines(place: Autorun) -> str:
    """Return the beginnings of the digests of the lines for which a place in somebody's settings is reported.

    With them these lines alone can be put out of force. Nothing is returned where there are too many.
    """
    if place.slot in _SETTINGS:
        lines = [place.text] if place.text else []
    elif place.slot in ("start", "hook"):
        odd = [path for path, _status in place.programs if suspicious_commands.classify_odd_path(path) is not None]
        lines = [
            line
            for line in place.text.split("\n")
            if next(suspicious_commands.find_signs_in_command_text(line), None) is not None
            or any(path in line for path in odd)
        ]
    else:
        return ""
    digests = dict.fromkeys(hashlib.sha256(line.strip().encode()).hexdigest()[:12] for line in lines)
    return " ".join(digests) if len(digests) <= MOST_LINES else ""


_SETTINGS = frozenset({"sudo", "pam", "pam_module", "php", "php_module", "web_module"})
"""Slots whose things are one line of a file each, or a file whole, which says nothing."""
MOST_LINES = 4


def _iter_suspect_autoruns_with_evidence(
    places: Iterable[Autorun], known_keys: Collection[str] | None
) -> Iterator[tuple[Autorun, _AutorunEvidence]]:
    """Yield the places that something speaks against, with what does, that they were not there before too."""
    for place in places:
        weight = _weigh_autorun(place)
        if weight is None:
            continue
        if (
            known_keys is not None
            and compute_trace_key(KINDS[place.slot], _build_autorun_identity(place)) not in known_keys
        ):
            weight.add_evidence(
                NEW, "strong" if _is_new_access_with_all_rights(place, known_keys) else "weak", "baseline"
            )
        yield place, weight


def get_path_in_trace_location(kind: Kind, where: str) -> str:
    """Return where the thing of a trace lies: outside the web roots whose it is may come after it.

    Below them that is part of its name.
    """
    return _WHO.sub("", where) if kind in OUTSIDE else where


def get_account_in_trace_location(kind: Kind, where: str) -> str:
    """Return the account that the place of a trace names behind its path; empty where it names none."""
    match = _WHO.search(where) if kind in OUTSIDE else None
    return match[0][2:-1].removeprefix(NOBODY) if match else ""


NOBODY = "-"
"""What stands for whose a thing is where nobody says so."""
_WHO = re.compile(r" \([^()/]*\)\Z")
_OF_NOBODY = frozenset(
    {"generator", "preload", "php", "php_module", "web_module", "setuid", "program", "kernel_module"}
)


def _is_new_access_with_all_rights(place: Autorun, known_keys: Collection[str]) -> bool:
    """Return whether what is new lets somebody in with all rights: there, being new is enough for an alarm."""
    if place.slot == "cms_account":
        return compute_trace_key("account", _build_autorun_identity(replace(place, who=""))) in known_keys
    return place.slot == "key" and "root" in place.marks


def _build_autorun_identity(place: Autorun) -> str:
    text = place.text
    if place.slot == "key":
        text = " ".join(text.split()[:2])
    elif place.slot == "process":  # what it calls itself holds numbers, and changes
        text = " ".join(sorted(place.marks - {"calls_out"}))
    elif place.slot == "order":  # counts that grow
        text = ""
    return "\n".join((place.slot, place.where, place.who, text))


def _weigh_autorun(place: Autorun) -> _AutorunEvidence | None:
    """Return what speaks against a place; None when nothing does, and nobody need look at it."""
    weight = _AutorunEvidence()
    for sign in suspicious_commands.find_signs_in_command_text(place.text, is_sql=place.slot == "database"):
        weight.add_evidence(sign.rule, sign.certainty, "structure", sample=sign.sample)
    for path, status in place.programs if place.slot in _COMMANDS else ():
        why = suspicious_commands.classify_odd_path(path)
        if why is not None and status in ("foreign", "changed", "gone"):
            weight.add_evidence(f"runs_{why}", "strong" if status != "gone" else "weak", "place", "known")
        elif status == "changed":
            weight.add_evidence("runs_changed", "weak", "known")
    _OF_SLOT.get(place.slot, _weigh_unpackaged_script_or_command)(place, weight)
    return weight if weight.rules else None


def _weigh_unpackaged_script_or_command(place: Autorun, weight: _AutorunEvidence) -> None:
    """Judge a script or a command that no package explains."""
    if place.package_status == "foreign" and "settings" not in place.marks:
        weight.add_evidence("foreign", "weak", "known")
        if "replaces" in place.marks:
            weight.add_evidence(REPLACES, "weak", "known")
    elif place.package_status in ("foreign", "changed") and (
        weight.rules or ("python" in place.marks and "settings" not in place.marks)
    ):  # nobody but a package has a reason to change what each start of Python runs
        weight.add_evidence(place.package_status, "weak", "known")
    if "hidden" in place.marks:
        weight.add_evidence("hidden_lines", "strong", "structure")


def _weigh_cron_entry(place: Autorun, weight: _AutorunEvidence) -> None:
    _weigh_unpackaged_script_or_command(place, weight)
    if place.package_status == "changed" and any(status != "packaged" for _path, status in place.programs):
        weight.add_evidence("changed", "weak", "known")


def _weigh_rarely_unpackaged_autorun(place: Autorun, weight: _AutorunEvidence) -> None:
    """Add what hardly anybody but a package puts there."""
    if place.package_status in ("foreign", "changed"):
        weight.add_evidence(place.package_status, "strong", "known", "place")


def _weigh_system_account(place: Autorun, weight: _AutorunEvidence) -> None:
    marks = place.marks
    if "second_root" in marks:
        weight.add_evidence("second_root", "exact", "structure")
    if {"service", "shell"} <= marks and marks & {"password", "no_password"}:
        weight.add_evidence("service_logs_in", "strong", "structure", "place")
    if "service" in marks and "root" in marks:
        weight.add_evidence("service_is_root", "strong", "structure", "place")


def _weigh_cms_administrator(place: Autorun, weight: _AutorunEvidence) -> None:
    if "read" not in place.marks:
        weight.add_evidence("administrator", "weak", "structure")
    if "of_days" in place.marks:
        weight.add_evidence(OF_DAYS, "weak", "structure")


def _weigh_ssh_key(place: Autorun, weight: _AutorunEvidence) -> None:
    weight.add_evidence("key", "weak", "known")
    if "service" in place.marks:
        weight.add_evidence("key_of_service", "strong", "place")
    if "elsewhere" in place.marks and suspicious_commands.classify_odd_path(place.where) is not None:
        weight.add_evidence("key_elsewhere", "strong", "place")


def _weigh_sshd_setting(place: Autorun, weight: _AutorunEvidence) -> None:
    if "runs" in place.marks and any(status in ("foreign", "changed") for _path, status in place.programs):
        keys = place.text.startswith(("authorizedkeyscommand", "authorizedprincipalscommand"))
        weight.add_evidence("sshd_asks" if keys else "sshd_runs", "strong" if keys else "weak", "known", "place")
    if place.text.startswith("authorizedkeysfile"):
        for path in place.text.split()[1:]:
            if path.startswith("/") and not path.startswith(("/etc/ssh/", "/home/", "/root/", "/var/lib/")):
                weight.add_evidence("keys_elsewhere", "strong", "place", "structure")
    elif place.text.startswith(("trustedusercakeys", "authorizedprincipalsfile")) and "none" not in place.text:
        weight.add_evidence("sshd_trusts", "weak", "structure")


def _weigh_sudo_rule(place: Autorun, weight: _AutorunEvidence) -> None:
    if "service" in place.marks:
        any_command = place.text.rstrip().endswith((" ALL", ":ALL", ")ALL", "=ALL"))
        weight.add_evidence("service_may", "strong" if any_command else "weak", "place", "structure")
    elif place.package_status == "foreign":
        weight.add_evidence("foreign", "weak", "known")


def _weigh_pam_setting(place: Autorun, weight: _AutorunEvidence) -> None:
    if "runs" in place.marks and any(status == "foreign" for _path, status in place.programs):
        weight.add_evidence("login_runs", "weak", "known")
    if "passwords" in place.marks:
        weight.add_evidence("login_gives_passwords", "strong", "structure", "place")
    if "opens" in place.marks:
        weight.add_evidence("login_lets_all", "exact", "structure")


def _weigh_preloaded_library(place: Autorun, weight: _AutorunEvidence) -> None:
    weight.add_evidence("preloaded", _PRELOAD_CERTAINTY[place.package_status], "known", "structure")


def _weigh_php_prepended_file(place: Autorun, weight: _AutorunEvidence) -> None:
    weight.add_evidence("prepended", "weak", "structure")
    if place.package_status == "foreign" and any(
        suspicious_commands.classify_odd_path(path) for path, _status in place.programs
    ):
        weight.add_evidence("prepends_odd", "strong", "place")


def _weigh_server_module(place: Autorun, weight: _AutorunEvidence) -> None:
    if place.package_status in ("foreign", "changed"):
        weight.add_evidence(place.package_status, "strong", "known", "place")


def _weigh_database_code(place: Autorun, weight: _AutorunEvidence) -> None:
    if place.marks & {"library", "function"} and place.package_status in ("foreign", "changed"):
        weight.add_evidence(
            "foreign_function" if place.package_status == "foreign" else CHANGED, "strong", "known", "place"
        )


def _weigh_setuid_program(place: Autorun, weight: _AutorunEvidence) -> None:
    marks = place.marks
    if "shell" in marks:
        weight.add_evidence("shell_of_root", "exact", "known", "structure")
    elif place.package_status == "packaged":
        weight.add_evidence(
            "interpreter_of_root", "strong" if _INTERPRETER.search(place.where) else "weak", "structure", "known"
        )
    elif "setuid" in marks or "capabilities" in marks:
        at_home = place.where.startswith(("/opt/", "/usr/local/")) or "other_system" in marks
        odd = suspicious_commands.classify_odd_path(place.where) is not None
        weight.add_evidence("foreign", "strong" if odd or not at_home else "weak", "known", "place")
    else:
        weight.add_evidence("foreign_group", "weak", "known")


def _weigh_replaced_program(place: Autorun, weight: _AutorunEvidence) -> None:
    weight.add_evidence("changed", "strong", "known", "place")


def _weigh_running_process(place: Autorun, weight: _AutorunEvidence) -> None:
    marks, odd = place.marks, suspicious_commands.classify_odd_path(place.where)
    if "shell_on_socket" in marks:
        weight.add_evidence("shell_on_socket", "exact", "structure")
    if "hidden" in marks:
        weight.add_evidence("hidden", "exact", "structure")
    if "as_kernel" in marks:
        weight.add_evidence("poses_as_kernel", "exact", "structure", "known")
    if "disguised" in marks:
        weight.add_evidence("disguised", "strong", "structure", "known")
    if "memory" in marks:
        weight.add_evidence("from_memory", "weak" if "runc" in place.where else "strong", "structure", "known")
    if "deleted" in marks:
        weight.add_evidence("deleted", "strong", "structure", "known")
    if "web_account" in marks:
        weight.add_evidence("shell_of_web", "weak" if "command" in marks else "strong", "structure", "place")
    if "preloaded" in marks or "mapped" in marks:
        weight.add_evidence("loads_foreign", "strong", "known", "structure")
    if "calls_out" in marks:
        weight.add_evidence("calls_out", "weak", "structure")
    if odd is not None and place.package_status != "packaged":
        weight.add_evidence(f"from_{odd}", "strong", "place", "known")
    elif place.package_status in ("foreign", "changed"):
        weight.add_evidence(place.package_status, "weak", "known")


def _weigh_network_listener(place: Autorun, weight: _AutorunEvidence) -> None:
    if "packets" in place.marks:
        weight.add_evidence("reads_packets", "strong", "known", "structure")
    elif "nobody" in place.marks:
        weight.add_evidence("nobody_listens", "weak", "structure")
    elif "interpreter" in place.marks:
        odd = place.marks & {"inline", "web_account", "netcat"}
        weight.add_evidence("interpreter_listens", "strong" if odd else "weak", "structure", "place")
    else:
        weight.add_evidence("foreign", "weak", "known")


def _weigh_kernel_module(place: Autorun, weight: _AutorunEvidence) -> None:
    if "hidden" in place.marks:
        weight.add_evidence(HIDDEN_MODULE, "exact", "structure")
    elif "other_than_file" in place.marks:
        weight.add_evidence(OTHER_THAN_FILE, "strong", "known", "structure")
    elif place.package_status == "changed":
        weight.add_evidence(CHANGED, "strong", "known", "structure")
    else:
        weight.add_evidence("loaded", "weak" if "dkms" in place.marks else "strong", "known", "structure")


def _weigh_script_that_got_posts(place: Autorun, weight: _AutorunEvidence) -> None:
    is_unexplained = "unexplained" in place.marks
    weight.add_evidence(
        "posted_to" if place.package_status != "gone" else "posted_to_gone",
        "strong" if is_unexplained else "weak",
        "logs",
        "place",
    )


def _weigh_log_anomaly(place: Autorun, weight: _AutorunEvidence) -> None:
    for mark in sorted(place.marks):
        weight.add_evidence(mark, "weak", "logs")


def _weigh_program_in_temporary_folder(place: Autorun, weight: _AutorunEvidence) -> None:
    is_hidden_program = {"hidden", "elf", "executable"} <= place.marks
    weight.add_evidence(
        "hidden_program" if is_hidden_program else "program",
        "strong" if is_hidden_program else "weak",
        "place",
        "structure",
    )


_PRELOAD_CERTAINTY: Mapping[PackageStatus, Certainty] = {
    "packaged": "weak",
    "gone": "strong",
    "foreign": "exact",
    "changed": "exact",
}
_INTERPRETER = re.compile(
    r"/(?:python|perl|php|ruby|node|bash|dash|sh|tar|vim?|find|gdb|awk|gawk|mawk|less|cp|dd|tee)[\d.]*$"
)
_OF_SLOT: Mapping[Slot, Callable[[Autorun, _AutorunEvidence], None]] = {
    **{
        "cron": _weigh_cron_entry,
        "generator": _weigh_rarely_unpackaged_autorun,
        "account": _weigh_system_account,
        "key": _weigh_ssh_key,
        "sshd": _weigh_sshd_setting,
        "sudo": _weigh_sudo_rule,
    },
    **{
        "pam": _weigh_pam_setting,
        "pam_module": _weigh_rarely_unpackaged_autorun,
        "preload": _weigh_preloaded_library,
        "php": _weigh_php_prepended_file,
        "php_module": _weigh_server_module,
    },
    **{
        "web_module": _weigh_server_module,
        "database": _weigh_database_code,
        "setuid": _weigh_setuid_program,
        "program": _weigh_replaced_program,
    },
    **{
        "process": _weigh_running_process,
        "listener": _weigh_network_listener,
        "kernel_module": _weigh_kernel_module,
        "temporary": _weigh_program_in_temporary_folder,
    },
    **{"cms_account": _weigh_cms_administrator, "order": _weigh_script_that_got_posts, "log": _weigh_log_anomaly},
}
