"""Define the product's nouns: organisation, host, site, finding, hardening, run.

Data only, no I/O; a noun stands in a module of its kind.

- ``base``, ``ranks``: identifiers and texts; languages, severities and statuses.
- ``clock``: the clock of Việt Nam; no other module asks for the time. ``windows``: change windows.
- ``hosts``, ``offices``: hosts and sites; offices. ``exceptions/``: what offices decide is all right.
- ``applications``: what the controller itself knows of each CMS.
- ``findings``, ``run``: a control on one subject; one audit. ``hardening``: what a hardening did.
- ``reviews``, ``hunts``: scans of sites and hunts on hosts, with their traces.
- ``incidents``: the events of an incident; ``response_actions``: what contains and cleans.
- ``vulnerabilities``: verdicts, and the data behind them.
- ``prior_state``: what was known before an audit.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from auditor.models.ranks import DocumentKind, Lang, Regime, Severity, Status

if TYPE_CHECKING:
    from auditor.models.base import (
        ACCEPTED_LOSS,
        PLAIN_PATH,
        AcceptedName,
        ControlId,
        Domain,
        Model,
        Network,
        PlainPath,
        Ports,
        Text,
        UnitId,
        UrlPath,
        WindowText,
    )
    from auditor.models.exceptions.papers import Attestation, Authorization, Statement, Waiver
    from auditor.models.exceptions.record import ExceptionScope, Role, Validity
    from auditor.models.findings import (
        AppliedAttestation,
        AppliedWaiver,
        AuthorizationUse,
        Bucket,
        Evidence,
        Finding,
        Subject,
        WaiverUse,
    )
    from auditor.models.hardening import Hardening, HostHardening, HostState, NotDone
    from auditor.models.hosts import Application, Host, Inventory, Site
    from auditor.models.hunts import Hunt, HuntSummary
    from auditor.models.offices import Organisation, Unit
    from auditor.models.prior_state import PriorState
    from auditor.models.reviews import AcceptedTrace, MannerVisit, Scan, ScanSummary, Stop, Trace, TraceAcceptance
    from auditor.models.run import ExcludedHost, HostOutcome, OnlyHere, Run

__all__ = [
    "ACCEPTED_LOSS",
    "PLAIN_PATH",
    "AcceptedName",
    "AcceptedTrace",
    "Application",
    "AppliedAttestation",
    "AppliedWaiver",
    "Attestation",
    "Authorization",
    "AuthorizationUse",
    "Bucket",
    "ControlId",
    "DocumentKind",
    "Domain",
    "Evidence",
    "ExceptionScope",
    "ExcludedHost",
    "Finding",
    "Hardening",
    "Host",
    "HostHardening",
    "HostOutcome",
    "HostState",
    "Hunt",
    "HuntSummary",
    "Inventory",
    "Lang",
    "MannerVisit",
    "Model",
    "Network",
    "NotDone",
    "OnlyHere",
    "Organisation",
    "PlainPath",
    "Ports",
    "PriorState",
    "Regime",
    "Role",
    "Run",
    "Scan",
    "ScanSummary",
    "Severity",
    "Site",
    "Statement",
    "Status",
    "Stop",
    "Subject",
    "Text",
    "Trace",
    "TraceAcceptance",
    "Unit",
    "UnitId",
    "UrlPath",
    "Validity",
    "Waiver",
    "WaiverUse",
    "WindowText",
]


_MODULES = (
    *("base", "offices", "exceptions.record", "exceptions.papers", "hosts", "findings"),
    *("hardening", "reviews", "hunts", "run", "prior_state"),
)

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Return a model when it is first asked for.

        ``--help`` asks for none, and does not wait until pydantic has built them.
        """
        for kind in _MODULES if name in __all__ else ():
            members = vars(import_module(f"{__name__}.{kind}"))
            if name in members:
                globals()[name] = members[name]
                return members[name]
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
