"""Whether a certificate and its key load as a TLS server loads them.

The guard has this text too, so it rests on nothing of ours.
"""

import os
import re
import ssl


def fault(certificate, key, ciphers):
    """Return why a server would not start with them, in OpenSSL's words, or None.

    A key that asks for a password is not judged.

    OpenSSL's own level of security decides, or that in the ciphers.
    """
    for path in (certificate, key):
        if not os.path.isfile(path):
            return "%s is not there" % path
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        if ciphers:
            context.set_ciphers(ciphers)
    except ssl.SSLError as error:
        return "the ciphers %s: %s" % (ciphers[:200], _format_error(error))
    password_requests = []

    def password():
        password_requests.append(True)
        return ""

    try:
        context.load_cert_chain(certificate, key, password)
    except (ssl.SSLError, OSError) as error:
        return None if password_requests else "%s: %s" % (certificate, _format_error(error))
    return None


def _format_error(error):
    """``ee key too small`` of ``[SSL: EE_KEY_TOO_SMALL] ee key too small (_ssl.c:4158)``."""
    return re.sub(r"^\[[^\]]*\]\s*|\s*\(_ssl\.c:\d+\)$", "", (error.args[-1] if error.args else "") or str(error))
