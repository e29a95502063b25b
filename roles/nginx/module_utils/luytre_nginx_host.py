"""The host's side of the nginx modules: reading its files, and which of them root alone can change."""

import os
import ssl
import time

from ansible.module_utils.luytre.parsers.web_servers.nginx_conf import BadConfig
from ansible.module_utils.luytre.web import tls
from ansible.module_utils.luytre.web_servers.nginx.nginx_blocks import iter_block_and_inner_blocks
from ansible.module_utils.luytre_change import corrections
from ansible.module_utils.luytre_change.permissions import CorrectionResult
from ansible.module_utils.luytre_nginx import decide, https_names, read_config
from ansible.module_utils.luytre_shared.files import ownership, safe_open
from ansible.module_utils.luytre_shared.os.area_reader import AreaReader, UnreadableFact

CONFIG = "/etc/nginx/nginx.conf"
FOLDER = "/etc/nginx"
MAX_FILE = 2_000_000
ARGUMENTS = {
    "enforce": {"type": "dict", "required": True},
    "sites": {"type": "list", "elements": "dict", "default": []},
    "settings": {"type": "dict", "default": {}},
    **corrections.TIGHTEN,
}


def read_bytes(path):
    """Return a file whole, as text that keeps every byte; None when there is none or it is too large."""
    try:
        return safe_open.read_text(path, MAX_FILE)
    except OSError:
        return None


def editable(path, trust=None):
    """Return whether a file lies below /etc/nginx, and it and every folder on the way belong to root alone."""
    real = os.path.realpath(path)
    loose = (trust or ownership.PathTrust()).describe_first_changer_on_path(real)
    return real.startswith(FOLDER + "/") and os.path.exists(real) and loose is None


def predict_corrections(module):
    """Return the CorrectionResult that putting right will come to, which comes before the configuration is changed.

    Fails the module when it cannot be told.
    """
    try:
        return corrections.apply_permission_corrections_by_params("nginx", module.params, True)
    except (OSError, UnreadableFact, ValueError) as error:
        module.fail_json(msg=str(error))


def decision_for(module, ahead=None):
    """Return ``(config, Decision)`` on this host, once it is as ``ahead`` (a CorrectionResult) tells.

    Fails the module when the configuration is not understood.
    """
    enforce, sites, settings = (module.params[name] for name in ("enforce", "sites", "settings"))
    ahead = ahead or CorrectionResult()
    trust = ownership.PathTrust(lstat=lambda path: ahead.after.get(path) or os.lstat(path))
    try:
        config = read_config(CONFIG, read_bytes, tuple(ahead.aside))
    except BadConfig as error:
        module.fail_json(msg="nginx's configuration is not understood: %s" % error)
    reading = AreaReader({}, 20)
    settings = dict(settings)
    if "tls.ciphers" in enforce:
        lists = {
            d.args[0]
            for level in iter_block_and_inner_blocks(config.http)
            for d in level.list_own_directives("ssl_ciphers")
            if d.args
        }
        settings["weak_ciphers"] = [cipher["spec"] for cipher in tls.find_weak_ciphers_in_lists(reading, sorted(lists))]
    if "tls.curves" in enforce:
        settings["sound_curves"] = tls.list_sound_curves_of_openssl(ssl.OPENSSL_VERSION_INFO[:2])
    if enforce.get("tls.redirect"):
        settings["covered"] = https_names(config, sites, tls.read_first_certificate, int(time.time()))
    return config, decide(config, enforce, sites, settings, lambda path: editable(path, trust), os.path.islink)
