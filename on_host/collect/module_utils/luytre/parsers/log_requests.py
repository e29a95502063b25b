"""What an access log served to whom, by address: to search engines, to those who come from one, to other people.

Visitors write it. Of them nothing is kept, neither addresses nor what they typed: only which pages there were, how
often, how they were answered, and how large the answers were.
"""

import ipaddress
import re

ENGINES = re.compile(
    rb"(?i)\b(googlebot|bingbot|coccocbot|yandexbot|baiduspider|duckduckbot|applebot|yahoo! slurp|petalbot|sogou web "
    rb"spider)"
)
_ROBOTS = re.compile(
    rb"(?i)bot\b|bot/|crawl|spider|slurp|curl|wget|python|go-http|java/|libwww|scan|monitor|preview|fetch"
)
_SEARCH = re.compile(
    rb"(?i)https?://(?:[\w-]+\.){0,3}(?:google|bing|coccoc|yahoo|duckduckgo|yandex|baidu)\.[a-z.]{2,6}(?:[/:?]|\Z)"
)
_FILES = re.compile(
    rb"(?i)\.(?:jpe?g|png|gif|webp|avif|svg|ico|bmp|css|js|mjs|map|woff2?|ttf|eot|otf|mp[34]|m4[av]|avi|mov|wmv|webm"
    rb"|wav|ogg"
    rb"|zip|rar|7z|gz|tgz|tar|exe|msi|apk|iso|dmg|xlsx?|pptx?|doc)\Z"
)
"""What is no page."""
_TYPED_QUERY = re.compile(
    rb"(?i)(?:^|&)(?:[^=&]{0,40}(?:key|token|nonce|pass|pwd|login|user|mail|phone|secret|session|code|state)[^=&]{0,40}"
    rb"|s|q|search|keyword|tukhoa|name|hoten|ten|sdt|cccd|cmnd|so_?hs)=|@|%40|(?<!\d)\d{9,12}(?!\d)"
)
"""Queries that hold what somebody typed, or is known by."""
_NUMBERS = re.compile(rb"\d+|[0-9a-f]{16,}")
MAX_PATH = 500
MAX_ADDRESSES = 20_000
"""Of one site."""
OF_A_SHAPE = 200
"""Addresses that differ in numbers or in their query only.

Whoever asks for a page with ever other queries hides no other.
"""
MAX_SIZES = 31
MAX_AGENTS = 5_000
SERVED_STATUSES = frozenset((b"200", b"301", b"302", b"303", b"307", b"308"))
COUNTED_STATUSES = SERVED_STATUSES | {b"404", b"410"}
ENGINE, SEARCHER, PERSON = "engine", "searcher", "person"


class AddressRanges:
    """The networks that search engines come from, as an office imported them; none: nobody can be told by his
    address.
    """

    def __init__(self, networks):
        candidates = (_parse_network(text) for text in networks)
        self._networks = [network for network in candidates if network is not None]
        self._known = {}

    def __bool__(self):
        return bool(self._networks)

    def hold(self, address):
        """Return whether an address, as a log has it, is in one of them."""
        if address not in self._known:
            if len(self._known) >= MAX_AGENTS:
                return False
            self._known[address] = self._is_address_in_networks(address)
        return self._known[address]

    def _is_address_in_networks(self, text):
        try:
            address = ipaddress.ip_address(text.decode("ascii"))
        except ValueError:
            return False
        return any(address in network for network in self._networks)


def _parse_network(text):
    try:
        return ipaddress.ip_network(text, strict=False)
    except (TypeError, ValueError):
        return None


class RequestCounts:
    """The requests for one site."""

    def __init__(self, names, ranges, own):
        self._names = frozenset(name.encode() for name in names)
        self._ranges = ranges
        self._own = frozenset(address.encode() for address in own)
        """Addresses from which it is ourselves who visit."""
        self._agents, self._shapes = {}, {}
        self.addresses = {}
        """By path: by who asked, ``[requests, {status: requests}, sizes of pages]``."""
        self.lines = self.understood = 0

    def add(self, log_lines, pattern):
        """Add whole lines of a log, in the format that the pattern is of."""
        self.lines += log_lines.count(b"\n") + 1
        groups = pattern.groupindex
        take = [name if name in groups else None for name in ("agent", "status", "request", "method", "uri")]
        rest = [name if name in groups else None for name in ("bytes", "address", "host", "referrer")]
        for match in pattern.finditer(log_lines):
            self.understood += 1
            agent, status, request, method, target = (name and match.group(name) for name in take)
            if status not in COUNTED_STATUSES:
                continue
            if request is not None:
                method, _, target = request.partition(b" ")
                target = target.partition(b" ")[0]
            if method != b"GET" or target[:1] != b"/":
                continue
            size, address, host, referrer = (name and match.group(name) for name in rest)
            if address in self._own or (host and host.partition(b":")[0].lower() not in self._names):
                continue
            who = self._classify_client(agent, address, referrer)
            if who is not None:
                self._count_request_of_page(target, who, status, size)

    def _classify_client(self, agent, address, referrer):
        who = self._agents.get(agent)
        if who is None:
            who = ENGINE if ENGINES.search(agent) else PERSON if _is_browser_agent(agent) else ""
            if len(self._agents) < MAX_AGENTS:
                self._agents[agent] = who
        if who == ENGINE:
            return ENGINE if not self._ranges or (address and self._ranges.hold(address)) else None
        if who == PERSON:
            return SEARCHER if referrer and _SEARCH.match(referrer) else PERSON
        return None

    def _count_request_of_page(self, target, who, status, size):
        there = self.addresses.get(target)
        if there is None:
            if status not in SERVED_STATUSES or not self._has_room_for_page(target):
                return
            there = self.addresses[target] = {}
        side = there.get(who)
        if side is None:
            side = there[who] = [0, {}, []]
        side[0] += 1
        side[1][status] = side[1].get(status, 0) + 1
        if status == b"200" and size and size.isdigit() and len(side[2]) < MAX_SIZES:
            side[2].append(int(size[:12]))

    def _has_room_for_page(self, target):
        """Return whether an address is worth being kept in mind, and there is room for it."""
        path, _, query = target.partition(b"?")
        if (
            len(target) > MAX_PATH
            or b"\\" in target
            or _FILES.search(path)
            or _TYPED_QUERY.search(query)
            or b"@" in path
        ):
            return False
        if len(self.addresses) >= MAX_ADDRESSES:
            return False
        shape = _NUMBERS.sub(b"0", path)
        self._shapes[shape] = self._shapes.get(shape, 0) + 1
        return self._shapes[shape] <= OF_A_SHAPE

    def list_addresses(self, limit):
        """Return the addresses, at most so many.

        First those that people who do not search were never served, then the most frequent.
        """
        targets = sorted(self.addresses, key=lambda target: (_rank_page(self.addresses[target]), target))
        return [
            {
                "path": target.decode("utf-8", "replace"),
                **{who: _describe_client_counts(side) for who, side in self.addresses[target].items()},
            }
            for target in targets[:limit]
        ]


def _is_browser_agent(agent):
    return agent.startswith((b"Mozilla/", b"Opera/")) and not _ROBOTS.search(agent)


def _rank_page(counts_by_client):
    count = {who: side[0] for who, side in counts_by_client.items()}
    is_hidden = PERSON not in count
    return (not is_hidden, -count.get(ENGINE, 0), -sum(count.values()))


def _describe_client_counts(client_counts):
    number, statuses, sizes = client_counts
    sorted_sizes = sorted(sizes)
    return {
        "requests": number,
        "statuses": {status.decode(): times for status, times in statuses.items()},
        "sizes": [sorted_sizes[0], sorted_sizes[len(sorted_sizes) // 2], sorted_sizes[-1]] if sorted_sizes else None,
    }
