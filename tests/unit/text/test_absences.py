"""A sentence that says that something is not there rests on a fact that was looked up: which one, stands here for each.

Whoever writes a new such sentence is asked for its fact before anybody is told that nothing is due, open or left.
"""

from __future__ import annotations

import re

import pytest

from tests.unit.text.test_words import catalogue, phrases

DENIES = re.compile(
    r"^(không có|chưa có|chưa phát hiện|không còn|không thấy|không phát hiện|không ghi nhận)"
    r"|(: không có|(không|chưa) (có|còn|ghi nhận|phát hiện|thấy) .*\bnào)",
    re.IGNORECASE,
)
SELF_EVIDENT = re.compile(
    r"(incidents\.why|incidents\.damage|vulnerability\.reason|change|state|fault|form|disruption|official\.column|official\.became"
    r"|trend|drift\.how|validity)\."
)
"""Reasons, labels and heads: each names what was looked at, or counts it."""
FACTS = {
    # how sites stand: findings of this run, an intrusion and an open incident being looked for first
    "standing.clean": "no open finding and none not evaluated among its own and its host's, no intrusion, no open incident",
    "headline.unread": "standings of all sites: none intruded, suspected, in an incident (nor their hosts) or urgent; some unread",
    "headline.open": "standings of all sites: none before 'open'",
    "headline.open_only": "the standing of the only one",
    "headline.unsure": "standings of all sites: none before 'unsure'",
    "headline.unsure_only": "the standing of the only one",
    "headline.clean": "standings of all sites: all clean",
    "headline.nothing": "the run has no host",
    "verdict.open": "the standing, which comes after intruded, suspected, incident, urgent and unread",
    "verdict.unsure": "the standing",
    "verdict.clean": "the standing",
    "verdict.unread": "the host's outcome: not reached",
    "own.none": "no open finding of the site, controls were evaluated, no intrusion and no open incident",
    "shared.none": "no open finding of the host, controls were evaluated, no intrusion and no open incident",
    "work.none": "no open finding in the run, no intrusion, no open incident",
    "control.unsure": "the control's findings: none open, some not evaluated",
    "brief.decide.none": "no work, no paper that ends, no intrusion, no open incident; controls were evaluated",
    "brief.change.none": "the history holds no run before",
    "outside.note": "the hosts named are those whose outcome is not reached",
    "certificate.no_https": "the site's facts say that it does not answer on HTTPS",
    # intrusions and incidents
    "intrusion.nothing_seen": "of each host concerned a whole hunt after the detection, of each site no older review; no trace among the findings",
    "intrusion.not_seen_since": "a host concerned has no whole hunt after the detection",
    "intrusion.nothing_else": "no open finding besides the intrusion or incident on the same page",
    "incidents.none": "the ledgers of the inventory, which this history knows, are empty",
    "incidents.nothing_owed": "the case's deadlines, each with a report in the ledger or waived",
    "incidents.next.none": "the ledgers hold no open incident",
    "incidents.next.close": "the obstacles to closing, all looked up",
    "incidents.all_found.none": "the newest hunt and looks, whose moment is named",
    "incidents.nothing_contained": "the ledgers: no action is in force",
    "incidents.mail.nothing_done": "the case's actions: none confirmed on its host",
    "incidents.mail.unreported": "the case's entries: no report went out",
    "incidents.manual.log": "the trace's kind: a log that somebody emptied can be contained by nothing",
    "incidents.ended.gone": "when it was closed, the inventory had no such site or host",
    "incidents.next.close_gone": "all obstacles were asked for, and the inventory has no such site or host",
    "incidents.obstacle.unaudited": "the newest audit of the history, which began before the incident was written down, or is none",
    "incidents.obstacle.lost": "the host answered: its records do not have the action in force",
    "incidents.forget.none": "the last reviews, the findings of the incident and its blocked paths: none names an address",
    "official.incidents.none": "the case log at the end of the month, for the office's sites and hosts",
    "official.incidents.unreported": "the same: no report went out",
    "mail.heartbeat.no_incident": "the ledgers of the mail's inventory hold no open incident",
    "mail.heartbeat.body": "the spool: no mail to that address for a week",
    "mail.heartbeat.unread": "the history holds no run of the inventory",
    # official papers
    "official.situation.no_level": "neither the inventory nor office/systems.yml declares a level for the sites counted",
    "official.overall.nothing": "no finding of the month was evaluated",
    "official.overall.urgent.none": "no site has an open critical or high finding, its host's and intrusions included",
    "official.change.none": "the history holds no run in the month before",
    "official.notable.none": "no open finding of that kind, no intrusion",
    "official.notable.none_else": "no open finding of that kind besides intrusions",
    "official.content.clean": "no trace among the findings of reviewed sites, of which some could be seen",
    "official.shortcomings.not_urgent": "no urgent finding, no unread site, no intrusion; others are open",
    "official.shortcomings.none": "no open finding, no unread site, no intrusion",
    "official.causes.none": "no open finding, no intrusion",
    "official.annex.empty": "the annex has no row",
    "official.waiver.no_measure": "the waiver names no compensating measure",
    "sharing.unknown": "the run has no such figure",
    "sharing.product.none": "the host's list of products was read and is empty",
    # history, plans, papers, data
    "history.nothing_to_prune": "no kept run is older than the policy",
    "history.unseen": "the chain was walked and holds no such hash",
    "gate.clean": "each finding was compared with the baseline that is named",
    "gate.no_baseline": "the history holds no run to measure by",
    "plan.unchanged": "a plan changes nothing",
    "undone.nothing": "the guard's answer: its record is empty",
    "drift.unknown": "the host gave no answer",
    "waiver.unused": "the waiver's scope holds no finding that it could cover",
    "baseline.withdrawn": "the acceptance was withdrawn in the same step",
    "units_undeclared": "there is no file organisation.yml",
    "readiness.no_organisation": "there is no file organisation.yml",
    "readiness.no_systems": "there is no such file",
    "mail.queue.empty": "the spool holds no mail that waits",
    "indicators.no_match": "the stored indicators were searched",
    "known_good.none": "the store holds no release",
    "exceptions.none": "all files of the office, the history and the store of releases: none of that selection",
    "explained.unexplained": "releases, packages and acceptances were compared with it",
    # what a hunt saw of one thing
    "trace.rule.missing": "its place was looked at, which the release or the numbers of a log name",
    "trace.rule.nobody_listens": "no process that the hunt could read holds the socket",
    "trace.rule.unknown": "the release's list of files was searched",
}
"""What was looked up before it is said."""


def denying() -> set[str]:
    return {
        key
        for key, entry in catalogue("vi").items()
        if not SELF_EVIDENT.match(key) and any(DENIES.search(phrase) for phrase in phrases(entry))
    }


def test_each_sentence_that_denies_names_the_fact_that_it_rests_on() -> None:
    assert sorted(denying() - FACTS.keys()) == [], "say in FACTS what is looked up before this is said"


def test_no_fact_is_named_for_a_sentence_that_is_gone() -> None:
    assert sorted(FACTS.keys() - denying()) == []


@pytest.mark.parametrize(
    "said", ["Không có sự cố nào.", "Chưa có số liệu.", "Kết quả: không có gì", "Sổ không ghi nhận sự cố nào"]
)
def test_a_new_sentence_of_that_kind_is_known_as_one(said: str) -> None:
    assert DENIES.search(said)
