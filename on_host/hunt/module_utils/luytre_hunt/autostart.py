"""What starts by itself: scheduled jobs, units, generators, files of shells, hooks of other programs."""

import glob
import hashlib
import os
import re

from ansible.module_utils.luytre.daemons import command_lines
from ansible.module_utils.luytre.system import cron
from ansible.module_utils.luytre_hunt.places import FOREIGN, OURS, WHOLE, Thing, parse_lines
from ansible.module_utils.luytre_shared.os import account_files
from ansible.module_utils.luytre_shared.os.area_reader import list_names_below, read_text

AT = ("/var/spool/cron/atjobs/*", "/var/spool/at/[a-z0-9]*")
UNITS = (
    *("/etc/systemd/system", "/etc/systemd/user", "/usr/local/lib/systemd/system", "/usr/local/lib/systemd/user"),
    *("/usr/lib/systemd/system", "/usr/lib/systemd/user", "/run/systemd/system", "/run/systemd/transient"),
    *("/etc/systemd/system.control", "/usr/share/systemd/system"),
)
SYSTEM_UNITS = (
    "/etc/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/run/systemd/system",
)
KINDS = ("service", "timer", "path", "socket", "mount", "automount", "swap")
GENERATORS = tuple(
    "%s/systemd/%s/*" % (place, kind)
    for place in ("/etc", "/run", "/usr/lib", "/usr/local/lib")
    for kind in (
        *("system-generators", "user-generators", "system-environment-generators", "user-environment-generators"),
        *("system-shutdown", "system-sleep"),
    )
)
SHELLS = (
    *("/etc/profile", "/etc/profile.d/*", "/etc/bash.bashrc", "/etc/bash_completion.d/*", "/etc/zsh/*"),
    *("/etc/csh.*", "/etc/environment", "/etc/environment.d/*.conf", "/etc/rc.local", "/etc/init.d/*"),
    *("/etc/update-motd.d/*", "/etc/inittab", "/etc/X11/Xsession.d/*", "/etc/ssh/sshrc"),
)
OF_ACCOUNTS = (
    *(".bashrc", ".profile", ".bash_profile", ".bash_login", ".bash_logout", ".bash_aliases", ".zshrc", ".zprofile"),
    *(".zshenv", ".zlogin", ".login", ".cshrc", ".tcshrc", ".kshrc", ".mkshrc", ".pam_environment", ".ssh/rc"),
    ".ssh/environment",
)
HOOKS = (
    *("/etc/apt/apt.conf", "/etc/apt/apt.conf.d/*", "/etc/dpkg/dpkg.cfg", "/etc/dpkg/dpkg.cfg.d/*"),
    *("/etc/udev/rules.d/*.rules", "/usr/lib/udev/rules.d/*.rules", "/run/udev/rules.d/*.rules"),
    *("/etc/logrotate.conf", "/etc/logrotate.d/*", "/etc/network/if-*.d/*", "/etc/network/interfaces"),
    *("/etc/network/interfaces.d/*", "/etc/NetworkManager/dispatcher.d/*", "/etc/NetworkManager/dispatcher.d/*.d/*"),
    *("/etc/networkd-dispatcher/*.d/*", "/etc/dhcp/dhclient-*-hooks.d/*", "/etc/ppp/ip-*.d/*", "/etc/xdg/autostart/*"),
    *("/etc/binfmt.d/*", "/usr/lib/binfmt.d/*", "/etc/modprobe.d/*", "/etc/kernel/*.d/*", "/etc/initramfs-tools/*/*"),
    *("/etc/rsyslog.conf", "/etc/rsyslog.d/*.conf", "/etc/acpi/events/*", "/etc/grub.d/*", "/etc/ld.so.conf.d/*"),
    *("/etc/needrestart/hook.d/*", "/etc/needrestart/notify.d/*", "/etc/sysctl.d/*", "/etc/sysctl.conf"),
    *("/etc/modules", "/etc/modules-load.d/*", "/etc/initramfs-tools/modules"),
    *("/etc/polkit-1/rules.d/*", "/usr/share/polkit-1/rules.d/*", "/etc/dbus-1/system.d/*", "/etc/xinetd.d/*"),
    *("/etc/inetd.conf", "/etc/incron.d/*", "/var/spool/incron/*", "/etc/aliases", "/etc/anacrontab"),
    *("/usr/share/dbus-1/system-services/*.service", "/usr/local/share/dbus-1/system-services/*.service"),
    *("/usr/lib/networkd-dispatcher/*.d/*", "/usr/lib/NetworkManager/dispatcher.d/*"),
    *("/usr/lib/python3*/dist-packages/*.pth", "/usr/local/lib/python3*/*-packages/*.pth"),
    *("/usr/lib/python3*/*customize.py", "/usr/lib/python3*/dist-packages/*customize.py"),
    *("/usr/local/lib/python3*/*-packages/*customize.py", "/etc/systemd/journald.conf"),
    "/etc/systemd/journald.conf.d/*.conf",
)
BEFORE_PACKAGED = ("/usr/local/sbin/*", "/usr/local/bin/*")
"""Programs that a shell finds before those of packages of the same name."""
ALTERNATIVES = "/etc/alternatives/*"
"""What the names of programs lead to where several packages bring one."""
_SAYS = re.compile(r"^\s*(?:Exec\w*|Environment|EnvironmentFile|PassEnvironment)\s*=\s*(.*\S)")
_EXEC = re.compile(r"^\s*Exec\w+\s*=\s*[-@:+!|]*(.*\S)")
_USER = re.compile(r"(?m)^\s*User\s*=\s*(\S+)\s*$")
_QUOTED_TEXT = re.compile(r"[\"']([^\"']{3,500})[\"']")
_HOOKS = re.compile(
    r"[Ii]nvoke|RUN|PROGRAM|IMPORT|rotate$|script$|\||Exec|[Hh]ook|polkit|om(?:prog|exec)|core_pattern|^:"
    r"|^\s*(?:install|remove|action|event|(?:pre-|post-)?(?:up|down))\b|^/[^{]*$"
    r"|^(?:import|from)\s|^\s*Storage\s*=\s*none\b"
)
_LOADS_NOTHING = re.compile(r"^\s*install\s+\S+\s+(?:/usr)?/bin/(?:false|true)\s*$")
"""How modprobe's settings keep a module of the kernel's out."""
MAX_HOMES = 2_000
FOR_LATER = 40
"""Seconds that are left to what comes after."""


def add_rows_of_programs_started_automatically(places):
    """Add the rows of programs that start by themselves."""
    _add_rows_of_cron_and_at_jobs(places)
    _add_rows_of_systemd_units(places)
    for path, origin in places.iter_files_changed_or_of_no_package(*GENERATORS):
        places.add_row_in_slot("generator", path, "root", origin, _read_text_head_of_non_elf_file(path))
    for path, origin in places.iter_files_changed_or_of_no_package(*SHELLS):
        _add_row_of_autostart_script(places, "start", path, origin)
    for path, origin in places.iter_files_changed_or_of_no_package(*HOOKS):
        _add_row_of_autostart_script(places, "hook", path, origin)
    _add_rows_of_programs_in_place_of_packaged_ones(places)
    _add_rows_of_shell_startup_files(places)


def _add_rows_of_programs_in_place_of_packaged_ones(places):
    for path, origin in places.iter_files_changed_or_of_no_package(*BEFORE_PACKAGED):
        name = os.path.basename(path)
        if any(places.packaged.is_path_of_any_package("/usr/%s/%s" % (folder, name)) for folder in ("bin", "sbin")):
            places.add_row_in_slot("hook", path, "root", origin, _read_text_head_of_non_elf_file(path))
    for path, origin in places.iter_files_changed_or_of_no_package(ALTERNATIVES):
        if origin == FOREIGN:
            places.add_row_in_slot("hook", path, "root", origin, _read_text_head_of_non_elf_file(path))


def _add_rows_of_cron_and_at_jobs(places):
    for pattern in cron.TABLES:
        for path, origin in places.iter_files_changed_or_of_no_package(pattern):
            _add_rows_of_crontab(places, path, places.read_text_of_root_file("cron", path), None, origin)
    for folder in (*cron.FOLDERS, "/etc/cron.yearly"):
        for path, origin in places.iter_files_changed_or_of_no_package(folder + "/*"):
            _add_row_of_autostart_script(places, "cron", path, origin)
    for path in sorted(glob.glob(cron.SPOOL))[:MAX_HOMES]:
        folder, name = os.path.split(path)
        _add_rows_of_crontab(places, path, places.read_text_below_untrusted_folder("cron", folder, name), name, FOREIGN)
    for pattern in AT:
        for path in sorted(glob.glob(pattern))[:500]:
            folder, name = os.path.split(path)
            text = places.read_text_below_untrusted_folder("at", folder, name)
            body = text.partition("\n}\n")[2] or text
            places.add_command_line(
                Thing("at", path, "root", content="\n".join(line for _number, line in parse_lines(body)), exactly=WHOLE)
            )


def _add_rows_of_crontab(places, path, text, user, origin):
    marks = ["hidden"] if re.search(r"[^\n]\r[^\n]|[ \t]{150}\S", text) else []
    before, lines = _list_crontab_settings_that_load_code(text), text.split("\n")
    for job in cron.parse_crontab(path, text, user):
        line = lines[job["line"] - 1]
        command = line.strip().split(None, (1 if job["when"].startswith("@") else 5) + (user is None))[-1]
        odd = [*marks, "reboot"] if job["when"] == "@reboot" else marks
        places.add_command_line(
            Thing(
                "cron",
                path,
                job["user"],
                origin,
                before + command,
                odd,
                exactly=_format_line_number_and_short_digest(job["line"], line),
            )
        )


def _format_line_number_and_short_digest(number, line):
    """Return the number of a line, and the beginning of its digest; nothing of one whose bytes are not known."""
    return "" if "\ufffd" in line else "%d@%s" % (number, hashlib.sha256(line.encode("utf-8")).hexdigest()[:12])


def _list_crontab_settings_that_load_code(text):
    """Return settings in a crontab that make whatever it runs load something."""
    return "".join(
        setting + " " for setting in re.findall(r"(?m)^\s*(LD_PRELOAD\s*=.{1,200}|BASH_ENV\s*=.{1,200})$", text)
    )


def _add_rows_of_systemd_units(places):
    for folder in UNITS:
        patterns = ["%s/*.%s" % (folder, kind) for kind in KINDS] + ["%s/*.d/*.conf" % folder]
        for path, origin in places.iter_files_changed_or_of_no_package(*patterns):
            _add_row_of_systemd_unit(places, path, origin, places.read_text_of_root_file("unit", path), None)
    for account in _list_accounts_with_distinct_homes():
        relative = ".config/systemd/user"
        for name in list_names_below(account["home"], relative, 200):
            text = places.read_text_below_untrusted_folder("unit", account["home"], "%s/%s" % (relative, name))
            if text:
                _add_row_of_systemd_unit(
                    places, "%s/%s/%s" % (account["home"], relative, name), FOREIGN, text, account["name"]
                )


def _add_row_of_systemd_unit(places, path, origin, text, who):
    setting_lines = _list_matched_texts(_SAYS, text)
    if not setting_lines and not path.endswith(".service"):
        return
    runs = _list_matched_texts(_EXEC, text)
    programs = [path for command in runs[:20] for path in command_lines.parse_programs_of_command(command)]
    user = _USER.findall(text)
    folder, name = os.path.split(path)
    marks = ["replaces"] if who is None and _is_unit_name_of_package(places, name) else []
    alone = folder in SYSTEM_UNITS and name.endswith(".service") and "@" not in name and not marks
    exactly = name if who is None and origin == FOREIGN and alone else ""
    places.add_thing(
        Thing(
            "unit",
            path,
            who or (user[-1] if user else "root"),
            origin,
            "\n".join(setting_lines),
            marks,
            programs,
            exactly=exactly,
        )
    )


def _list_matched_texts(pattern, text):
    matches = (pattern.match(line) for _number, line in parse_lines(text))
    return [match.group(1) for match in matches if match]


def _is_unit_name_of_package(places, name):
    """Return whether a package brought a unit of that name, which a file elsewhere stands for then."""
    return any(
        places.packaged.is_path_of_any_package("/usr/lib/systemd/%s/%s" % (kind, name)) for kind in ("system", "user")
    )


def _add_row_of_autostart_script(places, slot, path, origin):
    lines = [line.strip() for _number, line in places.read_uncommented_lines_of_root_file(path)]
    if not lines:
        return
    commands = [line[:2000] for line in lines[:60]]
    if slot == "hook":
        commands += [quoted_text for line in commands for quoted_text in _QUOTED_TEXT.findall(line)]
    programs = list(
        dict.fromkeys(program for command in commands for program in command_lines.parse_programs_of_command(command))
    )
    marks = ["settings"] if slot == "hook" and not _can_settings_file_run_or_load_code(path, lines) else []
    if path.endswith((".py", ".pth")):
        marks.append("python")
    exactly = WHOLE if slot == "cron" and origin == FOREIGN else ""
    places.add_thing(Thing(slot, path, "root", origin, "\n".join(lines), marks, programs, exactly=exactly))


def _can_settings_file_run_or_load_code(path, lines):
    """Return whether a file of another program's settings makes it run or load something."""
    return os.access(path, os.X_OK) or any(_HOOKS.search(line) for line in lines if not _LOADS_NOTHING.match(line))


def _add_rows_of_shell_startup_files(places):
    skeleton = {name: read_text("/etc/skel/" + name) for name in OF_ACCOUNTS}
    for account in _list_accounts_with_distinct_homes():
        if places.reading.get_seconds_left() < FOR_LATER:
            places.mark_part_as_cut_short("start")
            return
        for name in OF_ACCOUNTS:
            path = os.path.join(account["home"], name)
            text, origin = places.read_home_file_and_its_origin("start", path, account)
            if not text or text == skeleton[name] or origin == OURS:
                continue
            places.seen += 1
            known_lines = set((skeleton[name] or "").split("\n"))
            added_text = "\n".join(line.strip() for _number, line in parse_lines(text) if line not in known_lines)
            if added_text:
                places.add_row_in_slot("start", path, account["name"], OURS, added_text)


def _list_accounts_with_distinct_homes():
    """Return the accounts, each home once, root's first."""
    accounts_by_home = {}
    for account in account_files.read_passwd_rows()[:MAX_HOMES]:
        if account["home"].startswith("/") and account["home"] not in (
            "/",
            "/nonexistent",
            "/dev",
            "/bin",
            "/usr/sbin",
        ):
            accounts_by_home.setdefault(account["home"], account)
    return list(accounts_by_home.values())


def _read_text_head_of_non_elf_file(path):
    text = read_text(path, 2_000) or ""
    return "" if text.startswith("\x7fELF") else text
