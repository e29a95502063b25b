"""Whether the certificates of a TLS server load: what no configuration test looks at."""

from ansible.module_utils.luytre import _key_pair, _stake

MAX_PAIRS = 200
SOUND = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""The ciphers that a hardening sets, which lower no level of security."""
_ELSEWHERE = ("data:", "engine:", "store:", "pkcs11:")


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


def tell(vhosts, trust, folder):
    """Add to each virtual host's TLS whether its certificates load with sound ciphers: ``{loads, fault}``.

    ``folder`` is where the server looks for files without a whole path.
    """
    known = {}
    for tls in (vhost["tls"] for vhost in vhosts if vhost["tls"]):
        answers = [_loads(folder, pair["certificate"], pair["key"], trust, known) for pair in tls["pairs"]]
        worst = min(answers or [("unknown", "")], key=lambda answer: ("no", "unknown", "yes").index(answer[0]))
        tls["loads"], tls["fault"] = worst


def _loads(folder, certificate, key, trust, known):
    if any("$" in path or path.startswith(_ELSEWHERE) for path in (certificate, key)):
        return "unknown", ""
    files = tuple("%s/%s" % (folder, path) if not path.startswith("/") else path for path in (certificate, key))
    if files not in known:
        known[files] = _tried(files, trust) if len(known) < MAX_PAIRS else ("unknown", "")
    return known[files]


def _tried(files, trust):
    if trust.loosest([_stake.OPENSSL, *files]) is not None:
        return "unknown", ""
    said = _key_pair.fault(*files, SOUND)
    return ("yes", "") if said is None else ("no", said[:300])
