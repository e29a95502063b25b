"""What is wanted of the files of web servers, of MariaDB and of TLS."""

import os

from ansible.module_utils.luytre.web import apache, mariadb, tls
from ansible.module_utils.luytre.web_servers.nginx import nginx_config_files
from ansible.module_utils.luytre_change.permissions import Correction


def list_corrections_of_apache_config():
    """Return what is loose below /etc/apache2."""
    return [Correction(each["path"], 0o7755) for each in apache.find_loose_apache_files()]


def list_corrections_of_nginx_config():
    """Return what of /etc/nginx is loose."""
    return [Correction(mode["path"], 0o7755) for mode in nginx_config_files.find_loose_paths_below_etc_nginx()]


def list_corrections_of_mysql_option_files():
    """Return option files, root's to write alone; those with a password for no others to read."""
    folders = [Correction(folder, 0o7755) for folder, _folders, _names in os.walk("/etc/mysql")]
    return folders + [
        Correction(each["path"], 0o750 if each["holds_password"] else 0o755)
        for each in mariadb.list_mariadb_config_files()
        if each["loose"]
    ]


def list_corrections_of_tls_private_keys():
    """Return the private keys in use, root's and the group's that is made for them."""
    return [
        Correction(path, 0o640, groups=("ssl-cert", "root"), secret=True)
        for path in tls.list_private_key_files(tls.list_configured_tls_files())
    ]
