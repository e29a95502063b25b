"""Whether Postfix hands on a stranger's mail to strangers, by its own word and its rules of precedence."""

import ipaddress
import re

from ansible.module_utils.luytre._area_reader import NotRun, UnreadableFact, read_text

FOLDER = "/etc/postfix"
SETTINGS = ("mynetworks", "smtpd_relay_restrictions", "smtpd_recipient_restrictions", "relay_domains")
REFUSAL = re.compile(r"(?:reject|defer)(?:_unauth_destination|_if_permit)?\Z|reject_unauth_destination\Z")


def check_open_relay(reading):
    """Return ``(fact, why it is not told)``: ``{open, because}``, or None where there is no Postfix."""
    if not reading.find_program("postconf"):
        return None, None
    at_stake = [FOLDER, FOLDER + "/main.cf", FOLDER + "/master.cf"]
    try:
        output = reading.run(["postconf", "-x", *SETTINGS], at_stake=at_stake, seconds=5)
    except (NotRun, UnreadableFact) as refusal:
        return None, str(refusal)
    values = dict(re.findall(r"(?m)^(\w+) =[ \t]*(.*)$", output))
    because = find_relay_reason(values)
    for service, own in iter_services(read_text(FOLDER + "/master.cf") or ""):
        because = because or _prefix_service(service, find_relay_reason({**values, **own}))
    return {"open": because is not None, "because": because or ""}, None


def find_relay_reason(values):
    """Return what lets a stranger's mail to a stranger through, or None."""
    wide = find_wide_networks(values.get("mynetworks", ""))
    lists = [_words(values.get(name, "")) for name in SETTINGS[1:3]]
    reasons = [_find_reason(words, wide) for words in lists if words]
    return None if not reasons or None in reasons else reasons[0]


def _find_reason(words, wide):
    """Return why a list of restrictions lets it through, or None where it surely refuses first.

    Tables cannot be worked out.
    """
    for word in words:
        if word == "permit_mynetworks" and wide:
            return "mynetworks %s" % wide[0]
        if word == "permit":
            return "permit"
        if REFUSAL.match(word):
            return None
    return "no reject_unauth_destination"


def _words(text):
    return [word for word in re.split(r"[\s,]+", text.strip()) if word]


def find_wide_networks(text):
    """Return the networks among trusted ones that hold strangers."""
    networks = []
    for word in _words(text):
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


def iter_services(text):
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


def _prefix_service(service, because):
    return "%s: %s" % (service, because) if because else None
