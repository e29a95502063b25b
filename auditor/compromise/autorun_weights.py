"""What speaks against one thing outside the web roots: by what it says, where it lies and how it stands to packages.

Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from auditor.compromise import script_signs, suspicious_commands
from auditor.compromise.autoruns import Autorun, PackageStatus, Slot
from auditor.models.reviews import Certainty, Family

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
_SCRIPTS = frozenset({"cron", "at", "unit", "generator", "start", "started", "hook", "pam", "web_module", "process"})
"""Slots that hold what is read as a whole script, too."""
STARTS = "starts"
"""The mark of a thing that starts code of no package."""
_RANK: Mapping[str, int] = {"weak": 0, "strong": 1, "exact": 2}


@dataclass
class AutorunEvidence:
    """The evidence against one thing, as it is gathered."""

    certainty: Certainty = "weak"
    families: list[Family] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)
    sample: str = ""

    def add_evidence(self, rule: str, certainty: Certainty, *families: Family, sample: str = "") -> None:
        """Add a rule that speaks against it; the sample is of the surest one."""
        self.rules.append(rule)
        self.families += families
        if _RANK[certainty] > _RANK[self.certainty]:
            self.certainty = certainty
            self.sample = sample or self.sample


def weigh_autorun(place: Autorun) -> AutorunEvidence | None:
    """Return what speaks against a place; None when nothing does, and nobody need look at it."""
    weight = AutorunEvidence()
    signs = [*suspicious_commands.find_signs_in_command_text(place.text, is_sql=place.slot == "database")]
    if place.slot in _SCRIPTS:
        signs += script_signs.find_signs_in_script(place.text)
    is_told = any(sign.certainty != "weak" for sign in signs)
    for sign in signs:
        if sign.certainty != "weak" or not is_told:
            # Of a process its command line is judged: whoever looks for such words has them there, too.
            certainty = "weak" if place.slot == "process" else sign.certainty
            weight.add_evidence(sign.rule, certainty, "structure", sample=sign.sample)
    for path, status in place.programs if place.slot in _COMMANDS else ():
        why = suspicious_commands.classify_odd_path(path)
        if why is not None and status in ("foreign", "changed", "gone"):
            weight.add_evidence(f"runs_{why}", "strong" if status != "gone" else "weak", "place", "known")
        elif status == "changed":
            weight.add_evidence("runs_changed", "weak", "known")
    if STARTS in place.marks and not weight.rules and _is_start_told_here(place):
        weight.add_evidence("runs_foreign", "weak", "known")
    _OF_SLOT.get(place.slot, _weigh_unpackaged_script_or_command)(place, weight)
    return weight if weight.rules else None


def _is_start_told_here(place: Autorun) -> bool:
    """Return whether it is a sign of its own that a thing starts what no package has, not already told of it."""
    if place.slot == "process":
        return False
    return place.package_status != "foreign" or place.slot == "key" or "settings" in place.marks


def _weigh_unpackaged_script_or_command(place: Autorun, weight: AutorunEvidence) -> None:
    """Judge a script or a command that no package explains."""
    if place.package_status == "foreign" and "settings" not in place.marks:
        weight.add_evidence("foreign", "weak", "known")
        if "replaces" in place.marks:
            weight.add_evidence(REPLACES, "weak", "known")
    elif place.package_status in ("foreign", "changed") and (
        weight.rules or ("python" in place.marks and "settings" not in place.marks)
    ):  # nobody but a package has a reason to change what each start of Python runs
        weight.add_evidence(place.package_status, "weak", "known")
    elif place.package_status == "changed" and place.marks & {"executable", "maintainer"}:
        weight.add_evidence("changed", "weak", "known")
    if "hidden" in place.marks:
        weight.add_evidence("hidden_lines", "strong", "structure")
    for mark in sorted(place.marks & _MARKS_OF_HOOKS):
        weight.add_evidence(mark, "weak", "structure")


_MARKS_OF_HOOKS = frozenset(
    {"diverted", "covered", "git_runs", "editor_runs", "settings_run", "trusts_authority", "redirects_updates"}
)
"""Marks that are signs by themselves."""


def _weigh_started_program(place: Autorun, weight: AutorunEvidence) -> None:
    """Judge what something else starts: only by what it says, since its starter tells that it is of no package."""
    if weight.rules and place.package_status in (FOREIGN, CHANGED):
        weight.add_evidence(place.package_status, "weak", "known")


def _weigh_library(place: Autorun, weight: AutorunEvidence) -> None:
    """Judge a library of no package in a folder that programs load from."""
    if "names" in place.marks:
        weight.add_evidence("name_service", "strong", "known", "structure")
    elif "replaces" in place.marks:
        weight.add_evidence("replaces_library", "strong", "known", "place")
    else:
        weight.add_evidence(FOREIGN, "weak", "known")


def _weigh_cron_entry(place: Autorun, weight: AutorunEvidence) -> None:
    _weigh_unpackaged_script_or_command(place, weight)
    if (
        place.package_status == "changed"
        and "changed" not in weight.rules
        and any(status != "packaged" for _path, status in place.programs)
    ):
        weight.add_evidence("changed", "weak", "known")


def _weigh_rarely_unpackaged_autorun(place: Autorun, weight: AutorunEvidence) -> None:
    """Add what hardly anybody but a package puts there."""
    if place.package_status in ("foreign", "changed"):
        weight.add_evidence(place.package_status, "strong", "known", "place")


def _weigh_system_account(place: Autorun, weight: AutorunEvidence) -> None:
    marks = place.marks
    if "second_root" in marks:
        weight.add_evidence("second_root", "exact", "structure")
    if {"service", "shell"} <= marks and marks & {"password", "no_password"}:
        weight.add_evidence("service_logs_in", "strong", "structure", "place")
    if "service" in marks and "root" in marks:
        weight.add_evidence("service_is_root", "strong", "structure", "place")
    elif "by_group" in marks:
        weight.add_evidence("root_by_group", "weak", "structure")
    if {"root", "shell", "no_password"} <= marks:
        weight.add_evidence("no_password", "strong", "structure")
    for path, status in place.programs:
        if status in ("foreign", "changed"):
            odd = suspicious_commands.classify_odd_path(path) is not None
            weight.add_evidence("login_shell", "strong" if odd else "weak", "known")


def _weigh_cms_administrator(place: Autorun, weight: AutorunEvidence) -> None:
    if "application_password" in place.marks:
        weight.add_evidence("application_password", "weak", "structure")
    elif "registers_as" in place.marks:
        weight.add_evidence("registers_as", "strong", "structure", "place")
    elif "read" not in place.marks:
        weight.add_evidence("administrator", "weak", "structure")
    if "of_days" in place.marks:
        weight.add_evidence(OF_DAYS, "weak", "structure")


def _weigh_ssh_key(place: Autorun, weight: AutorunEvidence) -> None:
    weight.add_evidence("key", "weak", "known")
    if "service" in place.marks:
        weight.add_evidence("key_of_service", "strong", "place")
    if "elsewhere" in place.marks and suspicious_commands.classify_odd_path(place.where) is not None:
        weight.add_evidence("key_elsewhere", "strong", "place")


def _weigh_sshd_setting(place: Autorun, weight: AutorunEvidence) -> None:
    if "runs" in place.marks and any(status in ("foreign", "changed") for _path, status in place.programs):
        keys = place.text.startswith(("authorizedkeyscommand", "authorizedprincipalscommand"))
        weight.add_evidence("sshd_asks" if keys else "sshd_runs", "strong" if keys else "weak", "known", "place")
    if place.text.startswith("authorizedkeysfile"):
        for path in place.text.split()[1:]:
            if path.startswith("/") and not path.startswith(("/etc/ssh/", "/home/", "/root/", "/var/lib/")):
                weight.add_evidence("keys_elsewhere", "strong", "place", "structure")
            elif path.startswith("/etc/ssh/") and not re.search("%[uhU]", path):
                weight.add_evidence("keys_elsewhere", "weak", "place")
    elif place.text.startswith(("trustedusercakeys", "authorizedprincipalsfile")) and "none" not in place.text:
        weight.add_evidence("sshd_trusts", "weak", "structure")
    elif "lets_in" in place.marks:
        weight.add_evidence("sshd_lets_in", "weak", "structure")


def _weigh_sudo_rule(place: Autorun, weight: AutorunEvidence) -> None:
    if "service" in place.marks:
        any_command = place.text.rstrip().endswith((" ALL", ":ALL", ")ALL", "=ALL"))
        weight.add_evidence("service_may", "strong" if any_command else "weak", "place", "structure")
    elif "defaults" in place.marks:
        weight.add_evidence("sudo_loosened", "weak", "structure")
    elif place.package_status == "foreign" or (
        place.package_status == "changed" and not _SUDO_AS_PACKAGED.match(" ".join(place.text.split()))
    ):
        weight.add_evidence(place.package_status, "weak", "known")


def _weigh_pam_setting(place: Autorun, weight: AutorunEvidence) -> None:
    if "runs" in place.marks and any(status == "foreign" for _path, status in place.programs):
        weight.add_evidence("login_runs", "weak", "known")
    if "passwords" in place.marks:
        weight.add_evidence("login_gives_passwords", "strong", "structure", "place")
    if "skips" in place.marks:
        weight.add_evidence("login_skips_password", "weak", "structure")
    if "opens" in place.marks:
        weight.add_evidence("login_lets_all", "exact", "structure")


def _weigh_preloaded_library(place: Autorun, weight: AutorunEvidence) -> None:
    weight.add_evidence("preloaded", _PRELOAD_CERTAINTY[place.package_status], "known", "structure")


def _weigh_php_prepended_file(place: Autorun, weight: AutorunEvidence) -> None:
    weight.add_evidence("prepended", "weak", "structure")
    if place.package_status == "foreign" and any(
        suspicious_commands.classify_odd_path(path) for path, _status in place.programs
    ):
        weight.add_evidence("prepends_odd", "strong", "place")


def _weigh_server_module(place: Autorun, weight: AutorunEvidence) -> None:
    if place.package_status in ("foreign", "changed"):
        weight.add_evidence(place.package_status, "strong", "known", "place")


_SUDO_AS_PACKAGED = re.compile(r"(?:root|%sudo) ALL=\(ALL(?::ALL)?\) ALL\Z")
"""The lines that sudo's package brings."""


def _weigh_database_code(place: Autorun, weight: AutorunEvidence) -> None:
    if place.marks & {"library", "function"} and place.package_status in ("foreign", "changed"):
        weight.add_evidence(
            "foreign_function" if place.package_status == "foreign" else CHANGED, "strong", "known", "place"
        )


def _weigh_setuid_program(place: Autorun, weight: AutorunEvidence) -> None:
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


def _weigh_replaced_program(place: Autorun, weight: AutorunEvidence) -> None:
    weight.add_evidence("changed", "strong", "known", "place")


_OF_PROCESSES: Mapping[str, tuple[str, Certainty, tuple[Family, ...]]] = {
    "shell_on_socket": ("shell_on_socket", "exact", ("structure",)),
    "hidden": ("hidden", "exact", ("structure",)),
    "as_kernel": ("poses_as_kernel", "exact", ("structure", "known")),
    "as_program": ("poses_as_program", "strong", ("structure", "known")),
    "disguised": ("disguised", "strong", ("structure", "known")),
    "deleted": ("deleted", "strong", ("structure", "known")),
    "preloaded": ("loads_foreign", "strong", ("known", "structure")),
    "mapped": ("loads_foreign", "strong", ("known", "structure")),
    "own_settings": ("own_settings", "weak", ("structure",)),
    "script_gone": ("script_gone", "weak", ("structure",)),
    "calls_out": ("calls_out", "weak", ("structure",)),
}
"""What marks of processes say: the rule, how sure it is, by what."""


def _weigh_running_process(place: Autorun, weight: AutorunEvidence) -> None:
    marks, odd = place.marks, suspicious_commands.classify_odd_path(place.where)
    if "relays" in marks and not weight.rules:
        weight.add_evidence("relays", "weak", "structure")
    for mark, (rule, certainty, families) in _OF_PROCESSES.items():
        if mark in marks and rule not in weight.rules:
            weight.add_evidence(rule, certainty, *families)
    if STARTS in marks and "calls_out" in marks:
        weight.add_evidence("runs_foreign", "weak", "known")
    if "memory" in marks:
        weight.add_evidence("from_memory", "weak" if "runc" in place.where else "strong", "structure", "known")
    if "web_account" in marks:
        weight.add_evidence("shell_of_web", "weak" if "command" in marks else "strong", "structure", "place")
    if odd is not None and place.package_status != "packaged":
        weight.add_evidence(f"from_{odd}", "strong", "place", "known")
    elif place.package_status in ("foreign", "changed"):
        weight.add_evidence(place.package_status, "weak", "known")


def _weigh_network_listener(place: Autorun, weight: AutorunEvidence) -> None:
    if "packets" in place.marks:
        weight.add_evidence("reads_packets", "strong", "known", "structure")
    elif "nobody" in place.marks:
        weight.add_evidence("nobody_listens", "weak", "structure")
    elif "interpreter" in place.marks:
        odd = place.marks & {"inline", "web_account", "netcat"}
        weight.add_evidence("interpreter_listens", "strong" if odd else "weak", "structure", "place")
    else:
        weight.add_evidence("foreign", "weak", "known")


def _weigh_kernel_module(place: Autorun, weight: AutorunEvidence) -> None:
    if "hidden" in place.marks:
        weight.add_evidence(HIDDEN_MODULE, "exact", "structure")
    elif "other_than_file" in place.marks:
        weight.add_evidence(OTHER_THAN_FILE, "strong", "known", "structure")
    elif place.package_status == "changed":
        weight.add_evidence(CHANGED, "strong", "known", "structure")
    else:
        weight.add_evidence("loaded", "weak" if "dkms" in place.marks else "strong", "known", "structure")


def _weigh_script_that_got_posts(place: Autorun, weight: AutorunEvidence) -> None:
    is_unexplained = "unexplained" in place.marks
    weight.add_evidence(
        "posted_to" if place.package_status != "gone" else "posted_to_gone",
        "strong" if is_unexplained else "weak",
        "logs",
        "place",
    )


def _weigh_log_anomaly(place: Autorun, weight: AutorunEvidence) -> None:
    for mark in sorted(place.marks):
        weight.add_evidence(mark, "weak", "logs")


def _weigh_program_in_temporary_folder(place: Autorun, weight: AutorunEvidence) -> None:
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
_OF_SLOT: Mapping[Slot, Callable[[Autorun, AutorunEvidence], None]] = {
    **{
        "cron": _weigh_cron_entry,
        "started": _weigh_started_program,
        "library": _weigh_library,
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
