"""What a virtual host of Apache's offers over TLS."""

import itertools

PROTOCOLS = ("SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")


def describe_tls(server):
    words = [arg for node in server.list_directives_in_force("sslprotocol")[-1:] for arg in node.args]
    return {
        "certificate": _get_last_directive_value(server, "sslcertificatefile"),
        "key": _get_last_directive_value(server, "sslcertificatekeyfile"),
        "protocols": parse_ssl_protocols(words),
        "ciphers": next(
            (
                args[-1]
                for args in [node.args for node in server.list_directives_in_force("sslciphersuite")[::-1]]
                if args
            ),
            None,
        ),
        "curves": _list_offered_curves(server),
        "pairs": _list_certificate_and_key_pairs(server),
    }


def _list_offered_curves(server):
    """Return the curves that a virtual host offers for key exchange; the last command of OpenSSL's for them counts.

    What is offered before the name is known is the first virtual host's of the address, to which the main server's
    apply.
    """
    of_all = _get_last_curve_list(server.main)
    return sorted({*of_all, *_get_last_curve_list(server.own)}) if of_all else []


def _get_last_curve_list(nodes):
    commands = [node.args for node in nodes if node.name == "sslopensslconfcmd" and len(node.args) == 2]
    curve_lists = [words[1] for words in commands if words[0].lower() in ("curves", "groups")]
    return curve_lists[-1].split(":") if curve_lists else []


def _list_certificate_and_key_pairs(server):
    """Return every certificate that a virtual host shows, with its key, which may lie in the same file."""
    certificates, keys = (
        [node.args[0] for node in server.list_directives_in_force(name) if node.args]
        for name in ("sslcertificatefile", "sslcertificatekeyfile")
    )
    both = itertools.zip_longest(certificates, keys[: len(certificates)])
    return [{"certificate": certificate, "key": other or certificate} for certificate, other in both][:20]


def parse_ssl_protocols(protocol_arguments):
    """Return protocols that SSLProtocol leaves on; Apache's own default when there is none."""
    on = set()
    for word in protocol_arguments or ["all", "-SSLv3"]:
        sign, name = (word[0], word[1:]) if word[0] in "+-" else ("", word)
        selection = (
            set(PROTOCOLS[1:])
            if name.lower() == "all"
            else {protocol for protocol in PROTOCOLS if protocol.lower() == name.lower()}
        )
        on = (
            on - selection
            if sign == "-"
            else on | selection
            if sign == "+" or name.lower() == "all" or on
            else selection
        )
    return [name for name in PROTOCOLS if name in on]


def _get_last_directive_value(server, name):
    values = [node.args[0] for node in server.list_directives_in_force(name) if node.args]
    return values[-1] if values else None
