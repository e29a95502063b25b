"""Why a host could not be read or changed, in a sentence a person can act on."""

from __future__ import annotations

import re
from collections.abc import Sequence

from auditor.fleet.in_ansible import bounds
from auditor.models import Text
from auditor.text.redact import redact_secrets_in_text
from auditor.text.sanitize import escape_text_to_one_line

_ENDS = 2_000
"""Characters at each end of a message that are read: reasons stand first or last, and a host may say a lot between."""

_AT = r"(?:: b?'[^']{1,300}' -> b?'(?P<target>/[^']{1,200})'|: b?'(?P<path>/[^']{1,200})')?"
"""The file that Python names after a reason of the system's."""

LOGIN_REFUSED = Text(
    vi="máy chủ từ chối khóa SSH hoặc mật khẩu: kiểm tra tài khoản và khóa của tài khoản đó",
    en="the host refused our SSH key or password: check the account and its key",
)
KEY_CHANGED = Text(
    vi="khóa của máy chủ khác với khóa đã ghi nhận: không kết nối; hãy xác minh rồi chạy lại 'auditor enroll'",
    en="the host key differs from the recorded one: not connected; verify it, then run 'auditor enroll' again",
)
_PATTERNS: tuple[tuple[str, Text], ...] = (
    (
        rf"{bounds.TOO_MUCH}\s*\Z",
        Text(
            vi="máy chủ trả về dữ liệu vượt giới hạn nên kết nối bị ngắt: máy chủ có thể đã bị chiếm quyền",
            en="the host said more than a host may say and was cut off: somebody may have taken it over",
        ),
    ),
    (
        rf"{bounds.TOO_LONG}\s*\Z",
        Text(
            vi="máy chủ trả lời quá lâu nên kết nối bị ngắt",
            en="the host kept us waiting longer than a host may, and was cut off",
        ),
    ),
    (
        r"REMOTE HOST IDENTIFICATION HAS CHANGED|Host key for \S{1,300} (has changed|was revoked)|REVOKED HOST KEY",
        KEY_CHANGED,
    ),
    (
        r"No \S{1,40} host key is known|Host key verification failed",
        Text(
            vi="chưa ghi nhận khóa của máy chủ: đối chiếu vân tay tại chính máy chủ, rồi ghi nhận bằng 'auditor "
            "enroll', "
            "hoặc thêm những dòng mà 'ssh-keyscan ĐỊA_CHỈ' in ra vào tệp known_hosts đang dùng",
            en="no key of the host is recorded yet: compare its fingerprint at the server's console, then record it "
            "with "
            "'auditor enroll', or add what 'ssh-keyscan ADDRESS' prints to the known_hosts file in use",
        ),
    ),
    (
        r"Permission denied \(|Too many authentication failures|no such identity",
        LOGIN_REFUSED,
    ),
    (
        r"waiting for (?:privilege escalation|become success)",
        Text(
            vi="sudo trên máy chủ trả lời quá chậm, thường do DNS không hoạt động: sửa DNS, hoặc ghi tên máy chủ vào "
            "/etc/hosts",
            en="sudo takes too long on the host, usually because its DNS does not work: fix that, or add the host's "
            "name to /etc/hosts",
        ),
    ),
    (
        r"kex_exchange_identification|Not allowed at this time|banner exchange[^\n]{0,200}(?:reset|closed)",
        Text(
            vi="sshd ngắt kết nối trước khi đăng nhập: địa chỉ này có thể đang bị chặn tạm thời (PerSourcePenalties, "
            "fail2ban) "
            "hoặc máy chủ đang quá nhiều kết nối; đợi vài phút rồi chạy lại",
            en="sshd closes the connection before any login: it may be blocking this address temporarily "
            "(PerSourcePenalties, "
            "fail2ban), or has "
            "too many connections; wait a few minutes, then run again",
        ),
    ),
    (
        r"ModuleNotFoundError: No module named '[a-z_.]{1,40}'",
        Text(
            vi="Python 3 trên máy chủ không đầy đủ (chỉ có python3-minimal?): chạy 'apt-get install python3' trên "
            "máy chủ",
            en="the host's Python 3 is not complete (only python3-minimal?): run 'apt-get install python3' on it",
        ),
    ),
    (
        r"Missing sudo password|sudo: a password is required",
        Text(
            vi="tài khoản phải nhập mật khẩu mới dùng được sudo: 'auditor enroll' lập tài khoản không phải nhập",
            en="the account may not use sudo without a password: 'auditor enroll' makes one that may",
        ),
    ),
    (
        r"Incorrect sudo password|sudo: \d+ incorrect password",
        Text(
            vi="sudo từ chối mật khẩu: kiểm tra mật khẩu của tài khoản",
            en="sudo refused the password: check the account's password",
        ),
    ),
    (
        r"is not in the sudoers|may not run sudo|sudo: (command )?not found",
        Text(
            vi="tài khoản không được dùng sudo trên máy chủ: cấp quyền sudo cho tài khoản đó",
            en="the account may not use sudo on the host: let it",
        ),
    ),
    (
        r"/var/lib/luytre/guard/[0-9A-Za-z-]{1,64}/python",
        Text(
            vi="đã quá hạn xác nhận hoặc máy chủ đã tự khôi phục khi chưa làm xong, nên không thay đổi gì thêm",
            en="the time to confirm was over, or the host had gone back by itself, before all was done: nothing more "
            "was changed",
        ),
    ),
    (
        r"Could not get lock|Failed to lock apt|lock (?:is|was) locked by another process|software is being "
        r"installed or removed on this host",
        Text(
            vi="máy chủ đang cài hoặc gỡ phần mềm (chẳng hạn tự động cập nhật): đợi việc đó xong rồi chạy lại",
            en="the host is installing or removing software, perhaps by automatic updates: run again when that has "
            "ended",
        ),
    ),
    (
        r"another run is in progress|was neither confirmed nor reverted on this host",
        Text(
            vi="một lần gia cố khác trên máy chủ này đang dở dang: đợi đến khi lần đó xong hoặc máy chủ tự khôi phục",
            en="another hardening is in progress on this host: wait until it has ended or the host has gone back",
        ),
    ),
    (
        r"python3?: (command )?not found|python3?: No such file|interpreter \S{1,300} (not found|was not found)|/usr/"
        r"bin/python3[^\n]{0,100}No such file",
        Text(
            vi="máy chủ không có Python 3: chạy 'apt-get install python3' trên máy chủ",
            en="the host has no Python 3: run 'apt-get install python3' on it",
        ),
    ),
    (
        r"(?:No space left on device|Disk quota exceeded): b?'(?P<path>/[^'\n]{0,200}/luytre-[^'\n]{1,100})'",
        Text(
            vi="đĩa chứa tệp tạm của máy này (không phải của máy chủ) đã đầy: giải phóng dung lượng",
            en="the disk for temporary files of this machine, not the host's, is full: make room",
        ),
    ),
    (
        rf"(?:No space left on device|Disk quota exceeded){_AT}",
        Text(vi="đĩa của máy chủ đã đầy: giải phóng dung lượng", en="the host's disk is full: free some space"),
    ),
    (
        rf"Read-only file system{_AT}",
        Text(
            vi="hệ thống tệp trên máy chủ chỉ cho đọc: xem nguyên nhân ('dmesg', 'findmnt'), rồi gắn lại để ghi được",
            en="a file system of the host is read-only: see why ('dmesg', 'findmnt'), then mount it writable again",
        ),
    ),
    (
        rf"Operation not permitted{_AT}",
        Text(
            vi="máy chủ không cho phép thay đổi, kể cả root: nếu 'lsattr' cho thấy tệp bị khóa (i, a) thì mở bằng "
            "'chattr -ia'",
            en="the host forbids the change, even to root: where 'lsattr' shows the file locked (i, a), unlock it by "
            "'chattr -ia'",
        ),
    ),
    (
        r"Connection refused",
        Text(
            vi="cổng SSH từ chối kết nối: dịch vụ ssh có đang chạy không?", en="the SSH port refuses: is sshd running?"
        ),
    ),
    (
        r"Data could not be sent to remote host|timed out|(?<!Lock::)Timeout|No route to host|Network is unreachable"
        r"|Connection closed|Connection reset|UNREACHABLE|Data could not be sent to remote host",
        Text(vi="không kết nối được tới máy chủ (hết thời gian chờ)", en="the host could not be reached (timed out)"),
    ),
    (
        r"Could not resolve hostname|Name or service not known",
        Text(
            vi="không phân giải được tên máy chủ: kiểm tra ansible_host",
            en="the host's name does not resolve: check ansible_host",
        ),
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
    return Text(vi=f"máy chủ báo lỗi: {quote}", en=f"the host reported an error: {quote}")


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
_EVERYBODY = {"vi": "mọi tài khoản", "en": "everybody"}
_WHO = {"user": Text(vi="tài khoản", en="user"), "group": Text(vi="nhóm", en="group")}


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
        _name_account_in_each_language(match["kind"], match["name"]),
    )
    return Text(vi=f"{who['vi']} sửa được {file}", en=f"{who['en']} can change {file}")


def _name_account_in_each_language(kind: str | None, name: str) -> dict[str, str]:
    return {
        lang: f"{getattr(_WHO[kind], lang)} {name}" if kind else everybody for lang, everybody in _EVERYBODY.items()
    }


def explain_missing_fact_area(message: str) -> Text:
    """Return why a host does not report a part of its facts, as the collector says it.

    What the collector says otherwise is quoted.
    """
    costly = _COSTLY.fullmatch(message[:1000])
    if costly is not None:
        return Text(
            vi=f"xử lý các biểu thức chính quy trong {costly.group(1)} mất quá nhiều thời gian", en=message[:1000]
        )
    elsewhere = _ELSEWHERE.fullmatch(message[:1000])
    if elsewhere is not None:
        return Text(
            vi=f"đang chạy {elsewhere.group(1)}, không phải vị trí do gói phần mềm cài đặt, nên chưa biết "
            f"cấu hình ở đâu",
            en=f"{elsewhere.group(1)} runs, which is not where a package puts it, so how it is set up is not known",
        )
    other = _OTHER_WEB.fullmatch(message[:1000])
    if other is not None:
        daemon_text = re.sub(r" answers on port ", " trả lời ở cổng ", other.group(1))
        return Text(vi=f"{daemon_text}, nhưng chưa đọc được chương trình này phục vụ những gì", en=message[:1000])
    not_understood = _NOT_UNDERSTOOD.fullmatch(message[:1000])
    if not_understood is not None:
        return Text(vi=f"không hiểu được cấu hình của nginx: {not_understood.group(1)}", en=message[:1000])
    not_run = _NOT_RUN.fullmatch(message[:1000])
    if not_run is None:
        return Text.make_same_in_both_languages(message)
    program, file, kind, name = not_run.group("program", "file", "kind", "name")
    who = _name_account_in_each_language(kind, name)
    return Text(
        vi=f"không chạy {program} bằng quyền root, vì {who['vi']} sửa được {file}",
        en=f"{program} was not run as root, for {file} can be changed by {who['en']}",
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
    return Text(vi=f"{why.vi} (sau khi áp dụng {names})", en=f"{why.en} (after applying {names})") if names else why


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
