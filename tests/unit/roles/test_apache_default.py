"""The virtual host that answers first for names nobody claims."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from typing import Any

from auditor.system import resources

_SPEC = spec_from_file_location("apache_rules", resources.get_roles_folder() / "apache/filter_plugins/apache.py")
assert _SPEC is not None and _SPEC.loader is not None
RULES = module_from_spec(_SPEC)
_SPEC.loader.exec_module(RULES)


def rules(*tls: dict[str, Any]) -> str:
    listen = {"address": "*", "port": 443, "tls": True, "default": False}
    vhosts = [{"file": "/etc/apache2/x.conf", "listens": [listen], "tls": one} for one in tls]
    first = {"names": ["a.test"], "answers": "file", "unclaimed": [], "listens": ["*:443"]}
    return str(RULES.default_rules({"vhosts": vhosts, "default_vhosts": [first]}))


def tls(name: str, ciphers: str | None = None, loads: str = "yes") -> dict[str, Any]:
    return {"certificate": f"/{name}.pem", "key": f"/{name}.key", "ciphers": ciphers, "loads": loads}


def test_it_shows_a_certificate_that_loads_and_else_keeps_the_ciphers_by_which_one_does() -> None:
    weak = tls("yeu", "DEFAULT@SECLEVEL=0", "no")
    assert "SSLCertificateFile /tot.pem" in rules(weak, tls("tot")) and "SECLEVEL" not in rules(weak, tls("tot"))
    assert "SSLCertificateFile /yeu.pem" in rules(weak) and "SSLCipherSuite DEFAULT@SECLEVEL=0\n" in rules(weak)
    assert "SSLCipherSuite" not in rules(tls("tot", "DEFAULT@SECLEVEL=0"))
    assert "SSLCipherSuite" not in rules(tls("yeu", "X\nInclude /x", "unknown"))
