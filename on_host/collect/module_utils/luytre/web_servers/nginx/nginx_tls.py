"""What a server of nginx's offers over TLS."""

import os

from ansible.module_utils.luytre.web_servers.nginx import nginx_listens


def describe_tls(model, groups, server, version):
    """Return TLS as it is offered.

    Protocols count what the default server of the address allows too, since it speaks first.
    """
    speakers = [server]
    for address, port, _options in nginx_listens.parse_listen_directives(server):
        if nginx_listens.is_listen_tls(groups, address, port):
            speakers.append(groups[(address, port)][0])
    protocols = [
        protocol
        for level in speakers
        if not is_tls_handshake_rejected(level)
        for directives in [model.list_directives_in_force(level, "ssl_protocols")]
        for protocol in (directives[-1].args if directives else _list_default_tls_protocols(version))
    ]
    # What is offered before the name is known is the first server's of the address: its curves are those of all.
    curves = [
        model.get_setting_in_force(level, "ssl_ecdh_curve")
        for level in speakers
        if not is_tls_handshake_rejected(level)
    ] or [None]
    return {
        "certificate": _get_value_if_file_path(model, model.get_setting_in_force(server, "ssl_certificate")),
        "key": _get_value_if_file_path(model, model.get_setting_in_force(server, "ssl_certificate_key")),
        "protocols": sorted(set(protocols)),
        "ciphers": model.get_setting_in_force(server, "ssl_ciphers"),
        "curves": []
        if any(curve_list in (None, "auto") for curve_list in curves)
        else sorted({name for curve_list in curves for name in curve_list.split(":")}),
        "pairs": _list_certificate_and_key_pairs(model, server),
    }


def _list_certificate_and_key_pairs(model, server):
    """Return every certificate that a server shows, with its key."""
    files = [
        [_get_value_if_file_path(model, d.args[0]) for d in model.list_directives_in_force(server, name) if d.args]
        for name in ("ssl_certificate", "ssl_certificate_key")
    ]
    return [{"certificate": certificate, "key": key} for certificate, key in zip(*files)][:20]


def is_tls_handshake_rejected(server):
    own = server.list_own_directives("ssl_reject_handshake")
    return bool(own) and own[-1].args == ["on"]


def _list_default_tls_protocols(version):
    numbers = tuple(int(part) for part in version.split(".") if part.isdigit())
    if numbers and numbers < (1, 23, 4):
        return ["TLSv1", "TLSv1.1", "TLSv1.2"]
    if numbers and numbers < (1, 27, 3):
        return ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"]
    return ["TLSv1.2", "TLSv1.3"]


def _get_value_if_file_path(model, value):
    """Return a path; a key or certificate written into the configuration itself stays on the host."""
    if value is None or value.startswith("/"):
        return value
    scheme = value.partition(":")[0] if ":" in value else ""
    return scheme + ":" if scheme in ("data", "engine", "store") else _resolve_path_from_config_folder(model, value)


def _resolve_path_from_config_folder(model, value):
    return os.path.join(os.path.dirname(model.config.top.file), value)
