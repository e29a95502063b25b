"""What the host had to do with of a list of indicators, of which it is given keyed digests only.

Logs of web and mail, connections, name servers, files.

No value leaves the host and none comes to it: what is seen is digested here, and only digests that are asked for are
told.
"""

import base64
import collections
import hashlib
import ipaddress
import re
import time
from urllib.parse import urlsplit

from ansible.module_utils.luytre.os import log_files
from ansible.module_utils.luytre.sites import file_digests, websites
from ansible.module_utils.luytre.sites.access_log import list_access_logs
from ansible.module_utils.luytre_shared.os.area_reader import UnreadableFact, read_text

SECONDS = 6.0
FILES_SECONDS = 4.0
"""Of the processor's time."""
MAIL_LOGS = ("/var/log/mail.log", "/var/log/mail.info", "/var/log/maillog", "/var/log/exim4/mainlog")
MAX_BYTES = 200_000_000
"""Of all logs, unpacked."""
MAX_VALUES = 300_000
"""Different values of one log and kind."""
MAX_TOLD = 2_000
DIGEST_BYTES = 8
_ADDRESS = re.compile(rb"(?<![0-9.])(?:\d{1,3}\.){3}\d{1,3}(?![0-9.])")
_LONG_ADDRESS = re.compile(rb"(?m)^(?:\S{1,260} )?([0-9a-f]{0,4}:[0-9a-f:.]{1,40}) ")
"""Of version 6, where a line has its visitor."""
_URL = re.compile(rb"(?i)(?<![a-z0-9])(?:https?|ftp)://[^\s\"'<>\\]{1,1000}")
_IN_MAIL = re.compile(rb"(?i)(?:@|relay=|client=|helo=<?|\bH=\(?)((?:[a-z0-9_-]{1,63}\.){1,20}[a-z][a-z0-9-]{1,62})")
"""A name of a host in a log of mail: of an address, or at the other end."""
_OF_LOGS = {"log": (_ADDRESS, _LONG_ADDRESS, _URL), "mail": (_ADDRESS, _URL, _IN_MAIL)}
_NAME = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])\Z")
_USUAL = {"http": 80, "https": 443, "ftp": 21}


def collect_area_facts(reader):
    indicator_digests = IndicatorDigests(reader.declared["indicators"])
    contacts, cut_short, untold = [], [], {}
    for where, path, values in (
        *_iter_hosts_known_to_this_host(reader, untold),
        *_iter_file_digests(reader, indicator_digests, cut_short),
    ):
        contacts += indicator_digests.find_indicator_matches(where, path, values)
    if len(contacts) > MAX_TOLD:
        untold["others"] = "more than %d were seen" % MAX_TOLD
    contacts = contacts[:MAX_TOLD]
    logs = [("log", path) for path in list_access_logs(websites.list_configured_vhosts())] + [
        ("mail", path) for path in MAIL_LOGS
    ]
    budget = log_files.ReadBudget(MAX_BYTES, min(reader.deadline, time.monotonic() + SECONDS))
    for number, (where, path) in enumerate(logs):
        with budget.lend_share_of_budget(len(logs) - number) as part:
            values = count_hosts_and_urls_in_log(path, part, _OF_LOGS[where])
            matches = indicator_digests.find_indicator_matches(where, path, values)
            room = MAX_TOLD - len(contacts)
            if part.is_used_up or len(values) >= MAX_VALUES or len(matches) > room:
                cut_short.append(path)
        contacts += matches[:room]
    return {"seen": contacts, "logs": len(logs), "cut_short": cut_short, "untold": untold}


class IndicatorDigests:
    """Digests under a key, and how long the prefixes of the networks among them are."""

    def __init__(self, indicators):
        self._key = bytes.fromhex(indicators["key"])
        digest_bytes = base64.b64decode(indicators["digests"])
        self._digests = {digest_bytes[at : at + DIGEST_BYTES] for at in range(0, len(digest_bytes), DIGEST_BYTES)}
        self._lengths = {4: indicators["lengths"]["4"], 6: indicators["lengths"]["6"]}
        self.files = [kind for kind in ("md5", "sha1", "sha256") if kind in indicators["files"]]

    def find_indicator_matches(self, where, path, values):
        """Return which of these values, each as often as it was seen, are asked for."""
        times = collections.Counter()
        for text, number in values.items():
            for digest in self._get_digest_if_asked_for(text):
                times[digest] += number
        return [
            {"digest": digest.hex(), "where": where, "path": path, "times": number}
            for digest, number in sorted(times.items())
        ]

    def _get_digest_if_asked_for(self, value):
        """Return the digest of a value if it is asked for; of an address that is not, that of the narrowest network."""
        own = self._compute_keyed_digest(value)
        if own in self._digests:
            return [own]
        try:
            address = ipaddress.ip_address(value)
        except ValueError:
            return []
        for length in sorted(self._lengths[address.version], reverse=True):
            network = ipaddress.ip_network("%s/%d" % (address, length), strict=False)
            digest = self._compute_keyed_digest(str(network))
            if digest in self._digests:
                return [digest]
        return []

    def _compute_keyed_digest(self, text):
        return hashlib.blake2b(text.encode("utf-8", "replace"), key=self._key, digest_size=DIGEST_BYTES).digest()


def _iter_file_digests(reader, indicator_digests, cut_short):
    """Yield digests of files, where some are asked for."""
    if indicator_digests.files:
        digester = file_digests.FileDigester(indicator_digests.files, reader.make_walk_time_budget(FILES_SECONDS))
        for path, digests in digester.iter_file_digests(websites.list_declared_document_roots(reader.declared)):
            yield "file", path, collections.Counter(digests)
        if digester.is_cut_short:
            cut_short.append("/")


def count_hosts_and_urls_in_log(path, budget, patterns=_OF_LOGS["log"]):
    """Return addresses, URLs and names of hosts in a log and in those that were rotated, as often as they are there."""
    words = collections.Counter()
    for piece in log_files.iter_log_pieces(path, budget):
        for pattern in patterns:
            words.update(pattern.findall(piece))
        if len(words) >= MAX_VALUES:
            break
    counts = collections.Counter()
    for word, number in words.items():
        for value in normalize_log_word(word.decode("utf-8", "replace")):
            counts[value] += number
    return counts


def normalize_log_word(log_word):
    """Return what a word of a log is, in the form that indicators have: a URL is itself, and the host in it."""
    if "://" not in log_word:
        return [value for value in (normalize_address(log_word) or normalize_host_name(log_word),) if value]
    scheme = log_word.partition(":")[0].lower()
    try:
        parts = urlsplit(scheme + log_word[len(scheme) :])
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return []
    host = normalize_address(host) or normalize_host_name(host)
    if not host:
        return []
    authority = "[%s]" % host if ":" in host else host
    authority += "" if port in (None, _USUAL[scheme]) else ":%d" % port
    query = "?" + parts.query if parts.query else ""
    return [host, "%s://%s%s%s" % (scheme, authority, parts.path or "/", query)]


def normalize_address(text):
    """Return an address in its one form; None for what is none."""
    try:
        ip = ipaddress.ip_address(text)
    except ValueError:
        return None
    return str(getattr(ip, "ipv4_mapped", None) or ip)


def normalize_host_name(text):
    """Return the name of a host in its one form; None for what is none."""
    text = text.rstrip(".").lower()
    return text if len(text) <= 253 and _NAME.match(text) else None


def _iter_hosts_known_to_this_host(reader, untold):
    """Yield where else values are: open connections, name servers, and names that this host gives addresses
    to itself.
    """
    try:
        yield "connection", "", count_socket_peers(reader.run(["ss", "-Hntu", "state", "connected"]))
    except UnreadableFact as unread:
        untold["connections"] = str(unread)
    servers = (
        line.split()[1:2] for line in (read_text("/etc/resolv.conf") or "").splitlines() if line[:10] == "nameserver"
    )
    yield "resolver", "/etc/resolv.conf", _count_hosts_in_words(word for words in servers for word in words)
    lines = (line.partition("#")[0].split() for line in (read_text("/etc/hosts") or "").splitlines())
    yield "hosts", "/etc/hosts", _count_hosts_in_words(word for words in lines for word in words)


def count_socket_peers(text):
    """Return the addresses at the other end of sockets, from the lines of ``ss -Hntu``."""
    ends = (line.split()[5:6] for line in text.splitlines())
    return _count_hosts_in_words(
        re.sub(r"%\S*\Z|[\[\]]", "", word.rpartition(":")[0]) for words in ends for word in words
    )


def _count_hosts_in_words(words):
    counts = collections.Counter()
    for word in words:
        value = normalize_address(word) or normalize_host_name(word)
        if value:
            counts[value] += 1
    return counts
