"""How an application's own account comes into its database, as its configuration says. A password is handed to the client alone."""

from ansible.module_utils.luytre import _joomla, _php, _php_settings, _site_database, wordpress

_JOOMLA = ("dbtype", "user", "password", "host", "db", "dbprefix")
_NUKEVIET = tuple("db_config.%s" % name for name in ("dbuname", "dbpass", "dbhost", "dbname", "prefix"))


def of_wordpress(path):
    """``(login, prefix of its tables)`` of the application in a folder, None when none is configured there. Raises NotAsked."""
    _, content = wordpress.configuration(path)
    if content is None:
        return None
    prefix = _php.variable(content, "table_prefix") or "wp_"
    return wordpress.own_login(_php.constants(content, wordpress.LOGIN), prefix), prefix


def of_joomla(path):
    """The same of Joomla."""
    values = _php_settings.read(path, _joomla.FILE, _php.PROPERTY, _JOOMLA)
    if values is None or all(values[name] is None for name in _JOOMLA):
        return None
    return _joomla.login_of(values), values["dbprefix"]


def of_nukeviet(path):
    """The same of NukeViet."""
    return _plain(_php_settings.read(path, "config.php", _php.GLOBAL, list(_NUKEVIET)), _NUKEVIET)


def _plain(values, names):
    if values is None or all(values[name] is None for name in names):
        return None
    return _site_database.plain_login(*(values[name] for name in names)), values[names[-1]]


BY_KIND = {"wordpress": of_wordpress, "joomla": of_joomla, "nukeviet": of_nukeviet}
