"""What starts by itself: scheduled jobs, units, generators, files of shells, hooks of other programs."""

import glob
import hashlib
import os
import re

from ansible.module_utils.luytre.daemons import command_lines
from ansible.module_utils.luytre.system import cron
from ansible.module_utils.luytre_hunt.places import CHANGED, FOREIGN, OURS, WHOLE, Thing, parse_lines
from ansible.module_utils.luytre_shared.files.names import user_name
from ansible.module_utils.luytre_shared.os import account_files
from ansible.module_utils.luytre_shared.os.area_reader import list_names_below, read_text, stat_file_below

AT = ("/var/spool/cron/atjobs/*", "/var/spool/at/[a-z0-9]*")
UNITS = (
    *("/etc/systemd/system", "/etc/systemd/user", "/usr/local/lib/systemd/system", "/usr/local/lib/systemd/user"),
    *("/usr/lib/systemd/system", "/usr/lib/systemd/user", "/run/systemd/system", "/run/systemd/transient"),
    *("/etc/systemd/system.control", "/usr/share/systemd/system", "/usr/share/systemd/user", "/run/systemd/user"),
    *("/usr/local/share/systemd/user", "/etc/systemd/system.attached", "/run/systemd/system.control"),
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
    *("/etc/update-motd.d/*", "/etc/inittab", "/etc/X11/Xsession.d/*", "/etc/ssh/sshrc", "/etc/skel/.*"),
    *("/usr/share/bash-completion/completions/*", "/etc/bash.bash_logout", "/etc/fish/*", "/etc/fish/conf.d/*"),
)
OF_ACCOUNTS = (
    *(".bashrc", ".profile", ".bash_profile", ".bash_login", ".bash_logout", ".bash_aliases", ".zshrc", ".zprofile"),
    *(".zshenv", ".zlogin", ".login", ".cshrc", ".tcshrc", ".kshrc", ".mkshrc", ".pam_environment", ".ssh/rc"),
    ".ssh/environment",
    *(
        ".bash_completion",
        ".xprofile",
        ".xsessionrc",
        ".config/fish/config.fish",
        ".config/plasma-workspace/env/env.sh",
    ),
    *(".vimrc", ".vim/vimrc", ".config/nvim/init.vim", ".config/nvim/init.lua", ".ssh/config", ".forward"),
    *(".procmailrc", ".screenrc", ".tmux.conf", ".config/tmux/tmux.conf", ".gdbinit", ".psqlrc", ".my.cnf"),
    *(".lessfilter", ".gitconfig", ".config/git/config", ".npmrc", ".curlrc", ".wgetrc", ".mailrc", ".emacs"),
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
    *("/usr/lib/modules-load.d/*", "/run/modules-load.d/*", "/usr/local/lib/modules-load.d/*", "/usr/lib/sysctl.d/*"),
    *("/run/sysctl.d/*", "/usr/local/lib/sysctl.d/*", "/run/binfmt.d/*", "/usr/local/lib/binfmt.d/*"),
    *("/etc/initramfs-tools/scripts/*/*", "/usr/share/initramfs-tools/hooks/*"),
    *("/usr/share/initramfs-tools/scripts/*/*", "/usr/share/initramfs-tools/scripts/*", "/etc/dracut.conf.d/*"),
    *("/etc/tmpfiles.d/*", "/run/tmpfiles.d/*", "/usr/lib/tmpfiles.d/*", "/usr/local/lib/tmpfiles.d/*"),
    *("/usr/lib/modprobe.d/*", "/run/modprobe.d/*", "/usr/local/lib/modprobe.d/*", "/usr/lib/udev/*"),
    *("/usr/local/lib/udev/rules.d/*.rules", "/etc/dhcp/dhclient.conf", "/usr/lib/dhcpcd/dhcpcd-hooks/*"),
    *("/etc/dhcpcd.enter-hook", "/etc/dhcpcd.exit-hook", "/etc/resolvconf/update*.d/*", "/etc/ifplugd/action.d/*"),
    *("/etc/pm/*.d/*", "/usr/lib/pm-utils/*.d/*", "/etc/acpi/*.sh", "/etc/apm/*/*", "/etc/wpa_supplicant/*.sh"),
    *("/etc/letsencrypt/renewal-hooks/*/*", "/etc/ca-certificates/update.d/*", "/var/lib/cloud/scripts/*/*"),
    *("/usr/share/dbus-1/services/*.service", "/etc/dbus-1/system-services/*.service", "/run/polkit-1/rules.d/*"),
    *("/usr/local/share/polkit-1/rules.d/*", "/etc/polkit-1/localauthority/*/*", "/usr/share/vim/vimfiles/plugin/*"),
    *("/etc/vim/vimrc.local", "/usr/share/vim/vim*/plugin/*", "/etc/perl/*.p[lm]", "/usr/local/lib/site_perl/*"),
    *("/usr/lib/apt/methods/*", "/etc/apt/listchanges.conf", "/usr/lib/needrestart/*", "/etc/security/namespace.init"),
)
SETTINGS = (
    *("/etc/default/*", "/etc/vim/vimrc", "/etc/gitconfig", "/etc/screenrc", "/etc/tmux.conf", "/etc/nanorc"),
    *("/etc/ssh/ssh_config", "/etc/ssh/ssh_config.d/*", "/etc/fail2ban/action.d/*", "/etc/fail2ban/*.local"),
    *(
        "/etc/fail2ban/jail.d/*",
        "/etc/audit/plugins.d/*",
        "/etc/audit/*.conf",
        "/etc/snmp/snmpd.conf",
        "/etc/snmp/*.d/*",
    ),
    *("/etc/zabbix/*.conf", "/etc/zabbix/*.d/*", "/etc/nagios/*.cfg", "/etc/nagios/*.d/*", "/etc/monit/*"),
    *(
        "/etc/monit/conf*/*",
        "/etc/supervisor/*.conf",
        "/etc/supervisor/conf.d/*",
        "/etc/hosts.allow",
        "/etc/hosts.deny",
    ),
    *("/etc/postfix/master.cf", "/etc/postfix/main.cf", "/etc/exim4/*", "/etc/exim4/conf.d/*/*", "/etc/openvpn/*.conf"),
    *("/etc/openvpn/*/*.conf", "/etc/wireguard/*.conf", "/etc/sudo.conf", "/etc/ssl/openssl.cnf", "/etc/mysql/*.cnf"),
    *("/etc/mysql/*.d/*.cnf", "/etc/postgresql/*/*/*.conf", "/etc/postgresql/*/*/conf.d/*", "/etc/redis/*.conf"),
    *("/etc/systemd/system.conf", "/etc/systemd/user.conf", "/etc/systemd/*.conf.d/*.conf", "/etc/ld.so.conf"),
    *("/etc/security/pam_env.conf", "/usr/lib/environment.d/*", "/etc/letsencrypt/cli.ini"),
    *("/etc/letsencrypt/renewal/*.conf", "/boot/grub/custom.cfg", "/etc/cloud/cloud.cfg.d/*", "/etc/nfs.conf"),
    *("/etc/hosts", "/usr/local/share/ca-certificates/*.crt"),
    *("/etc/munin/plugin-conf.d/*", "/etc/collectd/*.conf*", "/etc/telegraf/*.conf", "/etc/proftpd/*.conf"),
    *("/etc/vsftpd.conf", "/etc/samba/smb.conf", "/etc/dovecot/conf.d/*", "/etc/dovecot/*.conf", "/etc/memcached.conf"),
)
"""Settings of other programs that everybody changes: only what they run, and what that says, counts."""
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
    r"|^(?:import|from)\s|^\s*Storage\s*=\s*none\b|^[fFwLC][-+!=^~]*\s+/(?:etc|root|home|usr|opt|var/(?:spool|www))/"
)
_LOADS_NOTHING = re.compile(r"^\s*install\s+\S+\s+(?:/usr)?/bin/(?:false|true)\s*$")
"""How modprobe's settings keep a module of the kernel's out."""
AUTHORITIES = "/usr/local/share/ca-certificates/"
_SETTINGS_RUN = re.compile(
    r"(?im)^\s*(?:init[_-]file|plugin[_-]load(?:[_-]add)?|(?:shared|session|local)_preload_libraries|archive_command"
    r"|restore_command|malloc[_-]lib|DefaultEnvironment|ManagerEnvironment|loadmodule|extend|pass_persist|UserParameter"
    r"|sendmail_path|command\[\w+\]|PostUp|PreUp|PostDown|PreDown|up|down|script-security|ExecOnConnect"
    r"|root preexec|preexec)"
    r"\s*[= ]\s*[\"']?[^\s\"']"
)
"""Settings by which a program runs or loads another."""
_UPDATES = re.compile(
    r"(?im)^\s*\S+\s[^\n]*(?:debian\.org|ubuntu\.com|clamav\.net|wordpress\.org|joomla\.org|nukeviet\.vn|mariadb\.org)"
)
_GIT_RUNS = re.compile(
    r"(?im)^\s*(?:fsmonitor\s*=\s*(?!true|false|0|1)\S|hookspath\s*=\s*\S|sshcommand\s*=\s*(?!ssh\b)\S"
    r"|\w+\s*=\s*[\"']?!"
    r"|(?:external|textconv|clean|smudge|process|program|packobjectshook)\s*=\s*(?!git-lfs\b|gpg\w*\b)[/~.]\S)"
)
_EDITOR_RUNS = re.compile(
    r"(?m)^[^\n\"]{0,200}(?:\b(?:au|autocmd)\b[^\n]{0,200}(?:!|system\s*\(|job_start)|\bcall\s+(?:system"
    r"|job_start|jobstart)\s*\("
    r"|\bsil(?:ent)?!?\s+!|^\s*:?!\S|\bos\.execute\s*\(|\bvim\.(?:fn\.)?(?:system|jobstart)\s*\("
    r"|\bvim\.uv\.spawn|=\s*system\s*\()"
)
MAX_HOMES = 2_000
FOR_LATER = 40
"""Seconds that are left to what comes after."""


def add_rows_of_programs_started_automatically(places):
    """Add the rows of programs that start by themselves."""
    _add_rows_of_cron_and_at_jobs(places)
    _add_rows_of_systemd_units(places)
    for path, origin in places.iter_files_changed_or_of_no_package(*GENERATORS):
        places.add_row_in_slot("generator", path, "root", origin, _read_lines_of_non_elf_file(places, path))
    for path, origin in places.iter_files_changed_or_of_no_package(*SHELLS):
        _add_row_of_autostart_script(places, "start", path, origin)
    for path, origin in places.iter_files_changed_or_of_no_package(*HOOKS):
        _add_row_of_autostart_script(places, "hook", path, origin)
    for path, origin in places.iter_files_changed_or_of_no_package(*SETTINGS):
        if _is_root_alone_who_wrote(path):
            _add_row_of_autostart_script(places, "hook", path, origin, is_settings=True)
    _add_rows_of_programs_in_place_of_packaged_ones(places)
    _add_rows_of_shell_startup_files(places)


def _add_rows_of_programs_in_place_of_packaged_ones(places):
    for path, origin in places.iter_files_changed_or_of_no_package(*BEFORE_PACKAGED):
        name = os.path.basename(path)
        if any(places.packaged.is_path_of_any_package("/usr/%s/%s" % (folder, name)) for folder in ("bin", "sbin")):
            places.add_row_in_slot("hook", path, "root", origin, _read_lines_of_non_elf_file(places, path))
    for path, origin in places.iter_files_changed_or_of_no_package(ALTERNATIVES):
        if origin == FOREIGN:
            places.add_row_in_slot("hook", path, "root", origin, _read_lines_of_non_elf_file(places, path))


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
            lines = "\n".join(line for _number, line in parse_lines(body))
            status = stat_file_below(folder, name)
            owner = user_name(status.st_uid) if status is not None else "root"
            places.add_command_line(Thing("at", path, owner, content=lines, exactly=WHOLE))


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
    for account in list_accounts_with_distinct_homes():
        for relative in _list_relative_paths_of_user_units(account["home"]):
            text = places.read_text_below_untrusted_folder("unit", account["home"], relative)
            if text:
                _add_row_of_systemd_unit(places, "%s/%s" % (account["home"], relative), FOREIGN, text, account["name"])


def _list_relative_paths_of_user_units(home):
    """Return an account's units and their drop-ins, below its home."""
    paths = []
    for folder in (".config/systemd/user", ".local/share/systemd/user", ".config/systemd/user.control"):
        for name in list_names_below(home, folder, 200):
            relative = "%s/%s" % (folder, name)
            if name.endswith((".d", ".wants")):
                paths += ["%s/%s" % (relative, each) for each in list_names_below(home, relative, 50)]
            else:
                paths.append(relative)
    return paths


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


def _add_row_of_autostart_script(places, slot, path, origin, is_settings=False):
    lines = [line.strip() for _number, line in places.read_uncommented_lines_of_root_file(path)]
    if not lines:
        return
    commands = [line[:2000] for line in lines[:60]]
    if slot == "hook":
        commands += [quoted_text for line in commands for quoted_text in _QUOTED_TEXT.findall(line)]
    programs = list(
        dict.fromkeys(program for command in commands for program in command_lines.parse_programs_of_command(command))
    )
    is_settings = is_settings or (slot == "hook" and not _can_settings_file_run_or_load_code(path, lines))
    marks = ["settings"] if is_settings else []
    if not is_settings and os.access(path, os.X_OK):
        marks.append("executable")
    if path.endswith((".py", ".pth")):
        marks.append("python")
    if is_settings:
        marks += list_marks_of_own_settings(path, "\n".join(lines))
    exactly = WHOLE if slot == "cron" and origin == FOREIGN else ""
    places.add_thing(Thing(slot, path, "root", origin, "\n".join(lines), marks, programs, exactly=exactly))


def _can_settings_file_run_or_load_code(path, lines):
    """Return whether a file of another program's settings makes it run or load something."""
    return (
        "/modules-load.d/" in path
        or os.access(path, os.X_OK)
        or any(_HOOKS.search(line) for line in lines if not _LOADS_NOTHING.match(line))
    )


def list_marks_of_own_settings(path, text):
    """Return what settings of the system's have its programs run, load, trust or ask, as marks."""
    marks = ["settings_run"] if _SETTINGS_RUN.search(text) else []
    if path.startswith(AUTHORITIES):
        marks.append("trusts_authority")
    if path == "/etc/hosts" and _UPDATES.search(text):
        marks.append("redirects_updates")
    return marks


def list_marks_of_settings(name, text):
    """Return what settings of git or of an editor have it run, as marks."""
    marks = []
    if "git" in name and _GIT_RUNS.search(text):
        marks.append("git_runs")
    if "vim" in name and _EDITOR_RUNS.search(text):
        marks.append("editor_runs")
    return marks


def _add_rows_of_shell_startup_files(places):
    skeleton = {
        name: read_text("/etc/skel/" + name)
        if places.packaged.get_package_origin_of_file("/etc/skel/" + name) != CHANGED
        else None
        for name in OF_ACCOUNTS
    }
    for account in list_accounts_with_distinct_homes():
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
                marks = list_marks_of_settings(name, added_text)
                places.add_row_in_slot("start", path, account["name"], OURS, added_text, marks)


def list_accounts_with_distinct_homes():
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


def _read_lines_of_non_elf_file(places, path):
    if (read_text(path, 4) or "").startswith("\x7fELF"):
        return ""
    return "\n".join(line for _number, line in places.read_uncommented_lines_of_root_file(path))


def _is_root_alone_who_wrote(path):
    """Return whether a file is root's: what another wrote says nothing of what root runs."""
    try:
        return os.stat(path).st_uid == 0
    except OSError:
        return False
