"""Whether Postfix hands on a stranger's mail to strangers, by its own word and its rules of precedence."""

import ipaddress
import re

from ansible.module_utils.luytre_shared.os.area_reader import NotRun, UnreadableFact, read_text

FOLDER = "/etc/postfix"
SETTINGS = ("mynetworks", "smtpd_relay_restrictions", "smtpd_recipient_restrictions", "relay_domains")
REFUSAL = re.compile(r"(?:reject|defer)(?:_unauth_destination|_if_permit)?\Z|reject_unauth_destination\Z")


def check_postfix_open_relay(reader):
    """Return ``(fact, why it is not told)``: ``{open, because}``, or None where there is no Postfix."""
    if not reader.find_program("postconf"):
        return None, None
    at_stake = [FOLDER, FOLDER + "/main.cf", FOLDER + "/master.cf"]
    try:
        output = reader.make_part_reader(5).run(["postconf", "-x", *SETTINGS], at_stake=at_stake)
    except (NotRun, UnreadableFact) as refusal:
        return None, str(refusal)
    values = dict(re.findall(r"(?m)^(\w+) =[ \t]*(.*)$", output))
    because = find_open_relay_reason(values)
    for service, own in iter_network_smtp_services(read_text(FOLDER + "/master.cf") or ""):
        because = because or _prefix_reason_with_service(service, find_open_relay_reason({**values, **own}))
    return {"open": because is not None, "because": because or ""}, None


def find_open_relay_reason(settings):
    """Return what lets a stranger's mail to a stranger through, or None."""
    wide = find_wide_trusted_networks(settings.get("mynetworks", ""))
    lists = [_split_words(settings.get(name, "")) for name in SETTINGS[1:3]]
    reasons = [_find_open_reason_in_restrictions(words, wide) for words in lists if words]
    return None if not reasons or None in reasons else reasons[0]


def _find_open_reason_in_restrictions(restrictions, wide):
    """Return why a list of restrictions lets it through, or None where it surely refuses first.

    Tables cannot be worked out.
    """
    for word in restrictions:
        if word == "permit_mynetworks" and wide:
            return "mynetworks %s" % wide[0]
        if word == "permit":
            return "permit"
        if REFUSAL.match(word):
            return None
    return "no reject_unauth_destination"


def _split_words(text):
    return [word for word in re.split(r"[\s,]+", text.strip()) if word]


def find_wide_trusted_networks(mynetworks):
    """Return the networks among trusted ones that hold strangers."""
    networks = []
    for word in _split_words(mynetworks):
        try:
            network = ipaddress.ip_network(word.replace("[", "").replace("]", ""), strict=False)
        except ValueError:
            continue
        inner = network.is_private or network.is_link_local or network.is_loopback
        if network.prefixlen <= (7 if network.version == 4 else 6) or (
            not inner and network.prefixlen < (22 if network.version == 4 else 48)
        ):
            networks.append(str(network))
    return networks


def iter_network_smtp_services(text):
    """Yield ``(name, settings of its own)`` of services of master.cf that take mail from the network.

    Only services with settings of their own are yielded.
    """
    joined_lines = re.sub(r"\n[ \t]+", " ", re.sub(r"(?m)^[ \t]*#.*\n?", "", text))
    for line in joined_lines.splitlines():
        words = line.split()
        if len(words) > 7 and words[1] == "inet" and words[7] == "smtpd":
            own = re.findall(r"-o[ \t]+(\w+)=(\S*)", line)
            if own:
                yield words[0], dict(own)


def _prefix_reason_with_service(service, reason):
    return "%s: %s" % (service, reason) if reason else None
