"""Turn what iptables-save prints into what nft prints as JSON."""

import re
import shlex

_BUILT_IN = {"INPUT": ("input", 0), "PREROUTING": ("prerouting", -300)}


def convert_iptables_save_to_nft_json(text, family):
    """Return the lines of ``iptables-save`` (or ip6tables-save, by ``family``) in the form of nft's JSON."""
    entries, table = [], ""
    for line in text.splitlines():
        if line.startswith("*"):
            table = line[1:].strip()
        elif line.startswith(":") and table in ("filter", "raw", "mangle"):
            name, policy = line[1:].split()[:2]
            chain = {"family": family, "table": table, "name": name}
            if name in _BUILT_IN and (table, name) != ("mangle", "INPUT"):
                hook, priority = _BUILT_IN[name]
                chain.update(type="filter", hook=hook, prio=priority, policy=policy.lower())
            entries.append({"chain": chain})
        elif line.startswith("-A ") and table in ("filter", "raw", "mangle"):
            try:
                words = shlex.split(line)
            except ValueError:
                continue
            rule = {
                "family": family,
                "table": table,
                "chain": words[1],
                "expr": _convert_iptables_rule_words(words[2:], family),
            }
            entries.append({"rule": rule})
        elif line.startswith("-A ") and table == "nat" and " -j DNAT " in line:
            entries.append({"rule": _convert_iptables_dnat_line(line, family)})
    return entries


def _convert_iptables_dnat_line(line, family):
    """Return a rule that sends packets on to another address; what its other words say is as in any rule."""
    head, _, tail = line.partition(" -j DNAT ")
    target = re.search(r"--to-destination (\S+)", tail)
    try:
        words = shlex.split(head)
    except ValueError:
        words = head.split()
    dnat = {"dnat": {"addr": target.group(1) if target else ""}}
    return {
        "family": family,
        "table": "nat",
        "chain": words[1] if len(words) > 1 else "",
        "expr": [*_convert_iptables_rule_words(words[2:], family), dnat],
    }


def _convert_ports(argument):
    return {"set": [_convert_port_range_to_nft(part) for part in argument.split(",")]}


def _convert_states(argument):
    return {"set": argument.lower().split(",")}


def _make_address_field(field):
    return lambda family, _protocol: {"payload": {"protocol": family, "field": field}}


def _make_type_of_address(field):
    return lambda _family, _protocol: {"fib": {"result": "type", "flags": [field]}}


def _get_port_field(_family, protocol):
    return {"payload": {"protocol": protocol, "field": "dport"}}


def _get_state_field(_family, _protocol):
    return {"ct": {"key": "state"}}


_COMPARISONS = {
    "-s": (_make_address_field("saddr"), lambda argument: _convert_network_to_nft(argument)),
    "-d": (_make_address_field("daddr"), lambda argument: _convert_network_to_nft(argument)),
    "-i": (lambda _family, _protocol: {"meta": {"key": "iifname"}}, str),
    "--dport": (_get_port_field, _convert_ports),
    "--dports": (_get_port_field, _convert_ports),
    "--ctstate": (_get_state_field, _convert_states),
    "--state": (_get_state_field, _convert_states),
    "--dst-type": (_make_type_of_address("daddr"), str.lower),
    "--src-type": (_make_type_of_address("saddr"), str.lower),
}
"""Options that compare something of a packet with their argument: what of it, and the argument as nft has it."""


def _convert_iptables_rule_words(words, family):
    expressions, verdict, protocol = [], None, "th"
    position, is_negated = 0, False
    while position < len(words):
        word = words[position]
        argument = words[position + 1] if position + 1 < len(words) else ""
        position += 2
        op = "!=" if is_negated else "=="
        is_negated = False
        if word == "!":
            position, is_negated = position - 1, True
        elif word == "-p":
            protocol = argument if argument in ("tcp", "udp") else "th"
            expressions.append(_make_nft_match({"meta": {"key": "l4proto"}}, op, argument))
        elif word in _COMPARISONS:
            left, convert = _COMPARISONS[word]
            expressions.append(_make_nft_match(left(family, protocol), op, convert(argument)))
        elif word == "--tcp-flags":
            flags = words[position] if position < len(words) else ""
            position += 1
            expressions.append(
                _make_nft_match({"&": [{"payload": {"protocol": "tcp"}}, argument]}, op, flags.lower().split(","))
            )
        elif word == "--syn":
            position -= 1
            expressions.append({"unknown": word} if op == "!=" else _make_nft_match({"&": ["tcp"]}, op, "syn"))
        elif word in ("-j", "-g"):
            verdict = _convert_iptables_verdict(word, argument)
            break
        elif word in ("-m", "--comment"):
            continue
        elif word.startswith("-"):
            expressions.append({"unknown": word})
            if argument.startswith("-") or argument == "!":
                position -= 1
    return expressions + ([verdict] if verdict else [])


def _convert_iptables_verdict(option, target):
    verdicts = {
        "ACCEPT": {"accept": None},
        "DROP": {"drop": None},
        "REJECT": {"reject": None},
        "RETURN": {"return": None},
    }
    if target in verdicts:
        return verdicts[target]
    if target == "NFQUEUE":
        return {"queue": None}
    if target.isupper() and not target.startswith(("INPUT", "DOCKER")) and target in _NO_VERDICT:
        return {"counter": None}
    return {"goto" if option == "-g" else "jump": {"target": target}}


_NO_VERDICT = {
    "LOG",
    "NFLOG",
    "ULOG",
    "MARK",
    "CONNMARK",
    "CT",
    "NOTRACK",
    "TCPMSS",
    "CLASSIFY",
    "SET",
    "TRACE",
    "AUDIT",
}


def _make_nft_match(left_side, op, right):
    return {"match": {"left": left_side, "op": op, "right": right}}


def _convert_network_to_nft(text):
    address, slash, length = text.partition("/")
    return {"prefix": {"addr": address, "len": int(length)}} if slash and length.isdigit() else address


def _convert_port_range_to_nft(text):
    low, colon, high = text.partition(":")
    if not colon:
        return int(low) if low.isdigit() else -1
    return {"range": [int(low or 0), int(high or 65535)]}
