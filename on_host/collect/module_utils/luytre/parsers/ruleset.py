"""What a ruleset does with a packet: nftables' JSON and iptables-save's lines, worked out by the kernel's own rules.

The question is always the same: may the first packet of a stranger, somebody outside without any address that the
rules name, reach a port of this host? Where a condition cannot be worked out, both outcomes are followed, so the
answer errs towards open.
"""

import ipaddress
import re

MAX_DEPTH = 16
PASS, STOP, GO_ON, RETURN = "pass", "stop", "go on", "return"
MAX_PUBLISHED = 200
WIDE_PREFIX = {"ip": 7, "ip6": 3}
"""A network this wide holds strangers."""

INSIDE = re.compile(r"(lo$|docker|br-|virbr|lxcbr|lxdbr|podman|cni|wg|tun|veth|cali|flannel)")


class Packet:
    """The first packet of a new connection, or of a new exchange by UDP, from a stranger."""

    def __init__(self, family, protocol, port, outside=()):
        self.family, self.protocol, self.port, self.outside = family, protocol, port, set(outside)


class Ruleset:
    """Chains, rules and named sets of every table, as ``nft -j list ruleset`` gives them."""

    def __init__(self, entries):
        self.bases, self.rules, self.sets = [], {}, {}
        for entry in entries:
            for kind, value in entry.items():
                if kind == "chain" and value.get("hook") in ("prerouting", "input") and value.get("type") == "filter":
                    self.bases.append(value)
                elif kind == "rule":
                    self.rules.setdefault(_get_chain_key(value, value["chain"]), []).append(value.get("expr", []))
                elif kind in ("set", "map"):
                    self.sets[_get_chain_key(value, value["name"])] = value.get("elem", [])
        self.bases.sort(key=lambda chain: (chain["hook"] == "input", _get_priority_number(chain.get("prio"))))

    def can_packet_pass(self, packet):
        """Return whether the packet may get through all chains that it meets."""
        for chain in self.bases:
            if chain["family"] not in ("inet", packet.family):
                continue
            where = _get_chain_key(chain, chain["name"])
            if PASS not in self._evaluate_base_chain(where, chain.get("policy", "accept"), packet):
                return False
        return True

    def copy_without_table(self, family, table):
        """Return the same ruleset without one table."""
        other = Ruleset([])
        other.bases = [chain for chain in self.bases if (chain["family"], chain["table"]) != (family, table)]
        other.rules, other.sets = self.rules, self.sets
        return other

    def _evaluate_base_chain(self, chain, policy, packet):
        outcomes = self._evaluate_chain(chain, packet, 0)
        if outcomes & {GO_ON, RETURN}:
            outcomes |= {STOP if policy == "drop" else PASS}
        return outcomes

    def _evaluate_chain(self, chain, packet, depth):
        """Return what may come of a packet in a chain: PASS, STOP, GO_ON (its end is reached) or RETURN."""
        outcomes = set()
        if depth > MAX_DEPTH:
            return {GO_ON, PASS}
        for rule in self.rules.get(chain, []):
            certain, result = self._evaluate_rule(rule, chain, packet, depth)
            outcomes |= result - {GO_ON}
            if certain and GO_ON not in result:
                return outcomes
        return outcomes | {GO_ON}

    def _evaluate_rule(self, expressions, chain, packet, depth):
        """Return ``(certain, outcomes)`` of a rule.

        These are whether the packet surely gets to the rule's verdict, and what that may be.
        """
        certain = True
        for expression in expressions:
            for kind, value in expression.items():
                if kind == "match":
                    holds = self._is_comparison_met(value["left"], value["op"], value["right"], chain, packet)
                elif kind == "vmap":
                    verdicts = self._match_verdict_map(value, chain, packet)
                    if verdicts is None:
                        return False, {GO_ON}
                    results = [self._evaluate_verdict(verdict, chain, packet, depth) for _, verdict in verdicts]
                    sure = certain and any(yes for yes, _ in verdicts)
                    outcomes = set().union(*results) if results else set()
                    return sure, outcomes if sure else outcomes | {GO_ON}
                elif _is_comparison_of_unknown_kind(kind, value):
                    holds = None
                elif kind == "xt":
                    holds = True
                    if value.get("name") in ("REJECT", "DROP", "TARPIT"):
                        return certain, {STOP} if certain else {STOP, GO_ON}
                else:
                    verdict = self._evaluate_verdict(expression, chain, packet, depth)
                    if verdict is not None:
                        return certain, verdict if certain else verdict | {GO_ON}
                    holds = True
                if holds is False:
                    return False, {GO_ON}
                certain = certain and holds is True
        return certain, {GO_ON}

    def _evaluate_verdict(self, expression, chain, packet, depth):
        """Return what may come of a verdict statement; None when the statement is not a verdict."""
        kind = next(iter(expression))
        if kind == "accept":
            return {PASS}
        if kind in ("drop", "reject"):
            return {STOP}
        if kind == "queue":
            return {PASS, STOP}
        if kind == "return":
            return {RETURN}
        if kind == "continue":
            return {GO_ON}
        if kind in ("jump", "goto"):
            target = (*chain[:2], expression[kind]["target"])
            outcomes = self._evaluate_chain(target, packet, depth + 1)
            fallthrough = outcomes & {GO_ON, RETURN}
            outcomes -= {GO_ON, RETURN}
            if fallthrough:
                outcomes |= {GO_ON} if kind == "jump" else {RETURN}
            return outcomes
        return None

    def _match_verdict_map(self, vmap, where, packet):
        """Return ``[(certain, verdict)]`` of the elements of a verdict map that the packet may hit.

        None when it hits none.
        """
        elements = vmap["data"]
        if isinstance(elements, str):
            elements = self.sets.get((*where[:2], elements.lstrip("@")), [])
        elif isinstance(elements, dict):
            elements = elements.get("set", [])
        verdicts = []
        for element in elements:
            if not isinstance(element, list) or len(element) != 2:
                continue
            holds = self._is_comparison_met(vmap["key"], "==", _strip_element_metadata(element[0]), where, packet)
            if holds is not False:
                verdicts.append((holds is True, element[1]))
                if holds:
                    break
        return verdicts or None

    def _is_comparison_met(self, left_side, op, right, chain, packet):
        """Return whether a comparison holds for the packet; None when it cannot be told."""
        if isinstance(right, str) and right.startswith("@"):
            right = {"set": self.sets.get((*chain[:2], right[1:]), [])}
        values = right["set"] if isinstance(right, dict) and "set" in right else right
        values = [_strip_element_metadata(value) for value in values] if isinstance(values, list) else [values]
        answers = [self._is_value_of_packet(left_side, value, packet) for value in values]
        if True in answers:
            answer = True
        elif None in answers:
            answer = None
        else:
            answer = False
        if answer is None or op in ("==", "in"):
            return answer
        return not answer if op == "!=" else None

    def _is_value_of_packet(self, left_side, value, packet):
        if isinstance(left_side, dict) and "concat" in left_side:
            parts = value.get("concat", []) if isinstance(value, dict) else []
            answers = [self._is_value_of_packet(key, part, packet) for key, part in zip(left_side["concat"], parts)]
            if False in answers or not answers:
                return False
            return None if None in answers else True
        kind, about = next(iter(left_side.items())) if isinstance(left_side, dict) else ("", None)
        if kind == "meta":
            return _is_meta_value_of_packet(about.get("key"), value, packet)
        if kind == "payload" and isinstance(about, dict):
            return _is_payload_value_of_packet(about.get("protocol"), about.get("field"), value, packet)
        if kind == "ct":
            return _is_connection_value_of_new_packet(about.get("key"), value)
        if kind == "fib":
            return _is_address_type_of_packet(about, value)
        if kind == "&" and "tcp" in str(about):
            if packet.protocol != "tcp":
                return False
            return True if value in ("syn", ["syn"]) else None
        return None


def _is_comparison_of_unknown_kind(kind, value):
    """Return whether a packet may or may not go on there, by what is not looked at here."""
    if kind == "xt":
        return value.get("type") != "target"
    return kind in ("limit", "quota", "ct count", "unknown", "socket", "osf")


def _get_chain_key(value, name):
    return value["family"], value["table"], name


def _get_priority_number(value):
    return value if isinstance(value, int) else 0


def _strip_element_metadata(element):
    """Return a set's element without its timeout, counter and comment."""
    if isinstance(element, dict) and "elem" in element:
        element = element["elem"]
        return element.get("val", element) if isinstance(element, dict) else element
    return element


def _is_connection_value_of_new_packet(key, value):
    if key == "state":
        return _includes_new_connections(value)
    return False if key == "status" else None


def _is_address_type_of_packet(about, value):
    flags = about.get("flags", [])
    flags = [flags] if isinstance(flags, str) else flags
    if about.get("result") != "type":
        return None
    return (value == "local") if "daddr" in flags else (value == "unicast") if "saddr" in flags else None


def _is_meta_value_of_packet(key, value, packet):
    if key in ("iif", "iifname"):
        name = str(value)
        if packet.outside:
            stem = name.rstrip("*+")
            return any(each == name or (stem != name and each.startswith(stem)) for each in packet.outside)
        return INSIDE.match(name) is None
    if key == "l4proto":
        return value in (packet.protocol, {"tcp": 6, "udp": 17}[packet.protocol])
    if key == "nfproto":
        return value in {"ip": ("ipv4", 2), "ip6": ("ipv6", 10)}[packet.family]
    if key == "protocol":
        return value == packet.family
    if key == "pkttype":
        return value in ("host", "unicast")
    return None


def _is_payload_value_of_packet(protocol, field, value, packet):
    if protocol in ("icmp", "icmpv6", "igmp", "arp", "sctp", "dccp", "esp", "ah"):
        return False
    if protocol in ("ip", "ip6"):
        if protocol != packet.family:
            return False
        if field == "saddr":
            return _is_address_wide(value, packet.family)
        if field == "daddr":
            return False if re.match(r"(22[4-9]|23\d|255)\.|ff", _format_address(value)) else None
        if field in ("protocol", "nexthdr"):
            return value in (packet.protocol, {"tcp": 6, "udp": 17}[packet.protocol])
        return None
    if protocol in ("tcp", "udp", "th", "udplite"):
        if protocol not in ("th", packet.protocol):
            return False
        if field == "dport":
            return _is_port_in_range(value, packet.port)
        if field == "flags":
            return True if value in ("syn", ["syn"]) else None
        return None
    return None


def _includes_new_connections(states):
    values = states if isinstance(states, list) else [states]
    return "new" in values


def _is_port_in_range(value, port):
    if isinstance(value, dict) and "range" in value:
        low, high = value["range"]
        return low <= port <= high
    return value == port


def _format_address(value):
    return str(value["prefix"]["addr"]) if isinstance(value, dict) and "prefix" in value else str(value)


def _is_address_wide(value, family):
    """Return whether an address condition holds for strangers: only a network that takes in most of the world does."""
    if isinstance(value, dict) and "prefix" in value:
        return value["prefix"].get("len", 128) <= WIDE_PREFIX[family]
    if isinstance(value, dict) and "range" in value:
        try:
            low, high = (ipaddress.ip_address(end) for end in value["range"])
        except ValueError:
            return None
        return int(high) - int(low) >= 2 ** (low.max_prefixlen - WIDE_PREFIX[family]) - 2
    return False


# --- iptables ------------------------------------------------------------------------------------------------------


def list_published_ports(entries):
    """Return ``[{family, protocol, port, target}]`` of the published ports.

    Their packets are sent on to another machine or container.

    Port 0 stands for all. Rules for this machine's own packets, or for networks that hold no strangers, are left out.
    """
    forwards = []
    for rule in (entry["rule"] for entry in entries if "rule" in entry):
        expressions = rule.get("expr", [])
        dnat = next((each["dnat"] for each in expressions if isinstance(each, dict) and "dnat" in each), None)
        if not isinstance(dnat, dict) or any(
            _is_condition_excluding_strangers(each.get("match")) for each in expressions
        ):
            continue
        ports, protocol = _list_ports_of_conditions(expressions)
        for port in ports or [0]:
            forward = {
                "family": rule.get("family", ""),
                "protocol": protocol,
                "port": port,
                "target": _format_dnat_target(dnat)[:100],
            }
            if forward not in forwards:
                forwards.append(forward)
    return forwards[:MAX_PUBLISHED]


def _is_condition_excluding_strangers(match):
    """Return whether a condition leaves strangers out.

    An inner interface, an address of this machine alone, a named source.
    """
    if not isinstance(match, dict) or match.get("op") not in ("==", "in"):
        return False
    left_side, right = match.get("left"), match.get("right")
    if not isinstance(left_side, dict):
        return False
    if left_side.get("meta", {}).get("key") in ("iifname", "iif"):
        return isinstance(right, str) and INSIDE.match(right) is not None
    field = left_side.get("payload", {}).get("field")
    prefix = right.get("prefix", right) if isinstance(right, dict) else right
    address = prefix.get("addr", "") if isinstance(prefix, dict) else prefix
    length = prefix.get("len", 128) if isinstance(prefix, dict) else 128
    if field == "daddr":
        return isinstance(address, str) and (address.startswith("127.") or address == "::1")
    return field == "saddr" and not (isinstance(length, int) and length <= max(WIDE_PREFIX.values()))


def _list_ports_of_conditions(expressions):
    """Return ``(ports, protocol)`` that conditions name."""
    ports, protocol = [], "tcp"
    for match in (each["match"] for each in expressions if isinstance(each, dict) and "match" in each):
        left_side, right = match.get("left"), match.get("right")
        payload = left_side.get("payload", {}) if isinstance(left_side, dict) else {}
        if (
            isinstance(left_side, dict)
            and left_side.get("meta", {}).get("key") == "l4proto"
            and right in ("tcp", "udp")
        ):
            protocol = right
        if payload.get("field") == "dport":
            protocol = payload.get("protocol") if payload.get("protocol") in ("tcp", "udp") else protocol
            members = right.get("set", [right]) if isinstance(right, dict) else [right]
            ports += [port for member in members for port in _expand_port_range(member)]
    return ports[:MAX_PUBLISHED], protocol


def _expand_port_range(member):
    if isinstance(member, dict) and isinstance(member.get("range"), list):
        first, last = ([part for part in member["range"] if isinstance(part, int)] + [0, 0])[:2]
        return range(first, min(last, first + MAX_PUBLISHED) + 1)
    return [member] if isinstance(member, int) else []


def _format_dnat_target(dnat):
    address = dnat.get("addr")
    port = dnat.get("port")
    return "%s%s" % (address if isinstance(address, str) else "map", ":%s" % port if isinstance(port, int) else "")
