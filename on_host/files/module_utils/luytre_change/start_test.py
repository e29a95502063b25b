"""Whether a daemon would start with its files as they are, by its own test."""

import re

from ansible.module_utils.luytre.os import php_daemons
from ansible.module_utils.luytre.web import mariadb, php_fpm
from ansible.module_utils.luytre.web_servers import php_trusted_inputs
from ansible.module_utils.luytre.web_servers.apache import apache_config_test
from ansible.module_utils.luytre.web_servers.nginx import nginx_config_files
from ansible.module_utils.luytre_shared.os.area_reader import WITH_ERRORS

PHP_FPM = re.compile(r"php([0-9.]+)-fpm\.service$")


def find_reason_daemon_would_not_start(unit, reader):
    """Return why a unit's daemon would not start as it is now, or None; one without a test of its own is taken to.

    Raises UnreadableFact.
    """
    version = PHP_FPM.match(unit)
    if version:
        program = "php-fpm" + version.group(1)
        read, writable_paths = php_trusted_inputs.list_fpm_test_paths(
            php_daemons.make_packaged_fpm(program, version.group(1))
        )
        argv = [program, *php_trusted_inputs.WITHOUT, "-t"]
        return php_fpm.find_first_fault_in_fpm_test(
            reader.run(argv, ok=None, at_stake=read, writes=writable_paths, output=WITH_ERRORS)
        )
    if unit in ("nginx.service", "apache2.service"):
        test = (
            nginx_config_files.test_nginx_configuration
            if unit == "nginx.service"
            else apache_config_test.test_apache_configuration
        )
        facts = test(reader)
        return facts["untold"].get("config_ok") or ("" if facts["config_ok"] else facts["config_message"]) or None
    if unit == "mariadb.service":
        return mariadb.find_mariadb_start_fault(reader) or None
    if unit == "postfix.service":
        reader.run(["postfix", "check"], at_stake=["/etc/postfix", "/etc/postfix/main.cf"], output=WITH_ERRORS)
    return None
