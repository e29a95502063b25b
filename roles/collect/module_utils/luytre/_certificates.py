"""Whether certificates and keys load together as a TLS server loads them: what no configuration test looks at."""

import os
import re
import ssl

from ansible.module_utils.luytre import _stake

MAX_PAIRS = 200


def fault(pairs, trust):
    """Why a server would not start with these ``(certificate, key, ciphers)``, or None.

    Only those are loaded that root alone can change. OpenSSL's own level of security decides, or that in the ciphers.
    """
    for certificate, key, ciphers in list(dict.fromkeys(pairs))[:MAX_PAIRS]:
        if trust.loosest([_stake.OPENSSL, certificate, key]) is None:
            said = _fault(certificate, key, ciphers)
            if said is not None:
                return said
    return None


def _fault(certificate, key, ciphers):
    for path in (certificate, key):
        if not os.path.isfile(path):
            return "%s is not there" % path
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        if ciphers:
            context.set_ciphers(ciphers)
    except ssl.SSLError as error:
        return "the ciphers %s: %s" % (ciphers[:200], _said(error))
    encrypted = []

    def password():
        encrypted.append(True)
        return ""

    try:
        context.load_cert_chain(certificate, key, password)
    except (ssl.SSLError, OSError) as error:
        return None if encrypted else "%s: %s" % (certificate, _said(error))
    return None


def _said(error):
    """``ee key too small`` of ``[SSL: EE_KEY_TOO_SMALL] ee key too small (_ssl.c:4158)``."""
    return re.sub(r"^\[[^\]]*\]\s*|\s*\(_ssl\.c:\d+\)$", "", (error.args[-1] if error.args else "") or str(error))
