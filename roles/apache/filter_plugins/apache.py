"""Apache's change, worked out from what is in force: never looser than it, and the same again on the next run."""

from __future__ import annotations

import re

ROOT = "/etc/apache2"
HEAD = "# Luy Tre: rendered by hardening, changes here are lost.\n"
ARCHIVE_NAMES = (
    "(?:[^/]*[._-])?(?:backup|bak|dump|db|database|sql|site|www|web|website|wwwroot|htdocs|public_html|source|src|code"
    "|wordpress|joomla|nukeviet)(?:[._-][^/]*)?"
)
"""Names that archives of a site have, and no document."""
PHP_NEVER = "@PHP_NEVER@"
"""What the module ``apache_config`` puts the pattern of URIs for at which no PHP may run: hosts' modules know it."""
PRIVATE = re.compile(r"\^/\(\?:[A-Za-z0-9_./\\|\[\]^+$-]{1,4000}\)")
"""Patterns in the form that the collector gives them: nothing else of a host's gets into its configuration."""
DENY_RULE = (
    '<LocationMatch "{}">\n'
    "    Require all denied\n"
    "    <IfModule access_compat_module>\n"
    "        Satisfy All\n"
    "    </IfModule>\n"
    "</LocationMatch>\n"
)
HEADER = 'Header always unset {0} "expr=%{{resp:{0}}} !~ /{2}/i"\nHeader set {0} "{1}" "expr=%{{resp:{0}}} !~ /{2}/i"\n'

SITE_RULES = {
    "apache.options_indexes": '<Location "/">\n    Options -Indexes\n</Location>\n',
    "apache.hidden_files": DENY_RULE.format(r"/\.(?!well-known(?:/|$))"),
    "apache.backup_files": DENY_RULE.format(
        r"(?i)(?:\.(?:sql(?:\.(?:gz|bz2|xz|zst|zip|7z))?|bak|old|orig|save|sw[op])|~)$"
    )
    + DENY_RULE.format(rf"(?i)^/{ARCHIVE_NAMES}\.(?:zip|rar|7z|tgz|tbz2|txz|tar(?:\.(?:gz|bz2|xz|zst))?)$"),
    "apache.upload_exec": DENY_RULE.format(f"(?i){PHP_NEVER}"),
    "apache.methods": (
        '<If "%{REQUEST_METHOD} !~ /^(?:DELETE|GET|HEAD|OPTIONS|PATCH|POST|PUT)$/">\n'
        "    Require all denied\n"
        "    <IfModule access_compat_module>\n"
        "        Satisfy All\n"
        "    </IfModule>\n"
        "</If>\n"
    ),
    "apache.nosniff": HEADER.format("X-Content-Type-Options", "nosniff", "^nosniff$"),
    "apache.frame": HEADER.format("X-Frame-Options", "SAMEORIGIN", "^(?:deny|sameorigin)$"),
    "apache.referrer": HEADER.format(
        "Referrer-Policy", "strict-origin-when-cross-origin", "^(?:no-referrer|same-origin|strict-origin)"
    ),
    "apache.permissions_policy": HEADER.format(
        "Permissions-Policy",
        "camera=(self), microphone=(self), geolocation=(self), payment=(), usb=(), serial=(), hid=(), bluetooth=(), "
        "midi=()",
        ".",
    ),
    "apache.content_policy": (
        "Header set Content-Security-Policy-Report-Only \"default-src 'self'; script-src 'self' 'unsafe-inline' "
        "'unsafe-eval'; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data: https:; font-src 'self' data:; object-src 'none'; "
        "base-uri 'self'; form-action 'self'; frame-ancestors 'self'\" "
        '"expr=-z %{resp:Content-Security-Policy} && -z %{resp:Content-Security-Policy-Report-Only}"\n'
    ),
    "wordpress.xmlrpc": DENY_RULE.format(r"(?i)^/xmlrpc\.php(?:/|$)"),
}
HEADER_CONTROLS = {
    *("apache.nosniff", "apache.frame", "apache.referrer", "apache.permissions_policy", "apache.content_policy"),
}
CLOSED_ROOT = "<Directory />\n    AllowOverride None\n    Require all denied\n</Directory>\n"
SLOW_REQUESTS = (
    "<IfModule reqtimeout_module>\n    RequestReadTimeout header=20-40,MinRate=500 body=20,MinRate=500\n</IfModule>\n"
)
SOUND_PROTOCOLS = ("TLSv1.2", "TLSv1.3")
SOUND_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
CIPHERS = re.compile(r"[A-Za-z0-9:@=+!._-]{1,1000}")
UNSET_CIPHERS = "DEFAULT"
"""What stands for the list of a server that is not told any, among the weak ones."""
REDIRECT = 'RedirectMatch permanent "^(?!/\\.well-known/acme-challenge/)(.*)$" "https://{}$1"\n'
ANSWERS = ("file", "php", "proxied")
CATCH_ALL = 'ServerName catch-all.invalid\n<Location "/">\n    Require all denied\n</Location>\n'


def change(document, enforced_controls, applied_controls, sites, longest):
    """Return parameters of the module ``apache_config``, by the facts of Apache and TLS that were collected.

    ``longest``: seconds that Timeout may last.
    """
    facts, tls = (document["areas"][area]["data"] for area in ("apache", "tls"))
    now = document["collected_at"]
    contexts = {timeout["context"] for timeout in facts["timeouts"]}
    every = every_vhost(facts)
    files, includes = {}, {}
    for site in sites:
        places, vhosts = _find_places_and_vhosts_of_site(site, every, contexts)
        rules = site_rules(site["domain"], places, facts, enforced_controls, longest)
        rules.update(private_rules(site["domain"], vhosts, enforced_controls))
        text = _text({**rules, **tls_rules(site["domain"], vhosts, enforced_controls, tls)})
        redirect = redirect_rules(site["domain"], vhosts, enforced_controls, tls, now)
        if redirect:
            files[f"{ROOT}/luytre/{site['domain']}.http.conf"] = redirect
            includes[f"{ROOT}/luytre/{site['domain']}.http.conf"] = [
                place(vhost) for vhost in vhosts if _is_plain(vhost)
            ]
        if places and text:
            files[f"{ROOT}/luytre/{site['domain']}.conf"] = text
            includes[f"{ROOT}/luytre/{site['domain']}.conf"] = places
    host = host_rules(facts, enforced_controls, longest, tls)
    links = {}
    if host:
        files[f"{ROOT}/conf-available/luytre.conf"] = host
        links[f"{ROOT}/conf-enabled/zz-luytre.conf"] = "../conf-available/luytre.conf"
    if "apache.default_site" in enforced_controls:
        catch_all = default_rules(facts)
        if catch_all:
            files[f"{ROOT}/conf-available/luytre-default.conf"] = catch_all
            links[f"{ROOT}/conf-enabled/00-luytre-default.conf"] = "../conf-available/luytre-default.conf"
    return {
        "files": files,
        "links": links,
        "includes": includes,
        "include_last": f"{ROOT}/conf-available/luytre.conf" if host and facts["settings_after_ours"] else "",
        "enable": _list_modules_to_enable(facts, applied_controls, has_includes=bool(includes)),
        "disable": facts["unneeded_modules"] if "apache.modules" in applied_controls else [],
    }


def _find_places_and_vhosts_of_site(site, vhosts, contexts):
    names = {site["domain"], *site.get("aliases", [])}
    places = [place(vhost) for vhost in vhosts if names & set(vhost["names"]) and place(vhost) in contexts]
    return places, [vhost for vhost in vhosts if place(vhost) in places]


def _list_modules_to_enable(facts, applied_controls, has_includes):
    return [
        name
        for name, controls in (("headers", HEADER_CONTROLS), ("reqtimeout", {"apache.reqtimeout"}))
        if controls & set(applied_controls) and name not in facts["modules"] and (name != "headers" or has_includes)
    ]


def every_vhost(facts):
    """Return all virtual hosts, those too whose patterns could not be worked out.

    What a site's people write takes no rule away.
    """
    return [*facts["vhosts"], *facts.get("unread_vhosts", [])]


def place(vhost):
    """Return where a virtual host begins."""
    return f"{vhost['file']}:{vhost['line']}"


def site_rules(domain, places, facts, enforced_controls, longest):
    """Return what a site's virtual hosts end with."""
    rules = {control: rule for control, rule in SITE_RULES.items() if domain in enforced_controls.get(control, [])}
    seconds = [timeout["seconds"] for timeout in facts["timeouts"] if timeout["context"] in places]
    if "apache.timeouts" in enforced_controls and seconds:
        rules["apache.timeouts"] = f"Timeout {_limit_timeout(min(seconds), longest)}\n"
    if "apache.trace" in enforced_controls:
        rules["apache.trace"] = "TraceEnable Off\n"
    if "apache.server_signature" in enforced_controls:
        rules["apache.server_signature"] = '<Location "/">\n    ServerSignature Off\n</Location>\n'
    if "apache.root_denied" in enforced_controls:
        rules["apache.root_denied"] = CLOSED_ROOT
    return rules


def private_rules(domain, vhosts, enforced_controls):
    """Return what closes the files that a site's application keeps to itself."""
    patterns = {
        vhost.get("private_pattern", "") for vhost in vhosts if domain in enforced_controls.get("web.private_files", [])
    }
    sound = sorted(pattern for pattern in patterns if PRIVATE.fullmatch(pattern))
    return {"web.private_files": "".join(map(DENY_RULE.format, sound))} if sound else {}


def tls_rules(domain, vhosts, enforced_controls, tls):
    """Return how a site's virtual hosts speak TLS: what they speak now without the old and the weak."""
    tls_settings = [vhost["tls"] for vhost in vhosts if vhost["tls"]]
    weak = {SOUND_CIPHERS, *(cipher["spec"] for cipher in tls["weak_ciphers"])}
    rules = {}
    if tls_settings and domain in enforced_controls.get("tls.protocols", []):
        rules["tls.protocols"] = _protocols(tls_settings)
    if domain in enforced_controls.get("tls.ciphers", []) and any(
        (vhost_tls["ciphers"] or UNSET_CIPHERS) in weak for vhost_tls in tls_settings
    ):
        rules["tls.ciphers"] = f"SSLCipherSuite {SOUND_CIPHERS}\n"
    sound = tls.get("sound_curves", [])
    if (
        sound
        and domain in enforced_controls.get("tls.curves", [])
        and any(_offers_others(vhost_tls, sound) for vhost_tls in tls_settings)
    ):
        rules["tls.curves"] = f"SSLOpenSSLConfCmd Curves {':'.join(sound)}\n"
    return rules


def _offers_others(vhost_tls, sound):
    """Return whether a virtual host offers other curves than the sound ones, or just those, as this role has it."""
    curves = vhost_tls.get("curves") or []
    return not curves or bool(set(curves) - set(sound)) or set(curves) == set(sound)


def _protocols(tls_settings):
    protocols = [name for name in SOUND_PROTOCOLS if any(name in vhost_tls["protocols"] for vhost_tls in tls_settings)]
    return f"SSLProtocol -all {' '.join('+' + name for name in protocols or SOUND_PROTOCOLS)}\n"


def redirect_rules(domain, vhosts, enforced_controls, tls, now):
    """Return what a site's plain virtual hosts end with, where HTTPS on port 443 works for the domain today."""
    certificates = {certificate["path"]: certificate for certificate in tls["certificates"]}
    works = any(
        _is_good(certificates.get(vhost["tls"]["certificate"]), domain, now)
        for vhost in vhosts
        if vhost["tls"] and any(listen["tls"] and listen["port"] == 443 for listen in vhost["listens"])
    )
    if (
        domain not in enforced_controls.get("tls.redirect", [])
        or not works
        or not any(_is_plain(vhost) for vhost in vhosts)
    ):
        return ""
    return _text({"tls.redirect": REDIRECT.format(domain)})


def _is_good(certificate, domain, now):
    if certificate is None or certificate["self_signed"]:
        return False
    matching_names = {domain, "*." + domain.partition(".")[2]} & set(certificate["names"])
    return bool(matching_names) and certificate["not_before"] <= now < certificate["not_after"]


def _is_plain(vhost):
    return not any(listen["tls"] for listen in vhost["listens"])


def host_rules(facts, enforced_controls, longest, tls=None):
    """Return what counts for the whole server."""
    main = next((timeout["seconds"] for timeout in facts["timeouts"] if timeout["context"] == "main"), longest)
    grants = "".join(f'<Directory "{root}">\n    Require all granted\n</Directory>\n' for root in facts["needs_grant"])
    rules = {
        "apache.server_tokens": "ServerTokens Prod\n",
        "apache.server_signature": "ServerSignature Off\n",
        "apache.trace": "TraceEnable Off\n",
        "apache.timeouts": f"Timeout {_limit_timeout(main, longest)}\n",
        "apache.root_denied": CLOSED_ROOT + grants,
    }
    if not facts["slow_requests_cut"] or "requestreadtimeout" in facts["ours"]:
        rules["apache.reqtimeout"] = SLOW_REQUESTS
    tls_settings = [vhost["tls"] for vhost in every_vhost(facts) if vhost["tls"]]
    if tls_settings:
        rules["tls.protocols"] = _protocols(tls_settings)
    sound = (tls or {}).get("sound_curves")
    if tls_settings and sound:  # the first virtual host of an address offers its own before the name is known
        command = f"    SSLOpenSSLConfCmd Curves {':'.join(sound)}\n"
        rules["tls.curves"] = f"<IfModule ssl_module>\n{command}</IfModule>\n"
    return _text({control: rule for control, rule in rules.items() if control in enforced_controls})


def default_rules(facts):
    """Return virtual hosts that answer first for names nobody claims.

    There are none where a declared site would lose its pages by it.
    """
    others = [vhost for vhost in every_vhost(facts) if not _is_catch_all(vhost)]
    already = set(_list_tls_by_address(vhost for vhost in every_vhost(facts) if _is_catch_all(vhost)))
    open_now = {
        address
        for entry in facts["default_vhosts"]
        if entry["names"] and entry["answers"] in ANSWERS and not entry["unclaimed"]
        for address in entry["listens"]
    }
    blocks = []
    for address, settings in sorted(_list_tls_by_address(others).items()):
        tls = _choose_tls_to_show(settings)
        if address in already | open_now and not (tls and not tls["certificate"]):
            rule = CATCH_ALL + (_certificate(tls) if tls else "")
            inside = "".join(f"    {line}\n" for line in rule.splitlines())
            blocks.append(f"<VirtualHost {address}>\n{inside}</VirtualHost>\n")
    return _text({"apache.default_site": "".join(blocks)}) if blocks else ""


def _list_tls_by_address(vhosts):
    """Return each address with how its virtual hosts speak TLS there, None for one that does not."""
    members = {}
    for vhost in vhosts:
        for listen in vhost["listens"]:
            members.setdefault(f"{listen['address']}:{listen['port']}", []).append(
                vhost["tls"] if listen["tls"] else None
            )
    return members


def _choose_tls_to_show(settings):
    """Return that of the first virtual host whose certificate loads, else of the first that speaks TLS."""
    tls_entries = [entry for entry in settings if entry]
    return next(
        (entry for entry in tls_entries if entry.get("loads") == "yes"), tls_entries[0] if tls_entries else None
    )


def _certificate(tls):
    """Return what shows a certificate.

    One that does not load without the ciphers of its own virtual host has them here, too.
    """
    key = f"SSLCertificateKeyFile {tls['key']}\n" if tls["key"] else ""
    has_own_ciphers = tls.get("loads") != "yes" and CIPHERS.fullmatch(tls["ciphers"] or "")
    ciphers = f"SSLCipherSuite {tls['ciphers']}\n" if has_own_ciphers else ""
    return f"SSLEngine on\nSSLCertificateFile {tls['certificate']}\n{key}{ciphers}"


def _is_catch_all(vhost):
    return vhost["file"].endswith("luytre-default.conf")


def _limit_timeout(seconds, longest):
    return max(5, min(seconds, longest))


def _text(rules):
    return HEAD + "\n".join(f"# {control}\n{rule}" for control, rule in sorted(rules.items())) if rules else ""


class FilterModule:
    """Found by Ansible in any play that uses the role."""

    def filters(self):
        return {"apache_change": change}
