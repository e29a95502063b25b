"""What a command, a script or a path says of whoever wrote it. Pure, in time that grows with the text alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from auditor.models.reviews import Certainty
from auditor.text.redact import redact_secrets_in_text

MAX_LINE = 4_000
SAMPLE = 160
_SHELL = r"(?:(?:ba|da|k|z)?sh|python[\d.]{0,4}|perl|php[\d.]{0,4}|ruby)\b"
_PIPE_TO_SHELL = r"[^\n]{0,600}\|\s{0,9}(?:sudo\s{1,9}(?:-\S{1,20}\s{1,9}){0,3})?(?:\S{1,60}/)?" + _SHELL
_CALLS = r"/dev/(?:tcp|udp)/[\w.$\{\}\"'-]{1,100}/"
_NET = r"(?:curl|wget|fetch|lwp-download|lwp-request|aria2c|nc|ncat|netcat|dig|nslookup|drill|openssl\s{1,3}s_client)"
_EXACT: Mapping[str, str] = {
    "connects_back": r"\b(?:ba|da|k|z)?sh\b[^\n]{0,40}\s-\w{0,3}i\w{0,3}\b[^\n]{0,200}" + _CALLS + r""
    r"|" + _CALLS + r"[^\n]{0,200}(?:0\s?[<>]&|>&\s?0\b|\|\s{0,3}(?:\S{1,40}/)?(?:ba|da|k|z)?sh\b"
    r"|\b(?:ba|da|k|z)?sh\b[^\n]{0,40}<&|\beval\b|\bdo\s{1,5}[\"']?\$\w)"
    r"|0\s?[<>]&[^\n]{0,200}" + _CALLS + r""
    r"|\b(?:ba|da|k|z)?sh\b(?:\s{1,5}-\w{1,8}){0,3}\s{0,5}0?<\s?" + _CALLS + r""
    r"|\b(?:nc|ncat|netcat)(?:\.\w{1,15})?\s[^\n|;]{0,200}\s?-\w{0,5}[ec]\s{0,3}\S{0,20}sh\b"
    r"|\b(?:nc|ncat|netcat)\b[^\n|;]{0,200}\s--?(?:sh-exec|exec|lua-exec)\b"
    r"|\bsocat\b[^\n]{0,300}\b(?i:exec|system|shell):"
    r"|\bmkfifo\b[^\n]{0,300}\b(?:nc|ncat|netcat|telnet|openssl)\b"
    r"|\b(?:nc|ncat|netcat|telnet)\b[^\n|;]{0,200}\|\s{0,3}(?:\S{1,40}/)?(?:ba|da|k"
    r"|z)?sh\b[^\n]{0,80}\|\s{0,3}(?:nc|ncat|netcat|telnet)\b"
    r"|/inet/(?:tcp|udp)/[^\n]{0,400}\|&?\s{0,3}getline[^\n]{0,400}\|\s{0,3}getline"
    r"|\bsocket\b[^\n]{0,300}\b(?:connect|bind|accept|create_connection)\b[^\n]{0,300}"
    r"\b(?:dup2|subprocess|pty\.spawn|STDIN)\b"
    r"|\bTCPSocket\b[^\n]{0,400}(?:\bexec\b|\bpopen\b|`)"
    r"|\bnet\.(?:connect|createConnection|Socket)\b[^\n]{0,400}\b(?:spawn|exec)\b"
    r"|\bspawn\b[^\n]{0,100}sh\b[^\n]{0,300}\bnet\.(?:connect|Socket|createConnection)\b"
    r"|\bfsockopen\b[^\n]{0,300}\b(?:exec|proc_open|system|sh)\b",
    "runs_decoded": r"\b(?:base64|base32|basenc|uudecode|xxd|openssl\s{1,3}(?:enc|base64|aes\S{0,20}))\b"
    + _PIPE_TO_SHELL
    + r"|\b(?:ba|da|k|z)?sh\s{1,9}(?:-\w{1,9}\s{1,9}){0,3}[\"']?(?:<\(|\$\(|`)[^\n]{0,600}\b(?:base64|base32|xxd)\b"
    r"|(?:\beval|\bsource|(?<!\S)\.)\s{1,9}[\"']?(?:<\(|\$\(|`)[^\n]{0,600}\b(?:base64|base32|xxd)\b"
    r"|\b(?:exec|eval)\s{0,3}\(\s{0,3}[^\n]{0,200}(?:b64decode|base64_decode|decode_base64|codecs\.decode|fromhex"
    r"|marshal\.loads|decompress|unhexlify|gzinflate|decode64)\b"
    r"|\b(?:python[\d.]{0,4}|perl|php[\d.]{0,4}|ruby)\s[^\n]{0,200}(?:b64decode|base64_decode"
    r"|decode_base64|decode64)[^\n]{0,600}\b(?:exec|eval|system)\b"
    r"|\b(?:perl|ruby|php[\d.]{0,4})\s[^\n]{0,200}\b(?:exec|eval|system)\b[^\n]{0,200}(?:base64_decode|decode_base64"
    r"|decode64|pack\s{0,3}\(?[\"']H)",
    "hides_process": r"\bmount\b[^\n]{0,100}\s[\"']?/proc/(?:\d{1,9}|\$\{?[\w$]{1,20}\}?)/?[\"']?\s{0,5}(?:$|[;&|)])",
}
_STRONG: Mapping[str, str] = {
    "runs_fetched": r"\b"
    + _NET
    + r"\b"
    + _PIPE_TO_SHELL
    + r"|(?:\b(?:ba|da|k|z)?sh\s{1,9}(?:-\w{1,9}\s{1,9}){0,3}|\beval\s{1,9}|\bsource\s{1,9}|(?<!\S)\.\s{1,9}"
    r"|\b(?:python[\d.]{0,4}|perl|php[\d.]{0,4}|ruby)\s{1,9}-\w\s{1,9})[\"']?(?:<\(|\$\(|`)[^\n)`]{0,200}\b"
    + _NET
    + r"\b"
    r"|(?<![\w.])(?:exec|eval)\s{0,3}\(?[^\n]{0,200}(?:urlopen|requests\.get|https?\.get|URI\.open|Net::HTTP"
    r"|LWP::|HTTP::Tiny"
    r"|file_get_contents\s{0,3}\(\s{0,3}[\"']https?:)"
    r"|\b(?:exec|eval)\b[^\n]{0,60}\bget\s{0,3}\(\s{0,3}[\"']https?:",
    "runs_changed_text": r"\b(?:rev|tr|openssl|printf)\b[^\n|;]{0,200}\|\s{0,9}"
    r"(?:sudo\s{1,9})?(?:\S{1,60}/)?(?:ba|da|k|z)?sh\b\s{0,3}(?:-s?\s{0,3})?(?:$|[;&|)\"'`>]|2>)"
    r"|\b(?:ba|da|k|z)?sh\s{1,9}-c\s{1,9}[\"']?\$?[\"']?(?:\\x[0-9a-f]{2}|\\[0-7]{3}){4}",
    "adds_key": r"(?:>|\btee\b|\bsed\b)[^\n]{0,200}authorized_keys|\bfile_put_contents\b[^\n]{0,200}authorized_keys"
    r"|\b(?:cp|mv|install|ln)\b[^\n;|&]{0,200}\s\S{0,100}authorized_keys2?[\"']?\s{0,5}(?:$|[;&|)])"
    r"|authorized_keys2?[\"']?\s{0,3}\)?,\s{0,3}[\"'][aw]",
    "sets_setuid": r"\bchmod\s{1,5}(?:-\w{1,5}\s{1,5})?(?:[ua]{0,2}\+[rwxXt]{0,5}s|0?[4-7][0-7]{3}|u=[rwx]{0,3}s)"
    r"|\bos\.chmod\s{0,3}\([^\n]{0,100}0o?[4-7][0-7]{3}\b|\binstall\b[^\n]{0,60}\s-m\s{0,3}0?[4-7][0-7]{3}\b"
    r"|\bsetcap\b[^\n]{0,60}cap_(?:setuid|setgid|dac|sys)",
    "adds_account": r"\b(?:useradd|adduser|usermod|gpasswd)\b[^\n]{0,200}(?:\s-\w{0,6}o\w{0,6}\s|--non-unique"
    r"|\s-u\s{0,3}0\b"
    r"|\s(?:-aG|-G|-a|--groups)\s{0,3}\S{0,60}(?:sudo|docker|shadow|disk|lxd))"
    r"|>>?\s{0,5}[\"']?/etc/(?:passwd|shadow|sudoers|group)\b|\btee\s[^\n]{0,60}/etc/(?:passwd|shadow|sudoers|group)\b"
    r"|[\"']/etc/(?:passwd|shadow|sudoers)[\w./-]{0,60}[\"']\s{0,3},\s{0,3}[\"'][aw]",
    "preloads": r"\bLD_(?:PRELOAD|AUDIT)\s{0,3}=\s{0,3}[\"']?/|(?:>|\btee\b)[^\n]{0,60}/etc/ld\.so\.preload",
    "hides_itself": r"\bexec\s{1,5}-a\s{1,5}[\"']?\[|\$0\s{0,3}=\s{0,3}[\"']\[",
    "mines": r"\bstratum\+(?:tcp|ssl|tls)://|--donate-level\b",
    "shadows_command": r"^\s{0,20}(?:alias\s{1,5}(?:sudo|su|passwd)=(?![\"']?(?:/usr/bin/|/bin/)?(?:sudo|su|passwd)\b)"
    r"|(?:function\s{1,5})?(?:sudo|su|passwd)\s{0,3}\(\))",
}
_WEAK: Mapping[str, str] = {
    "shadows_command": r"^\s{0,20}(?:function\s{1,5})?(?:ssh|scp|mysql|ps|ls|ss|netstat|top|crontab"
    r"|systemctl)\s{0,3}\(\)",
    "opens_connection": _CALLS,
    "runs_piped": r"\|\s{0,9}(?:sudo\s{1,9})?(?:\S{1,60}/)?(?:ba|da|k|z)?sh\b\s{0,3}(?:-s?\s{0,3})?(?:$|[;&)\"'`>]|2>)",
    "runs_fetched": r"\b(?:curl|wget)\b(?:[^\n;&]|&(?!&)){0,400}(?:&&|;)[^\n]{0,400}\bchmod\b[^\n]{0,200}(?:&&|;)",
    "writes_start": r"(?:>|\btee\b|\bcp\b|\binstall\b|\bln\b|\bmv\b)[^\n"
    r"|;]{0,200}\s?[\"']?/(?:etc/(?:cron[\w.]{0,10}/|crontab"
    r"|systemd/system/|profile|rc\.local|init\.d/|udev/rules\.d/|ld\.so|pam\.d/|sudoers\.d/|bash\.bashrc)"
    r"|var/spool/cron"
    r"|(?:root|home/\w{1,30})/\.(?:bashrc|profile|bash_))|\|\s{0,5}crontab\b"
    r"|\bcrontab\s{1,5}(?:-u\s{1,3}\S{1,30}\s{1,5})?-(?:\s|$)",
    "makes_account": r"(?:^|[;&|(]|\bsudo)\s{0,9}(?:/usr/sbin/)?(?:useradd|adduser|chpasswd)\b|\bpasswd\s{1,5}--stdin\b"
    r"|\bpasswd\s{1,5}-d\s",
    "writes_web_code": r"(?:>|\btee\b|\bcp\b|\bmv\b|\binstall\b|\s-o|\s-O)[^\n;|]{0,200}/(?:var/www|srv/www"
    r"|usr/share/nginx/html"
    r"|home/[\w-]{1,30}/public_html)/[^\s\"';|&]{0,300}\.(?:php\d?|phtml|phar|inc|htaccess|user\.ini)\b",
    "backdates": r"\btouch\b[^\n;|&]{0,60}\s(?:-\w{0,3}[rdt]\s|--reference|--date)|\bos\.utime\s{0,3}\(",
    "locks_file": r"\bchattr\s{1,5}(?:-\w{1,5}\s{1,5})?\+\w{0,3}[ia]",
    "hides_history": r"\bHISTFILE\s{0,3}=\s{0,3}[\"']?(?:/dev/null)?[\"']?(?:$|[\s;&])"
    r"|\bunset\s[^\n;]{0,60}\bHISTFILE\b"
    r"|\bHIST(?:FILE)?SIZE\s{0,3}=\s{0,3}[\"']?0\b|\bset\s{1,3}\+o\s{1,3}history\b|\bhistory\s{1,3}-c\b"
    r"|\b(?:rm|ln|shred)\s[^\n;]{0,80}\.(?:bash|zsh)_history\b",
    "weakens_defense": r"\bsystemctl\b[^\n;|&]{0,60}\b(?:stop|disable|mask)\b[^\n;|&]{0,80}\b(?:rsyslog|auditd"
    r"|fail2ban|ufw"
    r"|nftables|apparmor|systemd-journald|clamav\S{0,10})|\bsetenforce\s{1,3}0\b"
    r"|\bufw\s{1,3}(?:--force\s)?disable\b|\bauditctl\s{1,3}-[eD]\b"
    r"|\b(?:rm|truncate|shred)\b[^\n;|&]{0,80}\s/var/log/(?:auth|syslog|wtmp|btmp|lastlog|journal|audit|secure)"
    r"|(?:^|[;&]\s{0,5})\s{0,9}(?:cat\s{1,3}/dev/null|:|true"
    r"|echo\s{0,3}(?:-n)?)?\s{0,5}>\s{0,3}/var/log/(?:auth|syslog|wtmp|btmp|lastlog|secure)"
    r"|\bsed\s{1,3}-i\b[^\n;|]{0,200}\s/var/log/",
    "opens_tunnel": r"\b(?:auto)?ssh\s[^\n;|]{0,200}\s-\w{0,6}[RDw]\s{0,3}[\w.:*\[]|\bchisel\s{1,3}client\b"
    r"|\bfrpc\b|\bngrok\b"
    r"|\bcloudflared\b[^\n]{0,60}\btunnel\b|\bsocat\b[^\n]{0,200}(?i:listen)|\b(?:nc|ncat|netcat)\b[^\n;"
    r"|]{0,60}\s-\w{0,5}l"
    r"|\bRemoteForward\s|\biptables\b[^\n]{0,200}\bREDIRECT\b|\bgs-netcat\b|\btorify\b|\bproxychains",
    "loads_module": r"\b(?:insmod|modprobe)\s{1,5}[\"']?(?:-\S{1,5}\s{1,3})?/",
    "reads_secrets": r"\b(?:cat|cp|tar|scp|dd|base64|head|strings|unshadow)\b[^\n;"
    r"|]{0,100}\s[\"']?/etc/(?:shadow|gshadow|ssh/ssh_host_)"
    r"|[\"']/etc/shadow[\"']",
    "takes_passwords": r"\bread\s{1,5}-\w{0,4}s\w{0,3}\b|\bstty\s{1,3}-echo\b|\bPAM_AUTHTOK\b",
}
_SQL: Mapping[str, str] = {
    "writes_from_sql": r"(?i)\binto\s{1,9}(?:out|dump)file\b|\bsys_(?:exec|eval)\s{0,3}\(",
    "grants_from_sql": r"(?i)\b(?:insert\s{1,9}(?:ignore\s{1,9})?into|update"
    r"|replace\s{1,9}into)\s{1,9}\S{0,80}(?:_users|_usermeta|_authors|user_usergroup_map)\b"
    r"|\b(?:grant\s{1,9}all|create\s{1,9}user|alter\s{1,9}user)\b",
}


def _compile_patterns(
    level: Certainty, patterns: Mapping[str, str]
) -> tuple[tuple[str, Certainty, re.Pattern[str]], ...]:
    return tuple((name, level, re.compile(pattern)) for name, pattern in patterns.items())


_OF_SHELL = (
    *_compile_patterns("exact", _EXACT),
    *_compile_patterns("strong", _STRONG),
    *_compile_patterns("weak", _WEAK),
)
_OF_SQL = _compile_patterns("strong", _SQL)
_TEMPORARY = re.compile(r"/(?:tmp|var/tmp|dev/shm|dev/mqueue|run/lock|run/user|run/shm)(?:/|$)")
_HIDDEN_PATH = re.compile(
    r"/(?:usr|var|etc|lib|bin|sbin|opt|dev|boot|media|mnt|srv)/(?:[^\n]{0,400}/)?\.[^/\n]{1,200}(?:/|$)|/\.\.\.|/\. |/ "
)
_KNOWN_HIDDEN = re.compile(
    r"/\.(?:well-known|git|composer|npm|cache|local|config|venv|pyenv|nvm|rbenv|cargo|acme\.sh|ssh|placeholder"
    r"|updated)(?:/|$)"
)
_UPLOAD_PATH = re.compile(r"(?i)/(?:wp-content/uploads|uploads?|cache)/")


@dataclass(frozen=True)
class CommandSign:
    """One thing that a text says."""

    rule: str
    certainty: Certainty
    """``exact``: nothing but an intruder writes that; ``strong``: hardly anybody else does; ``weak``: others do."""
    sample: str


def find_signs_in_command_text(text: str, *, is_sql: bool = False) -> Iterator[CommandSign]:
    """Yield the signs in a command or in the lines of a script, or in code of a database.

    Each rule once, the surest first; weak ones alone only: beside a surer one they say nothing more.
    """
    lines = [line[:MAX_LINE] for line in text.split("\n")]
    is_told = False
    for rule, certainty, pattern in _OF_SQL if is_sql else _OF_SHELL:
        for line in lines if certainty != "weak" or not is_told else ():
            match = pattern.search(line)
            if match is not None:
                is_told |= certainty != "weak"
                yield CommandSign(rule, certainty, _extract_redacted_sample_at_match(line, pattern))
                break


def _extract_redacted_sample_at_match(line: str, pattern: re.Pattern[str]) -> str:
    """Return what a line says about a sign.

    Secrets are taken out while it is whole, since half a one is no longer told for what it is.
    """
    safe_line = redact_secrets_in_text(line)
    match = pattern.search(safe_line)
    begin = max(0, match.start() - 20) if match is not None else 0
    return safe_line[begin : begin + SAMPLE]


def classify_odd_path(path: str) -> str | None:
    """Return why a path is no place for a program, or None: ``temporary``, ``hidden``, ``filled`` by visitors."""
    if _TEMPORARY.match(path):
        return "temporary"
    if _HIDDEN_PATH.search(_KNOWN_HIDDEN.sub("/", path)):
        return "hidden"
    return "filled" if _UPLOAD_PATH.search(path) else None
