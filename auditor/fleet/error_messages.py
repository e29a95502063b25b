"""Why a host could not be read or changed, in a sentence a person can act on."""

from __future__ import annotations

import re
from collections.abc import Sequence

from auditor.fleet.in_ansible import bounds
from auditor.models import Text
from auditor.text.redact import redact_secrets_in_text
from auditor.text.sanitize import escape_text_to_one_line
from auditor.text.translations import make_text

_ENDS = 2_000
"""Characters at each end of a message that are read: reasons stand first or last, and a host may say a lot between."""

_AT = r"(?:: b?'[^']{1,300}' -> b?'(?P<target>/[^']{1,200})'|: b?'(?P<path>/[^']{1,200})')?"
"""The file that Python names after a reason of the system's."""

LOGIN_REFUSED = make_text("the host refused our SSH key or password: check the account and its key")
KEY_CHANGED = make_text(
    "the host key differs from the recorded one: not connected; verify it, then run 'auditor enroll' again"
)
_PATTERNS: tuple[tuple[str, Text], ...] = (
    (
        rf"{bounds.TOO_MUCH}\s*\Z",
        make_text("the host said more than a host may say and was cut off: somebody may have taken it over"),
    ),
    (
        rf"{bounds.TOO_LONG}\s*\Z",
        make_text("the host kept us waiting longer than a host may, and was cut off"),
    ),
    (
        r"REMOTE HOST IDENTIFICATION HAS CHANGED|Host key for \S{1,300} (has changed|was revoked)|REVOKED HOST KEY",
        KEY_CHANGED,
    ),
    (
        r"No \S{1,40} host key is known|Host key verification failed",
        make_text(
            "no key of the host is recorded yet: compare its fingerprint at the server's "
            "console, then record it with 'auditor enroll', or add what 'ssh-keyscan ADDRESS' "
            "prints to the known_hosts file in use"
        ),
    ),
    (
        r"Permission denied \(|Too many authentication failures|no such identity",
        LOGIN_REFUSED,
    ),
    (
        r"waiting for (?:privilege escalation|become success)",
        make_text(
            "sudo takes too long on the host, usually because its DNS does not work: fix that, "
            "or add the host's name to /etc/hosts"
        ),
    ),
    (
        r"kex_exchange_identification|Not allowed at this time|banner exchange[^\n]{0,200}(?:reset|closed)",
        make_text(
            "sshd closes the connection before any login: it may be blocking this address "
            "temporarily (PerSourcePenalties, fail2ban), or has too many connections; wait a few "
            "minutes, then run again"
        ),
    ),
    (
        r"ModuleNotFoundError: No module named '[a-z_.]{1,40}'",
        make_text("the host's Python 3 is not complete (only python3-minimal?): run 'apt-get install python3' on it"),
    ),
    (
        r"Missing sudo password|sudo: a password is required",
        make_text("the account may not use sudo without a password: 'auditor enroll' makes one that may"),
    ),
    (
        r"Incorrect sudo password|sudo: \d+ incorrect password",
        make_text("sudo refused the password: check the account's password"),
    ),
    (
        r"is not in the sudoers|may not run sudo|sudo: (command )?not found",
        make_text("the account may not use sudo on the host: let it"),
    ),
    (
        r"/var/lib/luytre/guard/[0-9A-Za-z-]{1,64}/python",
        make_text(
            "the time to confirm was over, or the host had gone back by itself, before all was "
            "done: nothing more was changed"
        ),
    ),
    (
        r"Could not get lock|Failed to lock apt|lock (?:is|was) locked by another process|software is being "
        r"installed or removed on this host",
        make_text(
            "the host is installing or removing software, perhaps by automatic updates: run again when that has ended"
        ),
    ),
    (
        r"another run is in progress|was neither confirmed nor reverted on this host",
        make_text("another hardening is in progress on this host: wait until it has ended or the host has gone back"),
    ),
    (
        r"python3?: (command )?not found|python3?: No such file|interpreter \S{1,300} (not found|was not found)|/usr/"
        r"bin/python3[^\n]{0,100}No such file",
        make_text("the host has no Python 3: run 'apt-get install python3' on it"),
    ),
    (
        r"(?:No space left on device|Disk quota exceeded): b?'(?P<path>/[^'\n]{0,200}/luytre-[^'\n]{1,100})'",
        make_text("the disk for temporary files of this machine, not the host's, is full: make room"),
    ),
    (
        rf"(?:No space left on device|Disk quota exceeded){_AT}",
        make_text("the host's disk is full: free some space"),
    ),
    (
        rf"Read-only file system{_AT}",
        make_text("a file system of the host is read-only: see why ('dmesg', 'findmnt'), then mount it writable again"),
    ),
    (
        rf"Operation not permitted{_AT}",
        make_text(
            "the host forbids the change, even to root: where 'lsattr' shows the file locked (i, "
            "a), unlock it by 'chattr -ia'"
        ),
    ),
    (
        r"Connection refused",
        make_text("the SSH port refuses: is sshd running?"),
    ),
    (
        r"Data could not be sent to remote host|timed out|(?<!Lock::)Timeout|No route to host|Network is unreachable"
        r"|Connection closed|Connection reset|UNREACHABLE|Data could not be sent to remote host",
        make_text("the host could not be reached (timed out)"),
    ),
    (
        r"Could not resolve hostname|Name or service not known",
        make_text("the host's name does not resolve: check ansible_host"),
    ),
)


def explain_ansible_or_ssh_message(message: str) -> Text:
    """Return the reason behind Ansible's or SSH's message, whatever its length; unknown ones are quoted, shortened."""
    read = message if len(message) <= 2 * _ENDS else f"{message[:_ENDS]}\n{message[-_ENDS:]}"
    for pattern, text in _PATTERNS:
        match = re.search(pattern, read)
        if match is not None:
            return _append_path_to_text(text, next((path for path in match.groupdict().values() if path), None))
    quote = escape_text_to_one_line(" ".join(redact_secrets_in_text(read).split()), 300) or "?"
    return make_text("the host reported an error: {quote}", quote=quote)


def _append_path_to_text(text: Text, path: str | None) -> Text:
    if path is None:
        return text
    path_text = escape_text_to_one_line(redact_secrets_in_text(path), 200)
    return Text(vi=f"{text.vi} ({path_text})", en=f"{text.en} ({path_text})")


_NOT_RUN = re.compile(
    r"(?P<program>\S{1,60}) was not run as root: "
    r"(?P<file>/.{0,400}) can be changed by (?:(?P<kind>user|group) (?P<name>.{1,200})|everybody)"
)
_CHANGEABLE = re.compile(r"(?P<file>/.{0,400}) can be changed by (?:(?P<kind>user|group) (?P<name>.{1,200})|everybody)")
_COSTLY = re.compile(r"the patterns of (/.{0,400}) cost too much time")
_ELSEWHERE = re.compile(r"(/.{0,400}) runs, which is not where a package puts it")
_OTHER_WEB = re.compile(r"(.{1,800}), and what it serves is not read")
_NOT_UNDERSTOOD = re.compile(r"the configuration of nginx is not understood: (.{0,400})")
_EVERYBODY = make_text("everybody")
_WHO = {"user": make_text("user"), "group": make_text("group")}


def is_message_of_untrusted_program(message: str) -> bool:
    """Return whether the collector has not run a program, for another than root has a say in it."""
    return _NOT_RUN.search(message[:1000]) is not None


def describe_who_could_change_file(message: str) -> Text:
    """Return who could change a file, as the collector says it, as a clause."""
    match = _CHANGEABLE.fullmatch(message[:1000])
    if match is None:
        quote = escape_text_to_one_line(message, 200)
        return Text(vi=f"“{quote}”", en=quote)
    file, who = (
        escape_text_to_one_line(match["file"], 100),
        _name_account(match["kind"], match["name"]),
    )
    return make_text("{who} can change {file}", who=who, file=file)


def _name_account(kind: str | None, name: str) -> Text:
    return Text.join((_WHO[kind], Text.make_same_in_both_languages(name)), " ") if kind else _EVERYBODY


def explain_missing_fact_area(message: str) -> Text:
    """Return why a host does not report a part of its facts, as the collector says it.

    What the collector says otherwise is quoted.
    """
    costly = _COSTLY.fullmatch(message[:1000])
    if costly is not None:
        return make_text("the patterns of {path} cost too much time", path=costly.group(1))
    elsewhere = _ELSEWHERE.fullmatch(message[:1000])
    if elsewhere is not None:
        return make_text(
            ("{value} runs, which is not where a package puts it, so how it is set up is not known"),
            value=elsewhere.group(1),
        )
    other = _OTHER_WEB.fullmatch(message[:1000])
    if other is not None:
        answers = make_text(" answers on port ")
        daemon = Text(vi=other.group(1).replace(answers.en, answers.vi), en=other.group(1))
        return make_text("{daemon}, and what it serves is not read", daemon=daemon)
    not_understood = _NOT_UNDERSTOOD.fullmatch(message[:1000])
    if not_understood is not None:
        return make_text("the configuration of nginx is not understood: {why}", why=not_understood.group(1))
    not_run = _NOT_RUN.fullmatch(message[:1000])
    if not_run is None:
        return Text.make_same_in_both_languages(message)
    program, file, kind, name = not_run.group("program", "file", "kind", "name")
    who = _name_account(kind, name)
    return make_text(
        "{program} was not run as root, for {file} can be changed by {who}", program=program, file=file, who=who
    )


_OF_UNITS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("nginx", ("nginx", "tls", "web")),
    ("apache2", ("apache", "tls", "web")),
    ("php", ("php_fpm",)),
    ("ssh", ("ssh",)),
    ("mariadb", ("mariadb",)),
    ("postfix", ("services",)),
    ("exim4", ("services",)),
)
"""The areas whose controls change a daemon, by the beginning of its unit's name."""
_OF_WORDS = re.compile(r"(?i)(?:key|md|dh key) too (?:small|weak)|no cipher|cipher", re.ASCII)
_MAX_SUSPECTS = 5


def explain_rollback_with_suspect_controls(
    why: Text, last_words: Sequence[tuple[str, str, str | None]], controls: Sequence[str], suspects: Sequence[str]
) -> Text:
    """Return why a host was brought back, with the last words of its daemons and the controls that caused it.

    ``last_words`` are ``(unit, line, control)``; a control counts only where it was made. Where the line names none, it
    is those of the daemon's areas; where no daemon said anything, the ``suspects`` by what failed.
    """
    parts = [
        (
            f"{unit}: {line}"
            f"{_format_suspects([control] if control in controls else _select_suspects_of_line(unit, line, controls))}"
        )
        for unit, line, control in last_words
    ]
    if parts:
        both = "; ".join(parts)
        return Text(vi=f"{why.vi}; {both}", en=f"{why.en}; {both}")
    names = _join_first_suspects_and_count_rest(suspects)
    return make_text("{why} (after applying {names})", why=why, names=names) if names else why


def _select_suspects_of_line(unit: str, line: str, controls: Sequence[str]) -> list[str]:
    areas = next((areas for start, areas in _OF_UNITS if unit.startswith(start)), ())
    own = [control for control in controls if control.partition(".")[0] in areas]
    of_tls = [control for control in own if control.startswith("tls.")] if _OF_WORDS.search(line) else []
    return of_tls or own


def _format_suspects(suspects: Sequence[str | None]) -> str:
    names = _join_first_suspects_and_count_rest(suspects)
    return f" ({names})" if names else ""


def _join_first_suspects_and_count_rest(suspects: Sequence[str | None]) -> str:
    names = [name for name in suspects if name]
    more = f" +{len(names) - _MAX_SUSPECTS}" if len(names) > _MAX_SUSPECTS else ""
    return ", ".join(names[:_MAX_SUSPECTS]) + more
