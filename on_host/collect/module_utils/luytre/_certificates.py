"""Whether the certificates of a TLS server load: what no configuration test looks at."""

from ansible.module_utils.luytre import _key_pair, _stake

MAX_PAIRS = 200


def fault(pairs, trust):
    """Why a server would not start with these ``(certificate, key, ciphers)``, or None.

    Only those are loaded that root alone can change.
    """
    for certificate, key, ciphers in list(dict.fromkeys(pairs))[:MAX_PAIRS]:
        if trust.loosest([_stake.OPENSSL, certificate, key]) is None:
            said = _key_pair.fault(certificate, key, ciphers)
            if said is not None:
                return said
    return None
