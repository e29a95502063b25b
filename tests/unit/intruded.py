"""The factory's run with what intruders left on web1, and on the site gotre.test of web3."""

from __future__ import annotations

from datetime import timedelta

from auditor.audit import controls
from auditor.audit.assessors.hunts import judge_hosts_by_last_hunts as judge_hunts
from auditor.audit.assessors.scans import judge_sites_by_last_scans as judge_looks
from auditor.audit.controls import Catalogue
from auditor.models import Run, Trace, clock
from auditor.models.hunts import Hunt
from auditor.models.incidents import ActiveContainment, OpenIncident
from auditor.scans.traces import build_masked_trace
from tests import factory
from tests.unit.audit.assessors.test_scans import look
from tests.unit.scans.test_traces import seen

REAL = controls.load_catalogue()
OURS = tuple(control for control in REAL.controls if control.area in ("content", "compromise"))
CATALOGUE = Catalogue(controls=(*factory.catalogue().controls, *OURS))
STARTED = "2026-11-24T09:12:00+07:00"
DETECTED = "2026-11-24T08:00:00+07:00"
SHELL, PROCESS = "/var/www/antruc.test/wp-content/uploads/.a.php", "/run/kworker (PID 4711)"
INCIDENT = OpenIncident(id="SC-20261124-1", detected=DETECTED, subjects=("web1", "antruc.test"), in_force=12)


def left(kind: str, where: str, certainty: str = "exact") -> Trace:
    made = build_masked_trace(kind, where, where=where, sample="x", families=["structure"], rules=["r"])  # type: ignore[arg-type]
    return made.model_copy(update={"certainty": certainty})


TRACES = (left("program", SHELL), left("process", PROCESS), left("program", "/var/www/antruc.test/x.php", "strong"))


def hunt(*traces: Trace, started: str = STARTED, host: str = "web1") -> Hunt:
    return Hunt.model_validate(
        {
            **{
                "id": f"h-{host}",
                "host": host,
                "started": started,
                "seconds": 1.0,
                "warm": False,
                "seen": 3,
                "same": 0,
            },
            **{"known": 1, "judged": 2, "unjudged": 0, "left": 0, "cut_short": False, "places": 7, "traces": traces},
        }
    )


def run(
    *traces: Trace,
    incidents: tuple[OpenIncident, ...] | None = (),
    injected: bool = False,
    hunted: str = STARTED,
    started: str = STARTED,
    besides: tuple[Hunt, ...] = (),
) -> Run:
    """A run of which web1 was hunted on, with these traces; ``injected``: gotre.test shows links that somebody put there.

    ``besides``: what hunts on other hosts saw.
    """
    made = factory.run(started=started)
    now = clock.parse_iso_moment(started)
    hosts = judge_hunts(REAL, made.hosts, [hunt(*traces, started=hunted), *besides], (), now)
    found = seen("88bet.example", exact=True)
    looks = [look(found).model_copy(update={"site": "gotre.test"})] if injected else []
    sites = judge_looks(REAL, made.hosts, looks, (), now + timedelta(seconds=1))
    return made.model_copy(
        update={
            "findings": (*made.findings, *hosts.findings, *sites.findings),
            "hunts": hosts.hunted,
            "reviews": sites.reviews,
            "incidents": incidents,
        }
    )


def fleet() -> Run:
    """A fleet as an admin finds it: web1 with a web shell and an incident that contains it, a second root account on web2, betting on gotre.test."""
    second_root = left("account", "/etc/passwd (hotro)")
    contained = (
        ActiveContainment(incident=INCIDENT.id, number=1, host="web1", means="file", what=SHELL, known=True),
        ActiveContainment(
            incident=INCIDENT.id, number=2, host="web1", means="process", what="4711/run/kworker", known=True
        ),
    )
    incident = INCIDENT.model_copy(update={"in_force": len(contained)})
    made = run(*TRACES, incidents=(incident,), injected=True, besides=(hunt(second_root, host="web2"),))
    return made.model_copy(update={"contained": contained})
