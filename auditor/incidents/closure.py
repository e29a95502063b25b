"""The conditions for closing an incident. Pure.

Nothing is owed, nothing is held without an end, nothing is found any more, the cause is known, and the last form is
written.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from auditor.audit.controls import COMPROMISE, CONTENT
from auditor.errors import InputError
from auditor.fleet.error_messages import KEY_CHANGED
from auditor.history.incidents import Decided, Ledgers
from auditor.incidents.case import IncidentCase, ResponseAction
from auditor.incidents.forms.schema import FINAL_FORM, OF_REPORT
from auditor.incidents.transitions import find_finding, get_open_case
from auditor.models import Finding, Host, HostOutcome, Run, Status, Text, clock
from auditor.models.incidents import ClosedEvent, FindingReference
from auditor.models.ranks import Lang, Report
from auditor.results.containment import describe_action_in_force, get_action_name
from auditor.text.translations import Words

LANGS: tuple[Lang, ...] = ("vi", "en")
_CLEAN_STATUSES = (Status.PASS, Status.NOT_APPLICABLE)
REMOVING_MEANS = frozenset({"file", "cron", "job", "unit", "key", "account", "process", "administrator"})
"""Means whose release would bring an intruder back: what they took may stay away when the incident is over.

What others keep shut has an end.
"""


class Obstacle(NamedTuple):
    """One thing that is in the way of closing an incident."""

    error: InputError
    command: tuple[str, ...]
    """What takes it away: the words after ``auditor``, without the inventory."""
    speaks: bool = True
    """Whether that command is given the office role that says so."""


class RootCause(NamedTuple):
    """The root cause of an incident."""

    text: str
    control: tuple[str, str] | None = None
    """A control and where it is, which was open and passes now; None: the text is all that is known."""
    removed_subjects: tuple[str, ...] = ()
    """Sites and hosts that have left the inventory, of which a person says that they serve no more."""


def make_case_closing_decision(
    incident: str, cause: RootCause, newest_audit: Run | None, hosts: Sequence[Host], now: datetime.datetime
) -> Callable[[Ledgers], Decided]:
    """Close an incident on these hosts of an inventory, by its newest audit.

    Raises InputError for the first thing that is in the way.
    """

    def decide(ledgers: Ledgers) -> Decided:
        case = get_open_case(ledgers, incident)
        for obstacle in find_obstacles_to_closing_case(case, newest_audit, hosts, now, cause):
            raise obstacle.error
        root = (
            FindingReference(control=cause.control[0], subject=cause.control[1], run=newest_audit.id)
            if cause.control and newest_audit
            else None
        )
        return incident, ClosedEvent(cause=cause.text, control=root, gone=cause.removed_subjects)

    return decide


def find_obstacles_to_closing_case(
    case: IncidentCase,
    newest_audit: Run | None,
    hosts: Sequence[Host],
    now: datetime.datetime,
    cause: RootCause | None = None,
    removed_subjects: Sequence[str] | None = None,
) -> Iterator[Obstacle]:
    """Yield all that prevents the closing of an open incident, each with the command that removes it.

    They come in the order in which a person works through them.

    ``removed_subjects``: those of its sites and hosts that have left the inventory; None: ``hosts`` are all of it.
    """
    removed_subjects = (
        list_case_subjects_not_in_inventory(case, hosts) if removed_subjects is None else removed_subjects
    )
    yield from _find_obstacles_of_unsent_reports(case)
    yield from _find_obstacles_of_unreached_hosts(case, newest_audit, hosts)
    for action in case.actions.values():
        if action.host not in removed_subjects:
            yield from _find_obstacle_of_unsettled_action(case, action, now)
    for open_finding in case.findings:
        if open_finding.subject not in removed_subjects:
            yield from _find_obstacle_of_unresolved_finding(open_finding, case, newest_audit)
    yield from _find_obstacles_of_unclean_subjects(case, newest_audit, hosts, now)
    if cause is not None and cause.control is not None:
        yield from _find_obstacle_of_unfixed_root_cause(cause.control, case, newest_audit)
    yield from _find_obstacles_of_unconfirmed_removals(
        case, removed_subjects, cause.removed_subjects if cause is not None else ()
    )
    form = FINAL_FORM[case.regime]
    if form not in case.forms:
        error = InputError(
            "the closing form of {incident} is missing",
            incident=case.id,
            mend="create it with 'auditor incident form {incident} --form {form}'",
            form=form,
        )
        yield Obstacle(error, ("incident", "form", case.id, "--form", form))


def list_case_subjects_not_in_inventory(case: IncidentCase, hosts: Sequence[Host]) -> tuple[str, ...]:
    """Return the sites and hosts of an incident that are not in the inventory any more: nobody can look at them."""
    current_names = {name for host in hosts for name in (host.name, *(site.domain for site in host.sites))}
    case_names = (
        *case.subjects,
        *(finding.subject for finding in case.findings),
        *(action.host for action in case.actions.values()),
    )
    return tuple(dict.fromkeys(name for name in case_names if name not in current_names))


def require_confirmation_of_removed_subjects(
    case: IncidentCase, hosts: Sequence[Host], confirmed_names: Sequence[str]
) -> tuple[str, ...]:
    """Return those sites and hosts, each once.

    Raises InputError for one that is in the inventory, and can be looked at, or is none of the incident's.
    """
    removed_subjects = list_case_subjects_not_in_inventory(case, hosts)
    for name in confirmed_names:
        if name not in removed_subjects:
            raise InputError(
                "--gone {name}: it is still in the inventory, or does not belong to the incident",
                name=name,
                mend="omit it; everything in the inventory is checked",
            )
    return tuple(dict.fromkeys(confirmed_names))


def list_case_findings_resolved_since(case: IncidentCase, newest_audit: Run | None) -> tuple[FindingReference, ...]:
    """Return the findings that an incident is about and that an audit since then does not find any more."""
    return tuple(
        finding
        for finding in case.findings
        if _explain_unmet_control(finding.control, finding.subject, case, newest_audit) is None
    )


def _find_obstacles_of_unconfirmed_removals(
    case: IncidentCase, removed_subjects: Sequence[str], confirmed_names: Collection[str]
) -> Iterator[Obstacle]:
    unconfirmed_names = [name for name in removed_subjects if name not in confirmed_names]
    if unconfirmed_names:
        error = InputError(
            "{names}: no longer in the inventory, so nothing shows that it is clean",
            names=", ".join(unconfirmed_names),
            mend="add it again and check it, or state with --gone that it is no longer in service",
        )
        yield Obstacle(error, build_close_command(case, removed_subjects))


def build_close_command(case: IncidentCase, removed_subjects: Sequence[str]) -> tuple[str, ...]:
    """Return the words of the command that closes an incident, of which these have left the inventory."""
    return ("incident", "close", case.id, *(word for name in removed_subjects for word in ("--gone", name)))


def build_next_command_for_owed_report(case: IncidentCase, report: Report) -> tuple[str, ...]:
    """Return the words of the command that comes next for a report that is owed: its form is written, then it goes out.

    Word at once goes by the quickest way, without a form.
    """
    form = OF_REPORT[case.regime].get(report) if report != "now" else None
    if form is not None and form not in case.forms:
        return ("incident", "form", case.id, "--form", form)
    return ("incident", "reported", case.id, report)


def _describe_obstacle_in_both_languages(message_key: str, **values: str) -> Text:
    """Return what is in the way, in both languages; what is named by a word of ours is told by that word."""
    both = {lang: Words(lang) for lang in LANGS}
    return Text(
        **{
            lang: words(f"incidents.obstacle.{message_key}", **_translate_obstacle_values(values, words))
            for lang, words in both.items()
        }
    )


def _translate_obstacle_values(values_by_name: Mapping[str, str], words: Words) -> dict[str, str]:
    values = dict(values_by_name)
    if "report" in values_by_name:
        values["report"] = words(f"incidents.report.{values_by_name['report']}")
    if "means" in values_by_name:
        values["means"] = get_action_name(values_by_name["means"], words)
    if "when" in values_by_name:
        values["when"] = words.format_iso_moment(values_by_name["when"])
    return values


def _find_obstacles_of_unsent_reports(case: IncidentCase) -> Iterator[Obstacle]:
    for due in case.list_unsent_owed_reports():
        error = InputError(
            _describe_obstacle_in_both_languages("owes", report=due.report),
            mend=(
                "record that it was sent with 'auditor incident reported', or waive it with 'auditor incident waive'"
            ),
        )
        yield Obstacle(error, build_next_command_for_owed_report(case, due.report))


def list_unreached_hosts(newest_audit: Run | None, hosts: Sequence[Host]) -> tuple[HostOutcome, ...]:
    """Return how it went with those of the hosts that the newest audit did not reach."""
    names = {host.name for host in hosts}
    return (
        tuple(outcome for outcome in newest_audit.outcomes if outcome.host in names and not outcome.reached)
        if newest_audit
        else ()
    )


def iter_recheck_commands_for_unreached_hosts(unreached_hosts: Sequence[HostOutcome]) -> Iterator[tuple[str, ...]]:
    """Yield the words of the commands by which hosts that nobody comes to are looked at again.

    One with another key is enrolled first.
    """
    yield from (("enroll", outcome.host) for outcome in unreached_hosts if outcome.reason == KEY_CHANGED)
    if unreached_hosts:
        yield ("hunt", "--limit", ",".join(sorted({outcome.host for outcome in unreached_hosts})))


def _find_obstacles_of_unreached_hosts(
    case: IncidentCase, newest_audit: Run | None, hosts: Sequence[Host]
) -> Iterator[Obstacle]:
    """Yield hosts that nobody comes to, of which nothing else can be said before."""
    names = {*case.subjects, *(action.host for action in case.actions.values())}
    own = [host for host in hosts if host.name in names or any(site.domain in names for site in host.sites)]
    for outcome in list_unreached_hosts(newest_audit, own):
        reason = outcome.reason or Text(vi="?", en="?")
        message = Text(
            **{
                lang: _describe_obstacle_in_both_languages("unreached", host=outcome.host, why=reason.get(lang)).get(
                    lang
                )
                for lang in LANGS
            }
        )
        error = InputError(message, mend="start the host, restore access or enroll it again, then hunt there")
        yield Obstacle(error, next(iter_recheck_commands_for_unreached_hosts([outcome])), speaks=False)


def _find_obstacle_of_unsettled_action(
    case: IncidentCase, action: ResponseAction, now: datetime.datetime
) -> Iterator[Obstacle]:
    lift_command = ("incident", "release", case.id, str(action.number))
    about = {"number": str(action.number), "host": action.host, "means": action.means, "what": action.what}
    if not action.is_outcome_known:
        error = InputError(
            _describe_obstacle_in_both_languages("lost" if action.is_lost_by_host else "unknown", **about),
            mend="undo it with 'auditor incident release', or contain it again with 'auditor incident contain'",
        )
        yield Obstacle(error, lift_command)
    elif action.is_possibly_in_force(now) and action.until is None and action.means not in REMOVING_MEANS:
        error = InputError(
            _describe_action_without_end_time(about),
            mend="release number {number} with 'auditor incident release'",
            number=action.number,
        )
        yield Obstacle(error, lift_command)


def _describe_action_without_end_time(values: Mapping[str, str]) -> Text:
    """Return that something goes on until somebody releases it."""
    now = {lang: describe_action_in_force(values["means"], Words(lang), **values, until="") for lang in LANGS}
    return Text(
        **{
            lang: _describe_obstacle_in_both_languages("endless", now=state_text).get(lang)
            for lang, state_text in now.items()
        }
    )


def _find_obstacle_of_unresolved_finding(
    finding: FindingReference, case: IncidentCase, newest_audit: Run | None
) -> Iterator[Obstacle]:
    if (why := _explain_unmet_control(finding.control, finding.subject, case, newest_audit)) is not None:
        error = InputError(why, mend="fix it, review or hunt again, then run 'auditor audit'")
        yield Obstacle(error, _build_recheck_command(finding.control, finding.subject), speaks=False)


def _build_recheck_command(control: str, subject: str) -> tuple[str, ...]:
    """Return the words of the command that looks again at what a finding is about."""
    verbs = {CONTENT: "review", COMPROMISE: "hunt"}
    return (verbs.get(control.partition(".")[0], "audit"), "--limit", subject)


def _find_obstacles_of_unclean_subjects(
    case: IncidentCase, newest_audit: Run | None, hosts: Sequence[Host], now: datetime.datetime
) -> Iterator[Obstacle]:
    """Yield sites not reviewed and hosts not hunted on since then, and what is open of their findings."""
    about, case_findings = (
        {*case.subjects},
        {(case_finding.control, case_finding.subject) for case_finding in case.findings},
    )
    for host in hosts:
        sites = [site for site in host.sites if site.domain in about or host.name in about]
        if not sites and host.name not in about:
            continue
        for site in sites:
            looks = [scan.started for scan in newest_audit.reviews if scan.site == site.domain] if newest_audit else []
            since = case.find_last_reopening_time_of_site((site.domain, *site.aliases))
            yield from _find_obstacle_of_missing_scan_since(
                looks, site.domain, max(filter(None, (case.earliest_valid_scan_time, since))), "review", now
            )
        hunts = [hunt.started for hunt in newest_audit.hunts if hunt.host == host.name] if newest_audit else []
        yield from _find_obstacle_of_missing_scan_since(hunts, host.name, case.earliest_valid_scan_time, "hunt", now)
        for finding in _select_review_and_hunt_findings(newest_audit, {host.name, *(site.domain for site in sites)}):
            control, subject = finding.control, finding.subject.id
            if finding.status not in _CLEAN_STATUSES and (control, subject) not in case_findings:
                yield _make_obstacle_of_finding_beside_case(finding, host)


def _make_obstacle_of_finding_beside_case(finding: Finding, host: Host) -> Obstacle:
    """Return what stands against closing for a finding that the incident is not about."""
    control, subject = finding.control, finding.subject.id
    error = InputError(
        _describe_obstacle_in_both_languages(
            "open" if finding.is_open else "not_evaluated", control=control, subject=subject
        ),
        mend="clean it, accept what belongs to the office, and review, hunt and audit again",
    )
    if finding.is_open and any(isinstance(member, Mapping) and "key" in member for member in finding.violations):
        return Obstacle(error, ("incident", "open", "--all-found", host.name))
    return Obstacle(error, _build_recheck_command(control, subject), speaks=False)


def _find_obstacle_of_missing_scan_since(
    scan_times: Sequence[str], subject: str, since: datetime.datetime, scan_command: str, now: datetime.datetime
) -> Iterator[Obstacle]:
    """Yield an obstacle where there is no look since then.

    One that is still to come was kept while the clock was wrong, and nobody knows when.
    """
    if any(since < clock.parse_iso_moment(moment) <= now + clock.SKEW for moment in scan_times):
        return
    message = _describe_obstacle_in_both_languages(
        f"no_{scan_command}", subject=subject, when=clock.format_iso_moment(since)
    )
    error = InputError(message, mend="run 'auditor {verb}', then 'auditor audit'", verb=scan_command)
    yield Obstacle(error, (scan_command, "--limit", subject), speaks=False)


def _select_review_and_hunt_findings(run: Run | None, subjects: set[str]) -> Iterator[Finding]:
    """Return what reviews and hunts come to on these."""
    areas = (f"{CONTENT}.", f"{COMPROMISE}.")
    return (
        finding
        for finding in (run.findings if run else ())
        if finding.control.startswith(areas) and finding.subject.id in subjects
    )


def _find_obstacle_of_unfixed_root_cause(
    control_and_subject: tuple[str, str], case: IncidentCase, newest_audit: Run | None
) -> Iterator[Obstacle]:
    control, subject = control_and_subject
    if (why := _explain_unmet_control(control, subject, case, newest_audit)) is not None:
        error = InputError(why, mend="fix it, then run 'auditor audit'; or omit --control and state the reason")
        yield Obstacle(error, ("audit", "--limit", subject), speaks=False)


def _explain_unmet_control(control: str, subject: str, case: IncidentCase, newest_audit: Run | None) -> Text | None:
    """Return why no audit since then says that a control is met there; None: one does."""
    about = {"control": control, "subject": subject}
    if newest_audit is None or clock.parse_iso_moment(newest_audit.started) <= case.earliest_valid_scan_time:
        return _describe_obstacle_in_both_languages(
            "unaudited", **about, when=clock.format_iso_moment(case.earliest_valid_scan_time)
        )
    finding = find_finding(newest_audit, control, subject)
    if finding is not None and finding.status in _CLEAN_STATUSES:
        return None
    return _describe_obstacle_in_both_languages(
        "open" if finding is not None and finding.is_open else "not_evaluated", **about
    )
