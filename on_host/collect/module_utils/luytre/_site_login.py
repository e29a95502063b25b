"""How an application's own account comes into its database, as its configuration says.

A password is handed to the client alone.
"""

from ansible.module_utils.luytre import _php, _php_settings, _site_database, wordpress
from ansible.module_utils.luytre_shared.applications import joomla

_JOOMLA = ("dbtype", "user", "password", "host", "db", "dbprefix")
_NUKEVIET = tuple("db_config.%s" % name for name in ("dbuname", "dbpass", "dbhost", "dbname", "prefix"))


def get_wordpress_login(path):
    """Return ``(login, prefix of its tables)`` of the application in a folder, None when none is configured there.

    Raises DatabaseUnanswered.
    """
    _, content = wordpress.read_wp_config(path)
    if content is None:
        return None
    prefix = _php.find_variable_text(content, "table_prefix") or "wp_"
    return wordpress.make_wordpress_login(_php.read_php_constants(content, wordpress.LOGIN), prefix), prefix


def get_joomla_login(path):
    """Return ``(login, prefix of its tables)`` of the Joomla in a folder, None when none is configured there.

    Raises DatabaseUnanswered.
    """
    values = _php_settings.read_settings_of_php_file(path, joomla.FILE, _php.PROPERTY, _JOOMLA)
    if values is None or all(values[name] is None for name in _JOOMLA):
        return None
    return joomla.make_joomla_login(values), values["dbprefix"]


def get_nukeviet_login(path):
    """Return ``(login, prefix of its tables)`` of the NukeViet in a folder, None when none is configured there.

    Raises DatabaseUnanswered.
    """
    return _make_login_and_prefix(
        _php_settings.read_settings_of_php_file(path, "config.php", _php.GLOBAL, list(_NUKEVIET)), _NUKEVIET
    )


def _make_login_and_prefix(values, names):
    if values is None or all(values[name] is None for name in names):
        return None
    return _site_database.make_plain_login(*(values[name] for name in names)), values[names[-1]]


BY_KIND = {"wordpress": get_wordpress_login, "joomla": get_joomla_login, "nukeviet": get_nukeviet_login}
