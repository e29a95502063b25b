"""Whether the certificates of a TLS server load: what no configuration test looks at."""

from ansible.module_utils.luytre_shared.os import key_pair, trusted_inputs

MAX_PAIRS = 200
SOUND = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""The ciphers that a hardening sets, which lower no level of security."""
_ELSEWHERE = ("data:", "engine:", "store:", "pkcs11:")


def find_certificate_load_fault(certificate_pairs, trust):
    """Return why a server would not start with these ``(certificate, key, ciphers)``, or None.

    Only those are loaded that root alone can change.
    """
    for certificate, key, ciphers in list(dict.fromkeys(certificate_pairs))[:MAX_PAIRS]:
        if trust.describe_first_changer_on_paths([trusted_inputs.OPENSSL, certificate, key]) is None:
            message = key_pair.find_key_pair_fault(certificate, key, ciphers)
            if message is not None:
                return message
    return None


def add_certificate_load_results(vhosts, trust, folder):
    """Add to each virtual host's TLS whether its certificates load with sound ciphers: ``{loads, fault}``.

    ``folder`` is where the server looks for files without a whole path.
    """
    results = {}
    for tls in (vhost["tls"] for vhost in vhosts if vhost["tls"]):
        answers = [
            _check_certificate_loads(folder, pair["certificate"], pair["key"], trust, results) for pair in tls["pairs"]
        ]
        worst = min(answers or [("unknown", "")], key=lambda answer: ("no", "unknown", "yes").index(answer[0]))
        tls["loads"], tls["fault"] = worst


def _check_certificate_loads(folder, certificate, key, trust, results):
    if any("$" in path or path.startswith(_ELSEWHERE) for path in (certificate, key)):
        return "unknown", ""
    files = tuple("%s/%s" % (folder, path) if not path.startswith("/") else path for path in (certificate, key))
    if files not in results:
        results[files] = _try_load_certificate_and_key(files, trust) if len(results) < MAX_PAIRS else ("unknown", "")
    return results[files]


def _try_load_certificate_and_key(files, trust):
    if trust.describe_first_changer_on_paths([trusted_inputs.OPENSSL, *files]) is not None:
        return "unknown", ""
    message = key_pair.find_key_pair_fault(*files, SOUND)
    return ("yes", "") if message is None else ("no", message[:300])
