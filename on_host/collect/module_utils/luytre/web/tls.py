"""Certificates and keys that the web servers use, and what renews them."""

import glob
import grp
import os
import re
import ssl

from ansible.module_utils.luytre.os import nginx_daemons
from ansible.module_utils.luytre.os.unit_states import read_states_of_units
from ansible.module_utils.luytre.parsers.web_servers.nginx_conf import BadConfig, load_nginx_config
from ansible.module_utils.luytre.parsers.x509 import BadCertificate, read_pem_certificate_chain
from ansible.module_utils.luytre_shared.files import ownership
from ansible.module_utils.luytre_shared.os import trusted_inputs
from ansible.module_utils.luytre_shared.os.area_reader import NotRun, describe_file_mode, read_text
from ansible.module_utils.luytre_shared.os.file_writers import add_content_doubt

MAX_CERTIFICATES = 500
APACHE_FILES = ("/etc/apache2/apache2.conf", "/etc/apache2/*-enabled/*.conf", "/etc/apache2/sites-enabled/*")
_APACHE_WORD = re.compile(
    r"^[ \t]*(SSLCertificateFile|SSLCertificateKeyFile|SSLCipherSuite)[ \t]+(?:\"([^\"\n]+)\"|([^\n]+))", re.I | re.M
)
_SOUND = re.compile(r"TLS_|(?:ECDHE|DHE)-(?:RSA|ECDSA|DSS)-.*(?:GCM|CCM|CHACHA20)")
"""Ciphers of TLS 1.3, and those older ones that keep what was said secret later on, too, and notice what was
changed.
"""
UNSET = "DEFAULT"
"""OpenSSL's own list, which stands for that of a server that is not told any."""
SOUND_CURVES = ("X25519", "prime256v1", "secp384r1")
HYBRID = "X25519MLKEM768"
"""What a recording of today keeps its secret by once quantum computers are there; OpenSSL knows it since 3.5."""
RENEWERS = ("certbot", "snap.certbot.renew", "acme*", "dehydrated", "lego*")
"""Names of timers, as patterns of files that enable them."""
_TIMER_LINK = "/etc/systemd/system/timers.target.wants/%s.timer"
_RENEWING_CRON = re.compile(
    r"^(?!\s*#).*\b(certbot\b.*\brenew|acme\.sh\b.*--cron|dehydrated\b.*(-c\b|--cron)|lego\b.*renew)", re.M
)


def collect_area_facts(reader):
    settings = list_configured_tls_files()
    keys = [
        add_content_doubt(mode, secret=True)
        for mode in map(describe_file_mode, list_private_key_files(settings))
        if mode
    ]
    certificates = [
        entry for entry in (read_first_certificate(path) for path in list_certificate_files(settings)) if entry
    ]
    try:
        weak, untold = find_weak_ciphers_in_lists(reader, [*settings["ciphers"], UNSET]), {}
    except NotRun as refusal:
        weak, untold = [], {"weak_ciphers": str(refusal)}
    return {
        "certificates": certificates,
        "keys": keys,
        "loose_keys": [mode for mode in keys if mode["doubt"] is not None or is_private_key_loose(mode["path"])],
        "weak_ciphers": weak,
        "sound_curves": list_sound_curves_of_openssl(ssl.OPENSSL_VERSION_INFO[:2]),
        "untold": untold,
        "renewals": find_certificate_renewers(reader),
    }


def list_sound_curves_of_openssl(version):
    """Return the curves that browsers choose, as an OpenSSL of this version knows them; Python's is the web
    servers'.
    """
    return [*([HYBRID] if version >= (3, 5) else []), *SOUND_CURVES]


def list_configured_tls_files():
    """Return ``{certificates, keys, ciphers}`` that the configurations of nginx and Apache name."""
    settings = {"certificates": [], "keys": [], "ciphers": []}
    for path in nginx_daemons.list_nginx_main_files():
        _add_tls_settings_of_nginx(settings, path)
    _add_tls_settings_of_apache(settings)
    settings["certificates"] += sorted(glob.glob("/etc/letsencrypt/live/*/fullchain.pem"))
    settings["keys"] += sorted(glob.glob("/etc/letsencrypt/live/*/privkey.pem"))
    return {kind: list(dict.fromkeys(values))[:MAX_CERTIFICATES] for kind, values in settings.items()}


def _add_tls_settings_of_nginx(settings, path):
    kinds = {"ssl_certificate": "certificates", "ssl_certificate_key": "keys", "ssl_ciphers": "ciphers"}
    try:
        blocks = list(load_nginx_config(path, read_text).top.block)
    except BadConfig:
        return
    while blocks:
        directive = blocks.pop(0)
        blocks += directive.block or []
        if directive.name in kinds and directive.args:
            value = directive.args[0]
            if kinds[directive.name] != "ciphers":
                if ":" in value or "$" in value:
                    continue
                value = os.path.join(os.path.dirname(path), value)
            settings[kinds[directive.name]].append(value)


def _add_tls_settings_of_apache(settings):
    kinds = {"sslcertificatefile": "certificates", "sslcertificatekeyfile": "keys", "sslciphersuite": "ciphers"}
    files = dict.fromkeys(path for pattern in APACHE_FILES for path in sorted(glob.glob(pattern)))
    for path in files:
        for word, in_quotes, bare in _APACHE_WORD.findall(read_text(path) or ""):
            value = (in_quotes or bare).strip()
            kind = kinds[word.lower()]
            if kind == "ciphers":
                value = value.split()[-1]
            elif "$" in value:
                continue
            else:
                value = os.path.join("/etc/apache2", value)
            settings[kind].append(value)


def list_certificate_files(settings):
    """Return paths of certificates, as the configurations name them."""
    return settings["certificates"]


def list_private_key_files(settings):
    """Return the files themselves that hold private keys.

    Links resolved, also a key kept in one file with its certificate.
    """
    mixed_files = [path for path in settings["certificates"] if "PRIVATE KEY-----" in (read_text(path) or "")]
    return sorted({os.path.realpath(path) for path in [*settings["keys"], *mixed_files]})


def is_private_key_loose(path):
    """Return whether anybody but root, and the group made for it, could read or change a key, or anybody run it."""
    status = os.lstat(path)
    return ownership.find_untrusted_changer_of_file(
        status, ownership.make_strictness_of_private_keys(_list_groups_allowed_to_read_keys())
    ) is not None or bool(status.st_mode & 0o7111)


def _list_groups_allowed_to_read_keys():
    try:
        return 0, grp.getgrnam("ssl-cert").gr_gid
    except KeyError:
        return (0,)


def read_first_certificate(path):
    """Return the certificate that a file begins with, or None when it holds none."""
    try:
        facts, length = read_pem_certificate_chain(read_text(path) or "")
    except BadCertificate:
        return None
    days = (facts["not_after"] - facts["not_before"]) // 86400
    return {"path": path, "chain_length": length, "lifetime_days": days, **facts}


def find_weak_ciphers_in_lists(reader, specs):
    """Return which cipher lists let in a cipher that is not sound, and which ones."""
    results = []
    for spec in specs:
        weak = ["SECLEVEL=0"] if "SECLEVEL=0" in spec.upper() else []
        if not spec.startswith("-") and reader.find_program("openssl"):
            names = (
                reader.run(["openssl", "ciphers", spec], ok=None, at_stake=[trusted_inputs.OPENSSL]).strip().split(":")
            )
            weak += [name for name in names if name and not _SOUND.match(name)]
        if weak:
            results.append({"spec": spec, "weak": weak[:10]})
    return results


def find_certificate_renewers(reader):
    """Return what renews certificates by itself on this host: of timers those that wait for their time now."""
    timer_names = [os.path.basename(path) for name in RENEWERS for path in sorted(glob.glob(_TIMER_LINK % name))]
    states = read_states_of_units(reader, timer_names) if timer_names else {}
    results = [name for name, state in states.items() if state["loaded"] and state["active"]]
    for path in ["/etc/crontab", *sorted(glob.glob("/etc/cron.d/*")), *sorted(glob.glob("/var/spool/cron/crontabs/*"))]:
        match = _RENEWING_CRON.search(read_text(path) or "")
        if match and not (path == "/etc/cron.d/certbot" and os.path.isdir("/run/systemd/system")):
            results.append("%s: %s" % (path, match.group(1).split()[0]))
    return results
