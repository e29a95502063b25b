"""One NukeViet, read as data: its settings, and the state of its site key. None of its code is run."""

from ansible.module_utils.luytre import _php, _php_settings
from ansible.module_utils.luytre._area_reader import read_text_below
from ansible.module_utils.luytre._php_settings import (
    convert_to_php_truth,
    convert_to_short_plain_value,
    convert_to_whole_number,
    describe_secret,
    is_text_set,
)

FILE, KEY_FILE = "data/config/config_global.php", "config.php"
PROTECTIONS = (
    *("XSSsanitize", "admin_XSSsanitize", "cookie_httponly"),
    *("crosssite_restrict", "crossadmin_restrict", "is_flood_blocker"),
)
"""What NukeViet has turned on by itself since 4.5; older versions know some of them only."""
NAMES = (
    *(
        "upload_checking_mode",
        "forbid_extensions",
        "is_login_blocker",
        "login_number_tracking",
        "two_step_verification",
    ),
    *("admfirewall", "block_admin_ip", "cookie_secure", "ftp_user_pass", *PROTECTIONS),
)


def collect_nukeviet_instance(application):
    """Return ``auditor.facts.web.wordpress.NukeViet``."""
    values = _read_nukeviet_global_config(application.path, FILE, NAMES)
    is_configured = values is not None
    values = values or dict.fromkeys(NAMES)
    key = (_read_nukeviet_global_config(application.path, KEY_FILE, ("sitekey",)) or {}).get("sitekey")
    text = read_text_below(application.path, FILE, _php_settings.MAX_READ) or ""
    return {
        "path": application.path,
        "version": application.read_version(),
        "configured": is_configured,
        "settings": {
            "debug": convert_to_php_truth(
                _php.read_php_constants(text.encode("utf-8", "replace"), ("NV_DEBUG",))["NV_DEBUG"]
            ),
            "upload_checking": convert_to_short_plain_value(values["upload_checking_mode"]),
            "forbidden_extensions": _convert_to_text_list(values["forbid_extensions"]),
            "login_blocker": convert_to_php_truth(values["is_login_blocker"]),
            "login_attempts": convert_to_whole_number(values["login_number_tracking"]),
            "two_step": convert_to_whole_number(values["two_step_verification"]),
            "admin_firewall": convert_to_php_truth(values["admfirewall"]),
            "admin_addresses": convert_to_php_truth(values["block_admin_ip"]),
            "cookie_secure": convert_to_php_truth(values["cookie_secure"]),
            "ftp_password": is_text_set(values["ftp_user_pass"]),
            "protections_off": [name for name in PROTECTIONS if convert_to_php_truth(values[name]) is False],
        },
        "secret": describe_secret(key, ()),
    }


def _read_nukeviet_global_config(path, file, names):
    values = _php_settings.read_settings_of_php_file(
        path, file, _php.GLOBAL, ["global_config.%s" % name for name in names]
    )
    return values and {name.partition(".")[2]: value for name, value in values.items()}


def _convert_to_text_list(value):
    """Return a list, also where it is one text with commas, as before 4.5."""
    if isinstance(value, str) and value != _php.UNKNOWN:
        value = value.split(",")
    if isinstance(value, list):
        return [item.strip().lower()[:20] for item in value[:100]]
    return None if value is None else _php.UNKNOWN
