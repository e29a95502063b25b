"""What a whole script says, over its lines and in whatever language it is written. Pure, linear in the text.

Each sign is a set of words that stand together only where somebody lets another in, runs what comes from elsewhere, or
keeps a way back: a word alone says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from auditor.compromise.suspicious_commands import SAMPLE, CommandSign, classify_odd_path
from auditor.models.reviews import Certainty
from auditor.text.redact import redact_secrets_in_text

MAX_TEXT = 40_000
MAX_LINE = 4_000
MAX_FETCHED = 20
"""Files that a script fetches, of which it is looked for whether they are run."""

_SHELL_WORD = r"(?:[\"'/ ](?:ba|da|k|z)?sh\b|cmd\b)"


@dataclass(frozen=True)
class _Together:
    """Words that say something when a script has all of them."""

    rule: str
    certainty: Certainty
    parts: tuple[re.Pattern[str], ...]
    """Each stands in some line; the sample is of the last one's."""


def _words(rule: str, certainty: Certainty, *parts: str) -> _Together:
    return _Together(rule, certainty, tuple(map(re.compile, parts)))


_SOCKET = (
    r"\bsocket\.(?:socket|create_connection|create_server)\s*\(|\bsocketserver\.|\bAF_INET6?\b|\bPF_INET6?\b"
    r"|\bIO::Socket|\bTCPSocket\b|\bTCPServer\b|\bfsockopen\b|\bstream_socket_(?:client|server)\b|\bsocket_create\b"
    r"|\bsocket\.(?:tcp|connect|bind)\b|\bnet\.(?:connect|createServer|Socket|createConnection)\b|/inet/(?:tcp|udp)/"
    r"|\basyncio\.(?:open_connection|start_server)\b|\bUNIXSocket\b|\bsocket\s+-server\b"
)
_GIVES_SHELL = (
    r"\bdup2\s*\([^\n]{0,80}\bfileno\b|\bpty\.spawn\b|\bSTDIN\s*,\s*[\"']?[<>]&|\bSTDIN\.reopen\b|\$stdin\.reopen\b"
    r"|\.pipe\s*\(\s*\w{1,30}\.stdin\b|\bproc_open\s*\([^\n]{0,80}sh\b|\bin\s?:\s?\w{1,20}\s?,\s?out\b"
    r"|\bstdin\s*=\s*\w{1,20}(?:\.fileno\(\))?\s*,\s*stdout\s*=\s*\w{1,20}\.?f?"
)
_TAKES = (
    r"\.recv(?:from)?\s*\(|\brecv\s*\(|\breceive\s*\(|\bmakefile\s*\(|<\$\w{0,10}(?:sock|s|c|conn|client"
    r"|fh?)\w{0,6}>|<[CS]\w{0,6}>"
    r"|\.on\s*\(\s*[\"']data|\|&\s*getline|\bsocket_read\s*\(|\bstream_get_line\s*\(|\brfile\b|\bsock\w{0,10}\.gets\b"
    r"|\b(?:s|c|sock|socket|client|conn)\.(?:gets|readline|read)\b|\b(?:fgets|fread)\s*\(\s*\$(?:s|c|fp"
    r"|sock\w{0,6}|conn|client)\b"
)
_RUNS = (
    r"\bshell\s*=\s*True\b|\bos\.(?:system|popen|exec\w{0,4})\s*\(|\bsubprocess\.(?:getoutput|getstatusoutput)\s*\("
    r"|\bshell_exec\s*\(|\bpassthru\s*\(|\bproc_open\s*\(|(?<![\w.>])system\s*[($]|(?<![\w.>])exec\s*\(\s*\$"
    r"|\bio\.popen\s*\(|\bos\.execute\s*\(|\bIO\.popen\b|\bchild_process\b|`\$\w|`#\{|\bqx\W|\bpopen\s*\(\s*\$"
    r"|(?<![\w.])(?:exec|eval)\s*\(\s*(?:\w{1,20}\.)?(?:recv|data|cmd|code|line|buf|c\.|s\.|conn)|\|\s*getline"
    r"|\bsubprocess\.\w{1,12}\s*\(\s*\[\s*[\"'](?:/bin/)?(?:ba)?sh[\"']\s*,\s*[\"']-c[\"']"
)
_FETCHES = (
    r"\burlopen\s*\(|\brequests\.(?:get|post)\s*\(|\burllib\.request\b|\burlretrieve\s*\(|\bLWP::|\bHTTP::Tiny\b"
    r"|\bfile_get_contents\s*\(\s*[\"']https?:|\bcurl_exec\s*\(|\bopen-uri\b|\bNet::HTTP\b|\bURI\.open\b"
    r"|\bhttp\.request\b"
    r"|\bhttps?\.get\s*\(|\bfetch\s*\(\s*[\"']http|\bhttp\.client\b|\bsocket\.http\b"
)
_RUNS_TEXT = (
    r"(?<![\w.])(?:exec|eval)\s*[(\s]\s*[\w$(\"'@{]|\bos\.(?:system|popen|exec\w{0,4})\s*\(|\bsubprocess\.\w{1,20}\s*\("
    r"|\bshell_exec\s*\(|\bpassthru\s*\(|\bload(?:string)?\s*\(|\binstance_eval\b|(?<![\w.>])system\s*\(|\bqx\W"
    r"|\bos\.execute\s*\(|\bchild_process\b|\bnew Function\s*\("
)
_DECODES = (
    r"\bb64decode\s*\(|\bbase64_decode\s*\(|\bdecode_base64\b|\bBase64\.(?:strict_)?decode64\b|\bgzinflate\s*\("
    r"|\bzlib\.decompress\s*\(|\bmarshal\.loads\s*\(|\bstr_rot13\s*\(|\bfromhex\s*\(|\bunhexlify\s*\("
    r"|\bpack\s*\(\s*[\"']H\*"
    r"|\bBuffer\.from\s*\([^\n]{0,4000}base64|\batob\s*\(|\bunpack\s*\(\s*[\"']u"
)
_EVALUATES = (
    r"(?<![\w.])(?:exec|eval)\s*[(\s]\s*[\w$(\"'@{]|\bassert\s*\(\s*\$|\bnew Function\s*\(|\bload(?:string)?\s*\("
    r"|\binstance_eval\b|\bcreate_function\b"
)
_TOGETHER: tuple[_Together, ...] = (
    _words("connects_back", "exact", _SOCKET, _GIVES_SHELL, _SHELL_WORD),
    _words("runs_received", "strong", _SOCKET, _TAKES, _RUNS),
    _words(
        "connects_back",
        "strong",
        r"\bexec\s{1,5}(?:\d{1,3}|\{\w{1,20}\})<>\s{0,3}[\"']?/dev/(?:tcp|udp)/",
        r"\beval\b|\|\s{0,3}(?:ba|da|z|k)?sh\b|\bsh\b[^\n]{0,40}<&\s?[\d$]"
        r"|^\s{0,20}\"?\$\w{1,20}|0<&|\$\(\s{0,3}\$\{?\w",
    ),
    _words(
        "connects_back",
        "exact",
        r"\bmkfifo\b|\bmknod\b[^\n]{0,80}\sp\b",
        r"\b(?:nc|ncat|netcat|telnet|openssl\s{1,5}s_client)\b",
        r"\bsh\b[^\n]{0,40}(?:-i\b|<)|\|\s{0,5}\S{0,20}sh\b",
    ),
    _words("runs_fetched", "strong", _FETCHES, r"\bexec\s*\(|\beval\s*[(\s]|\bshell\s*=\s*True|\bos\.system\s*\("),
    _words("runs_decoded", "strong", _DECODES, _EVALUATES),
    _words(
        "writes_web_code", "strong", r"/var/www/|/srv/www/|\bpublic_html\b|\bhtdocs\b", r"<\?(?:php|=)[^\n]{0,400}\$_"
    ),
    _words(
        "memory_program", "strong", r"\bmemfd_create\b|\bsyscall\s*\(\s*319\b", r"\bexec\w{0,3}\b|\bfexecve\b|/proc/"
    ),
    _words("renames_itself", "weak", r"\bPR_SET_NAME\b|\bprctl\s*\(\s*15\b|\bsetproctitle\b|\$0\s{0,3}=\s{0,3}[\"']"),
    _words(
        "sends_secrets",
        "strong",
        r"/etc/shadow\b|\bid_(?:rsa|ed25519)\b",
        r"\b(?:curl|wget|nc|ncat|urlopen|sendmail)\b",
    ),
)
_FETCHED = re.compile(
    r"\b(?:curl|wget|fetch|aria2c|axel)\b(?:[^\n;|&>]|&(?!&)){0,400}?(?:\s-\w{0,6}[oO]\s{0,3}"
    r"|\s--output(?:-document)?[ =])"
    r"[\"']?([^\s\"';|&)]{2,200})"
    r"|\b(?:curl|wget)\b(?:[^\n;|&>]|&(?!&)){0,400}>\s{0,3}[\"']?([^\s\"';|&)>]{2,200})"
)
_NO_FILE = frozenset({"-", "/dev/null", "/dev/stdout", "null"})


def find_signs_in_script(text: str) -> Iterator[CommandSign]:
    """Yield what a whole script says, each rule once, the surest first."""
    lines = [line[:MAX_LINE] for line in text[:MAX_TEXT].split("\n")]
    told: set[str] = set()
    for one in _TOGETHER:
        if one.rule in told:
            continue
        found = [next((line for line in lines if part.search(line)), None) for part in one.parts]
        if all(line is not None for line in found):
            told.add(one.rule)
            yield CommandSign(one.rule, one.certainty, _make_sample(found[-1] or ""))
    if sign := _find_run_of_fetched_file(lines):
        yield sign


def _find_run_of_fetched_file(lines: list[str]) -> CommandSign | None:
    """Return that a file is fetched and run, in whichever lines: an alarm only where nobody fetches an update to."""
    targets = dict.fromkeys(
        target
        for line in lines
        for match in _FETCHED.finditer(line)
        if (target := match[1] or match[2]) not in _NO_FILE and not target.startswith("-")
    )
    for target in list(targets)[:MAX_FETCHED]:
        name = re.escape(target)
        runs = re.compile(
            r"(?:(?:^|[;&|(]|\bthen|\bdo|\bexec|\bnohup|\bsetsid|\bsudo)\s{0,9}(?:\.\s{1,9})?"
            r"|\b(?:(?:ba|da|k|z)?sh|python[\d.]{0,4}|perl|php[\d.]{0,4}|source)\s{1,9}(?:-\w{1,9}\s{1,9}){0,3})"
            rf"[\"']?{name}(?![\w./-])"
        )
        for line in lines:
            if (match := runs.search(line)) is not None and not _FETCHED.match(line, max(0, match.start())):
                odd = classify_odd_path(target) is not None
                return CommandSign("runs_fetched", "strong" if odd else "weak", _make_sample(line))
    return None


def _make_sample(line: str) -> str:
    return redact_secrets_in_text(line.strip())[:SAMPLE]
