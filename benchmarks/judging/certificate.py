"""A valid certificate for a host's site, by the lab's own authority: for 90 days, as public authorities give them."""

from __future__ import annotations

import datetime as dt
import shlex
from collections.abc import Callable

from auditor import lab
from auditor.lab import ca

DAYS = 90
PLACES = {
    "web1": ("/etc/nginx/ssl/antruc.test.crt", "/etc/nginx/ssl/antruc.test.key", "nginx"),
    "web2": ("/etc/ssl/certs/bennua.test.crt", "/etc/ssl/private/bennua.test.key", "apache2"),
}
"""Where a host's site has its certificate and key, and the service that reads them."""


def renew(host: str, run: Callable[[str], str]) -> None:
    """Put a new key and certificate in the place of those of the host's site."""
    (domain, site), *_ = lab.load_lab_spec().hosts[host].sites.items()
    today = dt.datetime.now(dt.UTC).date()
    period = today - dt.timedelta(days=1), today + dt.timedelta(days=DAYS - 1)
    made = ca.issue_certificate(lab.get_lab_state_in_use().ca_certificate_file, domain, site, today, period=period)
    *places, service = PLACES[host]
    wanted = zip(places, made, strict=True)
    written = [f"printf %s {shlex.quote(text)} >{place}" for place, text in wanted]
    run(" && ".join([*written, f"systemctl reload {service}"]))
