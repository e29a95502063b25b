"""Accounts that no person has, of which somebody uses the login shell: by ``su``, for a job of cron's, over FTP."""

import glob
import re

from ansible.module_utils.luytre.daemons import ftp
from ansible.module_utils.luytre_shared.os import account_files
from ansible.module_utils.luytre_shared.os.area_reader import AS_FAR_AS_IT_CAME, UnreadableFact, read_text

PEOPLE = range(1_000, 60_000)
SINCE, MAX_ENTRIES, SECONDS = "-90d", 5_000, "2"
PROGRAMS = (
    "/usr/bin/su",
    "/bin/su",
    "/usr/sbin/runuser",
    "/sbin/runuser",
    "/usr/bin/sudo",
    "/usr/bin/login",
    "/bin/login",
)
SESSION_PATTERN = r"^pam_unix\((su|su-l|runuser-l|sudo-i|login):session\): session opened for user ([^ (]{1,64})[( ]"
"""Services of PAM that start the account's own shell; ``sudo -u`` and ``runuser -u`` do not."""
_SESSION = re.compile(SESSION_PATTERN)
JOBS = ("/etc/crontab", "/etc/cron.d/*", "/etc/cron.*ly/*", "/var/spool/cron/crontabs/root")
_SU = re.compile(r"(?:^|[\s;&|(/])(?:su|runuser)[ \t]+([^\n;&|]{1,200})")
MAX_JOBS = 200
MAX_FOUND = 20


def find_uses_of_service_shells(reader):
    """Return ``[{account, by}]``: whose shell is used, but for people's and root's, and by what."""
    rows = [row for row in account_files.read_passwd_rows() if row["uid"] and row["uid"] not in PEOPLE]
    names = {row["name"] for row in rows if account_files.is_login_shell_usable(row["shell"])}
    if not names:
        return []
    uses = [
        *_find_shells_used_in_sessions(reader),
        *_find_shells_used_in_jobs(names),
        *_find_accounts_let_in_by_ftp(reader, names),
    ]
    return [{"account": name, "by": by} for name, by in dict.fromkeys(uses) if name in names][:MAX_FOUND]


def _find_shells_used_in_sessions(reader):
    program = reader.find_program("journalctl")
    if program is None:
        return []
    argv = ["timeout", SECONDS, program, "-q", "--no-pager", "--since=" + SINCE, "-r", "-n", str(MAX_ENTRIES)]
    argv += ["-o", "cat", "--case-sensitive=true", "--grep", SESSION_PATTERN, *("_EXE=" + path for path in PROGRAMS)]
    try:
        text = reader.run(argv, ok=None, at_stake=[program], output=AS_FAR_AS_IT_CAME)
    except UnreadableFact:
        return []
    matches = filter(None, map(_SESSION.match, text.splitlines()))
    return [(match.group(2), match.group(1)) for match in matches]


def _find_shells_used_in_jobs(names):
    paths = [path for pattern in JOBS for path in sorted(glob.glob(pattern))][:MAX_JOBS]
    return [
        (name, path) for path in paths for name in list_words_of_su_commands(read_text(path) or "") if name in names
    ]


def list_words_of_su_commands(text):
    """Return the words of each ``su`` and ``runuser`` outside of comments, which name accounts.

    Not where a shell is given.
    """
    code = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    commands = [command.split() for command in _SU.findall(code)]
    plain = [words for words in commands if not {"-s", "--shell", "-u"} & set(words)]
    return [word.strip("\"'") for words in plain for word in words]


def _find_accounts_let_in_by_ftp(reader, names):
    """Return accounts with a password that a server of FTP lets in: PAM has it do so for login shells only."""
    shadow = account_files.read_shadow_by_account()
    fields = {name: (shadow.get(name) or {}).get("field", "!") for name in sorted(names)}
    able = [name for name, field in fields.items() if account_files.classify_password_field(field)[0] == "usable"]
    return [(name, server["server"]) for server in ftp.list_root_ftp_servers(reader) for name in able] if able else []
