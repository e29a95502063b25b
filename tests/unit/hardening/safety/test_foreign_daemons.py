"""What would be written beside the configuration in force is not written."""

from __future__ import annotations

from auditor.audit.controls import Fix
from auditor.hardening.safety import foreign_daemons

FIXES = {
    "nginx.autoindex": Fix(touches=("/etc/nginx/",)),
    "tls.protocols": Fix(touches=("/etc/nginx/", "/etc/apache2/")),
    "php_fpm.expose_php": Fix(touches=("/etc/php/",)),
    "ssh.root_login": Fix(touches=("/etc/ssh/sshd_config.d/",)),
}
PLACE = {"program": "/www/server/nginx/sbin/nginx", "file": "/www/server/nginx/conf/nginx.conf"}


def test_changes_to_what_runs_elsewhere_are_held_and_no_others() -> None:
    held = dict(
        foreign_daemons.find_controls_beside_configuration_in_force(
            FIXES, {"nginx": {"elsewhere": [PLACE]}, "php_fpm": {"elsewhere": []}}
        )
    )
    assert set(held) == {"nginx.autoindex", "tls.protocols"}
    assert "/www/server/nginx/conf/nginx.conf" in held["nginx.autoindex"].en
    assert set(
        dict(foreign_daemons.find_controls_beside_configuration_in_force(FIXES, {"php_fpm": {"elsewhere": [PLACE]}}))
    ) == {"php_fpm.expose_php"}
    assert dict(foreign_daemons.find_controls_beside_configuration_in_force(FIXES, {"nginx": {"elsewhere": []}})) == {}
