"""Where secrets stand in the text of settings, scripts, commands and pages.

Pure, in time that grows with the text alone.

Each finder knows one way of writing a secret, within a line or over several; what any of them finds is a secret. What
only sounds like one stays: ``PasswordAuthentication no``, ``password_lifetime = 90``, ``NOPASSWD: ALL``, ``proxy_pass
http://…``. Every pattern is bounded or possessive, so that no text, whoever wrote it, costs more than its length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import zip_longest

from auditor.text.secret_blocks import SecretBlocks, Span
from auditor.text.secret_names import (
    NAME,
    SOUNDS,
    SPACED_NAME,
    SecretKind,
    classify_name,
    has_none_of_words_in_text,
    is_word_like_generated_secret,
)


def find_secret_spans_in_text(text: str) -> list[Span]:
    """Return the secrets of a text, in order, apart from each other, none over the end of a line."""
    secrets: list[Span] = []
    at, blocks, command = 0, SecretBlocks(), ""
    for line in text.split("\n"):
        part = blocks.match_secret_continued_from_above(line)
        if part is None:
            blocks.read(line)
            own = [span for find in _FINDERS for span in find(line)] if line else []
            own += (
                (start - len(command), end - len(command))
                for start, end in _find_secrets_in_command_options(command + line)
            )
            program = _PROGRAM.search(line) if line.rstrip().endswith("\\") else None
            command = f"{program[0]} " if program else command if line.rstrip().endswith("\\") else ""
            secrets += ((at + start, at + end) for start, end in _merge_overlapping_spans(own))
        elif part[1] > part[0]:
            secrets.append((at + part[0], at + part[1]))
        at += len(line) + 1
    return secrets


def _merge_overlapping_spans(raw_spans: list[Span]) -> Iterator[Span]:
    end = 0
    for start, stop in sorted(raw_spans):
        if stop > max(start, end):
            yield max(start, end), stop
            end = stop


# --- a name and its value ---------------------------------------------------------------------------------

_NAME = re.compile(NAME)
_ROOTS = r"(?:etc|var|srv|opt|home|usr|root|run|tmp|mnt|data|dev|proc|lib)"
_ORDINARY = re.compile(
    rf"(?i)(['\"]?)(?:-?\d{{1,9}}[a-z%]{{0,2}}|on|off|yes|no|true|false|none|null|nil|default|low|medium|strong"
    rf"|required?|optional|primary|additional"
    rf"|(?:file:(?://)?|exec:|\.{{1,2}}|~|\$\{{?\w{{1,40}}\}}?)?/{_ROOTS}\b[\w./@+-]*+|(?:\.{{1,2}}|~)?/[\w./-]*+|)\1"
    r"[ \t;,)\]}]*+(?:#.*)?\Z"
)
_REFERENCE = re.compile(r"['\"]?(?:[$%][\w{$(]|\{\{|<%|getenv|env\(['\"]\w{1,60}['\"]\)|process\.env|os\.environ)")
_ACCOUNTS = re.compile(r"ALL\b|(?:(?:files|systemd|compat|sss|ldap|nis|db|winbind|\[[^]]*+\])[ \t\r]*+)++\Z")
"""What follows ``passwd:`` in nsswitch.conf and sudoers."""
_ASSIGNMENT = re.compile(
    r"['\"`]?[\]}]?[ \t]*+(?:=>|:=|\?=|[!=:]=*+>?|>)[ \t]*+|['\"`][ \t]*+,[ \t]*+|[\"']?[ \t]++value[ \t]*+=[ \t]*+"
)
_APART = re.compile(r"['\"`]?(?:[ \t]++\(?|\()[ \t]*+")
_QUOTED_TEXT = re.compile(r"""'((?:[^'\\]|\\.|'')*+)|"((?:[^"\\]|\\.|"")*+)|`([^`]*+)""")
_ENV_CALL = re.compile(r"(?:env|getenv|config)\([^()]{1,80},[ \t]*+")
_LAST_WORD = re.compile(r"(?!\\\s*\Z)([^\s;]++);?[ \t\r]*+(?:\\?\r?|#.*)\Z")
_LOOKED_AT = re.compile(r"""'([^'\n]{1,300})'|"([^"\n]{1,300})"|([^\s'",;(){}]{1,301})""")
_OPTION_VALUE = re.compile(r"""'([^']++)'|"((?:[^"\\]|\\.)++)"|(?!-)([^\s'"]++)""")
"""What stands after an option of two dashes."""
_PAM = re.compile(r"[+ -]?password[ \t]++(?:\[|required|requisite|sufficient|optional|include|substack)")
_PROGRAMS = frozenset({"sshpass", "wpa_passphrase"})
_NOT_APART = frozenset("/<.@")


def _find_values_of_secret_names(line: str) -> Iterator[Span]:
    if has_none_of_words_in_text(line, (*SOUNDS, "identified")):
        return
    at, words = 0, set[str]()
    if _PAM.match(line):
        at = 10
    if spaced_match := SPACED_NAME.search(line):
        yield from _find_value_of_secret_name(
            line, spaced_match.start(), spaced_match.end(), SecretKind.SECRET, "mat_khau"
        )
    while (name := _NAME.search(line, at)) is not None:
        at = name.end()
        word = name[0].lower()
        if word in ("by", "as", "using", "via", "with") and "identified" in words:
            apart = _APART.match(line, at)
            value_spans = [span for span in [apart and _match_quoted_text_at(line, apart.end())] if span]
        else:
            name_kind = classify_name(name[0]) if len(name[0]) <= 100 else None
            value = (
                _find_likely_secret_value_of_everyday_word
                if name_kind is SecretKind.LIKELY
                else _find_value_of_secret_name
            )
            value_spans = list(value(line, name.start(), at, name_kind, word)) if name_kind else []
        for start, end in value_spans:
            yield start, end
            at = max(at, end)
        words.add(word)


def _find_value_of_secret_name(
    line: str, name_begin: int, name_end: int, name_kind: SecretKind, name: str
) -> Iterator[Span]:
    if assignment := _ASSIGNMENT.match(line, name_end):
        begin = assignment.end()
        if (name_kind is not SecretKind.SECRET and _is_ordinary_value_at(line, begin)) or (
            name == "passwd" and _ACCOUNTS.match(line, begin)
        ):
            return
        if env_call := _ENV_CALL.match(line, begin):
            begin = env_call.end()
        yield _match_quoted_text_at(line, begin) or (begin, max(begin, len(line.rstrip())))
    elif (
        name_kind is not SecretKind.ABOUT
        and name not in _PROGRAMS
        and (apart := _match_space_before_value(line, name_begin, name_end))
    ):
        begin = apart.end()
        is_option = name.startswith("--") or (name[0] == "-" and line[max(0, name_begin - 1)] in " \t")
        if is_option and (option_value := _OPTION_VALUE.match(line, begin)):
            yield option_value.span(option_value.lastindex or 0)
            return
        if name_kind is SecretKind.KEY and _is_ordinary_value_at(line, begin):
            return
        if span := _match_quoted_text_at(line, begin) or _get_span_of_last_matched_group(_LAST_WORD.match(line, begin)):
            yield span


def _match_space_before_value(line: str, name_begin: int, name_end: int) -> re.Match[str] | None:
    """Return what stands between a name and a value that follows without a sign of assignment."""
    return None if line[max(0, name_begin - 1)] in _NOT_APART else _APART.match(line, name_end)


def _is_ordinary_value_at(line: str, begin: int) -> bool:
    """Return whether what stands there is an everyday value, or only names where the value is kept."""
    return bool(_ORDINARY.match(line, begin) or _REFERENCE.match(line, begin))


def _find_likely_secret_value_of_everyday_word(
    line: str, name_begin: int, name_end: int, _name_kind: SecretKind, word: str
) -> Iterator[Span]:
    """Yield what an everyday word is given, if it looks like a secret; some only where a value is assigned."""
    assignment = _ASSIGNMENT.match(line, name_end) or (
        None if word in ("key", "authtok") else _APART.match(line, name_end)
    )
    if assignment is None or line[max(0, name_begin - 1)] in _NOT_APART:
        return
    span = _get_span_of_last_matched_group(_LOOKED_AT.match(line, assignment.end()))
    if span is not None and is_word_like_generated_secret(line[slice(*span)]):
        yield span


def _match_quoted_text_at(line: str, position: int) -> Span | None:
    return _get_span_of_last_matched_group(_QUOTED_TEXT.match(line, position))


def _get_span_of_last_matched_group(match: re.Match[str] | None) -> Span | None:
    return None if match is None else match.span(match.lastindex or 0)


# --- a secret by what is around it or by its form -----------------------------------------------------------

_WORD = r"""(?:'([^'\n]++)'|"((?:[^"\\\n]|\\.)++)"|([^\s'";|&<>()][^\s'";|&]*+))"""
_COMMANDS = (
    (r"(?:mysql|mariadb|mysqli)\w{0,12}(?:-\w{1,12}){0,2}|7z[ar]?|rar|unrar", r"-p"),
    (r"mongo\w{0,10}|sshpass|(?:docker|podman|buildah|az)[ \t]++login|useradd|usermod", r"-p[ \t]*+"),
    (r"redis-cli|ssh-keygen", r"(?:-a|-N|-P)[ \t]++"),
    (r"curl|wget|http", r"(?:-[a-zA-Z]{0,4}[uU]|--(?:proxy-)?user[ =])[ \t]*+['\"]?[^\s:'\"]{1,100}:"),
    (r"ldap\w{3,9}", r"-w[ \t]*+"),
    (r"smb\w{3,9}|rpcclient|net|mount\.cifs", r"-[A-Z]{0,2}U[ \t]*+['\"]?[^\s%'\"]{1,100}%"),
    (r"wpa_passphrase", r"\S{1,64}[ \t]++"),
    (r"openssl", r"(?:-k|-K|-P)[ \t]++|pass:|passwd[ \t]++(?:-(?:[156]|apr1|aixmd5|noverify|quiet)[ \t]++){0,4}(?!-)"),
    (r"rclone", r"obscure[ \t]++(?!-)"),
    (r"(?:un)?zip|mosquitto_\w{3}|sqlcmd|ipmitool", r"-P[ \t]*+"),
    (r"lftp|ncftp\w{0,3}", r"-u[ \t]*+[^\s,]{1,100},|-p[ \t]*+"),
    (r"htpasswd", r"-\w{0,5}b\w{0,5}[ \t]++(?:-\w++[ \t]++){0,4}(?:/|\./)?[^\s]{1,200}[ \t]++[^\s]{1,100}[ \t]++"),
    (r"chpasswd|(?<!openssl )passwd|sudo|su|kinit", r"<<<[ \t]*+['\"]?(?:[^\s:'\"]{1,64}:)?"),
    (r"snmp\w{2,9}", r"-[cAX][ \t]*+"),
)
_PROGRAM = re.compile("|".join(rf"(?P<c{n}>\b(?:{program})(?=[ \t]))" for n, (program, _) in enumerate(_COMMANDS)))
_OPTION = [re.compile(rf"(?:(?<=\s)|(?<=pass:)|\A)(?:{option}){_WORD}") for _, option in _COMMANDS]
_BEFORE_PIPE = re.compile(
    r"(?:echo|printf)[ \t]++(?:-\w++[ \t]++|['\"]?%s(?:\\n)?['\"]?[ \t]++)?['\"]?(?:[^\s:|'\"]{1,64}:)?([^\s|'\"][^"
    r"|'\"]{0,200}?)['\"]?[ \t]*+"
    r"\|[ \t]*+(?:sudo[ \t]++)?(?:/?[\w/]{0,40}/)?(?:chpasswd|passwd|sudo[ \t]++-S|su|cryptsetup|gpg|openssl|mysql"
    r"|smbpasswd|kinit)\b"
)

_STRING = r"""(?:'(?:[^'\\\n]|\\.){0,200}+'|"(?:[^"\\\n]|\\.){0,200}+")"""
_ARGUMENTS = rf"""(?:[^,()'"\n]{{0,80}}+(?:{_STRING})?[^,()'"\n]{{0,20}}+)"""
_CALLS = re.compile(
    rf"(?i)\b(?:mysqli?_p?connect|new[ \t]++\\?(?:mysqli|pdo)|ftp_login|ldap_bind|imap_open|ssh2_auth_password"
    rf"|hash_hmac\w{{0,6}}"
    rf"|openssl_(?:en|de)crypt)[ \t]*+\({_ARGUMENTS},{_ARGUMENTS},[ \t]*+(?P<third>{_STRING})"
    rf"|\b(?:mysqli_real_connect)[ \t]*+\({_ARGUMENTS},{_ARGUMENTS},{_ARGUMENTS},[ \t]*+(?P<fourth>{_STRING})"
    rf"|(?:\bjwt::(?:en|de)code|\boci_p?connect|->login|\.login|->bind|(?:->|::|\.|\b)auth(?:[ \t]*+=)?)[ \t]*+\([ "
    rf"\t]*+\[?{_ARGUMENTS},[ \t]*+(?:new[ \t]++\\?Key\()?(?P<second>{_STRING})"
    rf"|(?:->|::|\.|\bnew[ \t]++)(?:auth|key|set_?(?:pass\w{{0,10}}|secret|token"
    rf"|\w{{0,20}}key))[ \t]*+\([ \t]*+(?P<first>{_STRING})"
    rf"|\b(?:password_hash|password_verify|md5|sha1|crypt|hash_equals)[ \t]*+\([ \t]*+(?P<only>{_STRING})"
    rf"|(?:pass\w{{0,8}}|pwd|p|token|secret)['\"]\][ \t]*+\)?[ \t]*+[!=]==?[ \t]*+(?P<compared>{_STRING})"
)
_OF_PROGRAMS = (
    *("rclone", "sudo", "su ", "su\t", "kinit", "az "),
    *(
        "mysql",
        "mariadb",
        "7z",
        "rar ",
        "rar\t",
        "mongo",
        "sshpass",
        "docker",
        "podman",
        "buildah",
        "useradd",
        "usermod",
        "redis-cli",
    ),
    *(
        "ssh-keygen",
        "curl",
        "wget",
        "http ",
        "http\t",
        "ldap",
        "smb",
        "rpcclient",
        "net ",
        "net\t",
        "mount.cifs",
        "wpa_passphrase",
    ),
    *("openssl", "zip ", "zip\t", "mosquitto_", "sqlcmd", "ipmitool", "lftp", "ncftp", "passwd", "snmp"),
)
_AT_CALLS = ("(", "']", '"]')
_OF_CALLS = (
    *(
        "connect",
        "mysqli",
        "pdo",
        "ftp_login",
        "ldap_bind",
        "imap_open",
        "ssh2_auth_password",
        "hash_hmac",
        "crypt",
        "jwt::",
        "login",
        "bind",
    ),
    *("auth", "key", "set", "password_", "md5", "sha1", "hash_equals", "']", '"]'),
)
"""It takes one of each, in lower case, to call something like that, or to compare with a secret."""
_AROUND = [
    (needed, re.compile(pattern))
    for needed, pattern in (
        (("@",), r"\bhttps?://[^\s/:@'\"<>]{0,200}+:(?!\d{1,5}(?:[/?#]|$))([^\s'\"<>]{1,400})@"),
        (("@",), r"\b(?!https?:)[a-z][a-z0-9+.-]{1,20}://[^\s/:@'\"<>]{0,200}+:([^\s'\"<>]{1,400})@"),
        (("@",), r"\bhttps?://([^\s/:@'\"<>]{1,400}+)@"),
        (("hooks.",), r"\bhttps://hooks\.[\w.]{1,60}/(?:services/)?([^\s'\"<>]{1,200})"),
        (("thin:",), r"\bthin:[^\s/:@]{1,60}/([^\s@'\"]{1,200})@"),
        (
            ("token", "auth", "key", "sig", "code", "pass", "pwd", "secret"),
            r"[?&;](?i:token|auth|key|sig|signature|code|\w{0,30}(?:_|api|access)key|\w{0,30}(?:pass\w{0,8}|pwd"
            r"|token|secret))=([^\s&;#'\"<>]{1,400})",
        ),
        (
            ("bearer", "basic", "digest", "negotiate", "apikey", "authorization"),
            r"(?i)\b(?:bearer|basic|digest|negotiate|apikey|authorization:[ \t]*+\w{1,20})[ \t]++([\w+/"
            r"=.~-]{6,4000}+)(?=['\"\s,;)]|$)",
        ),
        (("cookie",), r"(?i)\b(?:set-)?cookie[ \t:'\"]{1,6}+\w[\w.-]{0,60}=([^\s;'\",]{1,4000})"),
        (
            ("x-",),
            r"(?i)\bx-[a-z-]{0,30}(?:key|token|secret|auth)['\"]?(?:[ \t]*+:[ \t]*+|[ \t]++)['\"]?([^\s'\";]{1,400})",
        ),
        (("psk", "eap", "xauth"), r"(?i)(?<![\w.-])(?:psk|eap|xauth)[ \t]++\"([^\"\n]{1,400})\""),
        (
            ("secret", "password", "key-string", "md5"),
            r"\bsecret[ \t]++\d[ \t]++(\S{1,400})|\b(?:password|key-string|md5)[ \t]++\d{1,2}[ \t]++(\S{1,400})",
        ),
        (("*",), r"^[+ -]?[ \t]*+\"?[\w.-]{1,64}\"?[ \t]++[\w*]{1,64}[ \t]++\"?([^\s\"#]{4,400}?)\"?[ \t]++\*[ \t]*+$"),
        (
            ("community", "com2sec"),
            r"(?i)\b(?:(?:r[ow]|trap|set[ \t]++snmp[ \t]++)community6?|snmp-server[ \t]++community|authcommunity[ "
            r"\t]++[\w,]{1,60}"
            r"|com2sec(?:6|unix)?(?:[ \t]++-Cn[ \t]++\S{1,60})?[ \t]++\S{1,60}[ \t]++\S{1,60})[ "
            r"\t]++\"?([^\s\"]{1,400})",
        ),
        (("community",), r"(?i)\bcommunity[ \t]++\"?([^\s\"{}]{1,400})\"?[ \t]*+\{"),
        (
            ("sink",),
            r"(?i)\b(?:trap2?|inform)sink[ \t]++\S{1,253}[ \t]++\"?(?!\d{1,5}\b)([^\s\"]{1,400})",
        ),
        (
            ("snmp-server",),
            r"(?i)\bsnmp-server[ \t]++host[ \t]++\S{1,253}[ \t]++(?:(?:traps|informs)[ \t]++)?(?:version[ \t]++(?:1"
            r"|2c|3[ \t]++\w{1,6})[ \t]++)?(?!version\b)([^\s\"]{1,400})",
        ),
        (
            ("snmp",),
            r"(?i)\b(?:snmp[23]?_?\w{3,10}|new[ \t]++\\?snmp)[ \t]*+\((?:[ "
            r"\t]*+\\?snmp::\w{1,20},)?[^,()'\"\n]{0,40}(?:'[^'\n]{0,200}'|\"[^\"\n]{0,200}\")?[^,()'\"\n]{0,80},[ "
            r"\t]*+['\"]([^'\"\n]{1,400})['\"]",
        ),
        (("authinfo",), r"(?i)\bAuthInfo:\S{0,253}[^\n]{0,400}?\"P[:=]([^\"\n]{1,400})\""),
        (
            (" ", "\t"),
            r"^[+ -]?[ \t]*+\"?[\w.@\\-]{1,64}\"?[ \t]++(?:[\w.-]{1,64}|\*)[ "
            r"\t]++\"?(?=[^\s\d]{0,400}+\d)(?=[^\sa-zA-Z]{0,400}+[a-zA-Z])([^\s\"#/]{6,400}?)\"?[ "
            r"\t]++(?:\d{1,3}\.){3}\d{1,3}(?:/\d{1,2})?[ \t]*+$",
        ),
        (
            ("createuser",),
            r"(?i)\bcreateUser[ \t]++\S{1,60}[ \t]++(?:MD5|SHA[\d-]{0,4})[ \t]++(?:\"([^\"]{1,400})\""
            r"|([^\s\"]{1,400}))",
        ),
        (
            ("ldap_default_authtok", "masteruser-password", "smtp_sasl_", "static:", "rootpw", "bindpw"),
            r"(?i)\b(?:ldap_default_authtok|masteruser-password|smtp_sasl_\w{3,20}|static:[^\s:]{1,64}|rootpw"
            r"|bindpw)[ \t]*+[ =:][ \t]*+(?!hash:|static:|/)(\S{1,400})",
        ),
        (("user",), r"(?i)\buser[ \t]++\S{1,60}[ \t]++(?:on|off)\b[^>\n]{0,200}>(\S{1,400})"),
        (("setcredential=",), r"\bSetCredential=\S{1,60}?:(.{1,4000})"),
        (("secure_link_md5",), r"(?i)\bsecure_link_md5[ \t]++(.{1,400});"),
        (("password_query",), r"(?i)\bpassword_query[ \t]*+=[ \t]*+(.{1,1000})"),
        (
            (":",),
            r"(?:^|[\s'\"(])(?:[\w.*-]{1,253}|\[[\w.:]{1,253}\]):(?:\d{2,5}"
            r"|\*):[^:\s]{1,63}:[^:\s]{1,63}:([^\s'\"]{1,400})$",
        ),
        (
            ("@",),
            r"^[+ -]?[ \t]*+\[?[\w.-]{1,253}\]?(?::\w{2,12})?[ \t]++[^\s:@]{1,64}@[^\s:@]{1,253}:(\S{1,400})[ \t]*+$",
        ),
        (
            ("{",),
            r"\{(?:PLAIN|CLEARTEXT|CRYPT|S?SHA\d{0,3}|S?MD5|SHA\d{3}-CRYPT|BLF-CRYPT|CRAM-MD5|PBKDF2\S{0,12}"
            r"|ARGON2\w{0,2})\}([^\s:'\"]{1,400})",
        ),
        (("$",), r"(\$(?:[1567y]|2[abxy]?|gy|apr1|sha1|argon2\w{1,2})\$[^\s:'\"$]{1,40}\$[./\w$=,+-]{20,4000})"),
        (("$",), r"(\$[PHS]\$[./\w]{31,200})"),
        (("grub.pbkdf2",), r"(\bgrub\.pbkdf2\.\S{1,4000})"),
        (("",), r"^[+ -]?[ \t]*+['\"]?[\w.@+-]{1,64}:(?!//)([./0-9A-Za-z]{13})(?=[:'\"]|[ \t\r]*$)"),
        (
            ("user", "htpasswd", "basic"),
            r"(?i)(?:users?|htpasswd|basic_?auth)['\"]?[ \t]*+[=:][ \t]*+['\"]?[\w.@+-]{1,64}:([./"
            r"0-9A-Za-z]{13})(?=[:,'\"\s]|$)",
        ),
        ((":",), r"^[+ -]?[ \t]*+[^\s:#]{1,64}:[^:\n]{1,100}:([0-9a-f]{32})[ \t]*+$"),
        (("*",), r"(?<![\w*])(\*[0-9A-F]{40})(?!\w)"),
        (
            (
                "gh",
                "github_pat_",
                "glpat-",
                "_live_",
                "_test_",
                "xox",
                "akia",
                "aiza",
                "sg.",
                "npm_",
                "hf_",
                "age-secret-key-1",
                "eyj",
            ),
            r"\b(gh[pousr]_\w{20,255}|github_pat_\w{20,255}|glpat-[\w-]{16,64}|(?:sk|rk|pk)_(?:live|test)_\w{8,255}"
            r"|xox[abprse]-[\w-]{8,255}"
            r"|AKIA[0-9A-Z]{16}|AIza[\w-]{30,45}|SG\.[\w-]{16,64}\.[\w-]{16,64}|npm_\w{30,50}|hf_\w{30,50}"
            r"|AGE-SECRET-KEY-1\w{40,80}"
            r"|eyJ[\w-]{8,4000}\.[\w-]{4,4000}(?:\.[\w-]{0,4000})?)",
        ),
        (
            ("-----begin ",),
            r"(?i)-----BEGIN [A-Z0-9 ]{0,40}(?:PRIVATE|STATIC) KEY[A-Z0-9 ]{0,20}-----[\\n'\" "
            r"\t+.]{0,40}+([^-\s'\"+.\\][^-]{0,20000})",
        ),
    )
]
"""What it takes for each that one of these is there, in lower case; the first group is the secret."""


def _find_secrets_by_form(line: str) -> Iterator[Span]:
    for required_words, pattern in _AROUND:
        if not has_none_of_words_in_text(line, required_words):
            for match in pattern.finditer(line):
                yield match.span(match.lastindex or 0)


def _find_secrets_in_function_calls(line: str) -> Iterator[Span]:
    if has_none_of_words_in_text(line, _AT_CALLS) or has_none_of_words_in_text(line, _OF_CALLS):
        return
    for match in _CALLS.finditer(line):
        start, end = match.span(match.lastindex or 0)
        yield start + 1, end - 1


def _find_secrets_in_command_options(line: str) -> Iterator[Span]:
    programs = [] if has_none_of_words_in_text(line, _OF_PROGRAMS) else [*_PROGRAM.finditer(line)]
    for program, next_program in zip_longest(programs, programs[1:]):
        option = _OPTION[int((program.lastgroup or "c0")[1:])]
        for match in option.finditer(line, program.end(), next_program.start() if next_program else len(line)):
            yield match.span(match.lastindex or 0)
    for match in _BEFORE_PIPE.finditer(line) if "|" in line else ():
        yield match.span(1)


_FINDERS = (_find_values_of_secret_names, _find_secrets_by_form, _find_secrets_in_function_calls)
