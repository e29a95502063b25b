"""Whether a daemon would start with its files as they are, by its own test."""

import re

from ansible.module_utils.luytre import _php_daemons, _php_stake, apache, mariadb, nginx, php_fpm

PHP_FPM = re.compile(r"php([0-9.]+)-fpm\.service$")


def fault(unit, reading):
    """Why a unit's daemon would not start as it is now, or None; one without a test of its own is taken to. Raises Unreadable."""
    version = PHP_FPM.match(unit)
    if version:
        program = "php-fpm" + version.group(1)
        read, written = _php_stake.at_stake(_php_daemons.packaged(program, version.group(1)))
        argv = [program, *_php_stake.WITHOUT, "-t"]
        return php_fpm.refusal(reading.run(argv, ok=None, both=True, at_stake=read, writes=written))
    if unit in ("nginx.service", "apache2.service"):
        facts = (nginx if unit == "nginx.service" else apache).tested(reading)
        return facts["untold"].get("config_ok") or ("" if facts["config_ok"] else facts["config_message"]) or None
    if unit == "mariadb.service":
        return mariadb.start_fault(reading) or None
    if unit == "postfix.service":
        reading.run(["postfix", "check"], both=True, at_stake=["/etc/postfix", "/etc/postfix/main.cf"])
    return None
