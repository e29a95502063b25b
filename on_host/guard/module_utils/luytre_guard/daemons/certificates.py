"""Whether Apache would load the certificates in force, which its own test does not look at; nginx's does."""

import itertools
import os
import re
import stat

from ansible.module_utils.luytre_guard.files import tree
from ansible.module_utils.luytre_guard.os import commands
from ansible.module_utils.luytre_shared.os import key_pair

DUMP = ["apache2ctl", "-t", "-C", "LoadModule info_module /usr/lib/apache2/modules/mod_info.so", "-D", "DUMP_CONFIG"]
"""Has Apache write its configuration as it read it: files, conditions, variables and macros are decided."""
OPENSSL = "/etc/ssl/openssl.cnf"
MAX_PAIRS = 200
MAX_LINKS = 10
LINE = re.compile(r"\s*(SSL\w+|ServerRoot)\s+(.*\S)")


def find_tls_fault_that_stops_apache():
    """Return why Apache would not start with them, or None, also where it does not tell which they are.

    Only those are loaded that root alone can change.
    """
    try:
        dump = commands.run_program_and_return_output(DUMP, 60).decode("utf-8", "surrogateescape")
    except commands.CommandFailure:
        return None
    for certificate, key, ciphers in parse_certificate_pairs_of_apache(dump)[:MAX_PAIRS]:
        if all(map(is_path_changeable_by_root_only, (OPENSSL, certificate, key))):
            wrong = key_pair.find_key_pair_fault(certificate, key, ciphers)
            if wrong is not None:
                return wrong
    return None


def parse_certificate_pairs_of_apache(apache_dump):
    """Return ``[(certificate, key, ciphers)]`` of the servers with TLS in what Apache wrote of its configuration.

    Left out are keys in hardware, and servers that give OpenSSL commands of their own.
    """
    root, main, blocks = "/etc/apache2", {}, []
    within = []
    for line in apache_dump.splitlines():
        section = re.match(r"\s*<(/?)(\w+)", line)
        if section and section.group(1):
            del within[-1:]
        elif section:
            within.append(section.group(2).lower())
            if within == ["virtualhost"]:
                blocks.append({})
        match = LINE.match(line)
        if match and within in ([], ["virtualhost"]):
            values = [word.strip("\"'") for word in match.group(2).split(None, 1)]
            (blocks[-1] if within else main).setdefault(match.group(1).lower(), []).append(values)
    if "serverroot" in main:
        root = main["serverroot"][-1][0]
    pairs_found = itertools.chain.from_iterable(
        _build_certificate_pairs_of_server(dict(main, **block)) for block in (blocks or [{}])
    )
    return list(
        dict.fromkeys(
            (os.path.join(root, certificate), os.path.join(root, other), words)
            for certificate, other, words in pairs_found
        )
    )


def _build_certificate_pairs_of_server(settings):
    """Return the pairs of one server, of its settings in order."""
    if settings.get("sslengine", [["off"]])[-1][0].lower() == "off" or "sslopensslconfcmd" in settings:
        return []
    certificates = [values[0] for values in settings.get("sslcertificatefile", [])]
    keys = [values[0] for values in settings.get("sslcertificatekeyfile", [])]
    # SSLCipherSuite TLSv1.3 …: another list, which no level of security stands in
    ciphers = [values[-1] for values in settings.get("sslciphersuite", []) if values[0].lower() != "tlsv1.3"]
    both = itertools.zip_longest(certificates, keys[: len(certificates)])
    key_pairs = [(certificate, other or certificate, ciphers[-1] if ciphers else None) for certificate, other in both]
    return [pair for pair in key_pairs if not any(path.startswith("pkcs11:") for path in pair[:2])]


def is_path_changeable_by_root_only(path):
    """Return whether root alone can change what a path leads to.

    A file that is not there, whether root alone could make it.
    """
    for _ in range(MAX_LINKS):
        try:
            place, theirs = tree.resolve_path_through_links_of_root(path)
            status = None if theirs else os.lstat(place)
        except FileNotFoundError:
            return True
        except (tree.UnsafeTarget, OSError):
            return False
        if status is None or status.st_uid != 0:
            return False
        if not stat.S_ISLNK(status.st_mode):
            return stat.S_ISREG(status.st_mode) and not tree.is_changeable_by_others_than_root(status)
        path = os.path.normpath(os.path.join(os.path.dirname(place), os.readlink(place)))
    return False
