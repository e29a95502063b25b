"""Whether a daemon would start with its files as they are, by its own test."""

import re

from ansible.module_utils.luytre import _php_daemons, _php_trusted_inputs, apache, mariadb, nginx, php_fpm

PHP_FPM = re.compile(r"php([0-9.]+)-fpm\.service$")


def find_fault(unit, reading):
    """Return why a unit's daemon would not start as it is now, or None; one without a test of its own is taken to.

    Raises Unreadable.
    """
    version = PHP_FPM.match(unit)
    if version:
        program = "php-fpm" + version.group(1)
        read, writable_paths = _php_trusted_inputs.list_test_paths(
            _php_daemons.make_packaged(program, version.group(1))
        )
        argv = [program, *_php_trusted_inputs.WITHOUT, "-t"]
        return php_fpm.find_refusal(reading.run(argv, ok=None, both=True, at_stake=read, writes=writable_paths))
    if unit in ("nginx.service", "apache2.service"):
        facts = (nginx if unit == "nginx.service" else apache).test_configuration(reading)
        return facts["untold"].get("config_ok") or ("" if facts["config_ok"] else facts["config_message"]) or None
    if unit == "mariadb.service":
        return mariadb.find_start_fault(reading) or None
    if unit == "postfix.service":
        reading.run(["postfix", "check"], both=True, at_stake=["/etc/postfix", "/etc/postfix/main.cf"])
    return None
