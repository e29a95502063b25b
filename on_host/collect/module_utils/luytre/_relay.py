"""Whether Postfix hands on a stranger's mail to strangers, by its own word and its rules of precedence."""

import ipaddress
import re

from ansible.module_utils.luytre._reading import NotRun, Unreadable, read_text

FOLDER = "/etc/postfix"
SETTINGS = ("mynetworks", "smtpd_relay_restrictions", "smtpd_recipient_restrictions", "relay_domains")
REFUSING = re.compile(r"(?:reject|defer)(?:_unauth_destination|_if_permit)?\Z|reject_unauth_destination\Z")


def open_relay(reading):
    """``(fact, why it is not told)``: ``{open, because}``, or None where there is no Postfix."""
    if not reading.installed("postconf"):
        return None, None
    at_stake = [FOLDER, FOLDER + "/main.cf", FOLDER + "/master.cf"]
    try:
        said = reading.run(["postconf", "-x", *SETTINGS], at_stake=at_stake, seconds=5)
    except (NotRun, Unreadable) as refused:
        return None, str(refused)
    values = dict(re.findall(r"(?m)^(\w+) =[ \t]*(.*)$", said))
    because = judged(values)
    for service, own in services(read_text(FOLDER + "/master.cf") or ""):
        because = because or _prefixed(service, judged({**values, **own}))
    return {"open": because is not None, "because": because or ""}, None


def judged(values):
    """What lets a stranger's mail to a stranger through, or None."""
    wide = wide_networks(values.get("mynetworks", ""))
    lists = [_words(values.get(name, "")) for name in SETTINGS[1:3]]
    reasons = [_reason(words, wide) for words in lists if words]
    return None if not reasons or None in reasons else reasons[0]


def _reason(words, wide):
    """Why a list of restrictions lets it through, or None where it surely refuses first. Tables cannot be worked out."""
    for word in words:
        if word == "permit_mynetworks" and wide:
            return "mynetworks %s" % wide[0]
        if word == "permit":
            return "permit"
        if REFUSING.match(word):
            return None
    return "no reject_unauth_destination"


def _words(text):
    return [word for word in re.split(r"[\s,]+", text.strip()) if word]


def wide_networks(text):
    """The networks among trusted ones that hold strangers."""
    found = []
    for word in _words(text):
        try:
            network = ipaddress.ip_network(word.replace("[", "").replace("]", ""), strict=False)
        except ValueError:
            continue
        inner = network.is_private or network.is_link_local or network.is_loopback
        if network.prefixlen <= (7 if network.version == 4 else 6) or (
            not inner and network.prefixlen < (22 if network.version == 4 else 48)
        ):
            found.append(str(network))
    return found


def services(text):
    """``(name, settings of its own)`` of the services of master.cf that take mail from the network and have some."""
    joined = re.sub(r"\n[ \t]+", " ", re.sub(r"(?m)^[ \t]*#.*\n?", "", text))
    for line in joined.splitlines():
        words = line.split()
        if len(words) > 7 and words[1] == "inet" and words[7] == "smtpd":
            own = re.findall(r"-o[ \t]+(\w+)=(\S*)", line)
            if own:
                yield words[0], dict(own)


def _prefixed(service, because):
    return "%s: %s" % (service, because) if because else None
