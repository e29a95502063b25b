"""PHP inside Apache: what its own php.ini, the ini files after it and Apache's directives come to. Read, not run."""

import glob
import re

from ansible.module_utils.luytre_shared.os.area_reader import read_text

LOAD_FILES = "/etc/apache2/mods-enabled/php*.load"
CONFIG_PATTERNS = ("/etc/apache2/conf-enabled/*.conf", "/etc/apache2/sites-enabled/*")
INI = "/etc/php/%s/apache2"
ENVVARS = "/etc/apache2/envvars"
BACKEND = "mod_php"
MAX_FILES = 500
DEFAULTS = {
    "expose_php": "1",
    "display_errors": "1",
    "display_startup_errors": "1",
    "log_errors": "1",
    "allow_url_fopen": "1",
    "session.use_only_cookies": "1",
    "cgi.fix_pathinfo": "1",
    "file_uploads": "1",
    "upload_max_filesize": "2M",
    "post_max_size": "8M",
    "memory_limit": "128M",
}
"""What PHP itself takes where no file says anything."""
_DIRECTIVE = re.compile(r"(?mi)^[ \t]*php_(?:admin_)?(?:value|flag)[ \t]+\"?([\w.]+)\"?[ \t]+(\"[^\"\n]*\"|\S+)")


def list_apache_php_versions():
    """Return the versions that Apache loads, which is one at most where its files are as the packages leave them."""
    matches = re.findall(
        r"/php(\d{1,2}\.\d{1,2})\.load\n", "".join(path + "\n" for path in sorted(glob.glob(LOAD_FILES)))
    )
    return sorted(set(matches))


def read_mod_php_settings(version, ini_values):
    """Return the values of php.ini and of what is read after it, by name."""
    folder = INI % version
    values = dict(DEFAULTS)
    for path in [folder + "/php.ini", *sorted(glob.glob(folder + "/conf.d/*.ini"))[:MAX_FILES]]:
        values.update(ini_values(read_text(path) or ""))
    return values


def find_php_overrides_in_apache(keys):
    """Return ``{file: {setting: value}}`` of what Apache's enabled files set again."""
    changes = {}
    for pattern in CONFIG_PATTERNS:
        for path in sorted(glob.glob(pattern))[:MAX_FILES]:
            own = {name: value.strip('"') for name, value in _DIRECTIVE.findall(read_text(path) or "") if name in keys}
            if own:
                changes[path] = own
    return changes


def get_apache_user():
    """Return the account that Apache's processes run as."""
    match = re.search(r"(?m)^\s*export APACHE_RUN_USER=[\"']?([a-z_][\w.-]*)", read_text(ENVVARS) or "")
    return match.group(1) if match else "www-data"
