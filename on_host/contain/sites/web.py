"""Has nginx and Apache say that a path is gone or a site closed, and takes that back.

A question of JSON as argument, an answer of JSON out.

Run as root by a controller, over a connection of its own. What is to be said is kept in a folder of root's alone, and
the servers' files are made to say exactly that: a file per site, taken in first of all in each of the site's server
blocks. The server's own test comes before the reload, visits to the site as a stranger after it; when one of them
fails, all is as it was.
"""

import contextlib
import ipaddress
import os
import re
from urllib.parse import unquote_to_bytes

from ansible.module_utils.luytre_contain.sites import stranger_visits, web_servers
from ansible.module_utils.luytre_shared.files import atomic_file
from ansible.module_utils.luytre_shared.incidents import action_runner, web_block_config
from ansible.module_utils.luytre_shared.incidents.action_runner import ActionRefusal
from ansible.module_utils.luytre_shared.os import network_peers

RECORD = action_runner.ActionRecord("/var/lib/luytre/web")
AGAIN = "again"
"""Beside the record: this program as it was sent, which ways back of hardenings run when they are done."""
NAME = re.compile(r"\ASC-[0-9]{8}-[0-9]{1,4}/[0-9]{1,6}\Z")
DOMAIN = re.compile(r"\A[a-z0-9](?:[a-z0-9-]{0,62}\.)*[a-z0-9][a-z0-9-]{0,62}\Z")


class UnknownOutcome(Exception):
    """It is not known how it is: what was begun could not be taken back.

    Its arguments are those of ``ActionRefusal``.
    """


# --- what is kept ------------------------------------------------------------------------------------


def build_web_block_rule_from_request(request):
    """Return the rule that is asked for. Raises ActionRefusal for what is none."""
    _, slash, path = request["what"].partition("/")
    domain = request["domain"]
    if not NAME.match(request["id"]) or not DOMAIN.match(domain):
        raise ActionRefusal("no_site", request["what"])
    if (
        slash
        and len(web_block_config.make_regex_matching_path_and_below(unquote_to_bytes("/" + path)))
        > web_block_config.MAX_LETTERS
    ):
        raise ActionRefusal("too_long", "")
    return {
        "id": request["id"],
        "what": request["what"],
        "domain": domain,
        "path": "/" + path if slash else None,
        "names": sorted({domain, *request["names"]}),
        "others": sorted(request["others"]),
        "root": request["root"],
        "trusted": [str(ipaddress.ip_network(network, strict=False)) for network in request["trusted"]],
        "own": sorted(set(network_peers.iter_own_addresses())),
        "admins": sorted(request.get("admins", ())),
        "fronts": [],
        "done": False,
    }


# --- what is asked -----------------------------------------------------------------------------------


def plan_web_block_of_site_or_path(request):
    """Return what ``contain`` would do now; nothing is written."""
    rule = build_web_block_rule_from_request(request)
    server_changes = web_servers.collect_config_changes_of_all_servers(
        {**RECORD.read_all_records_by_action_id(), rule["id"]: rule}
    )
    blocks = [block for change in server_changes for block in change.blocks.get(rule["domain"], [])]
    if not blocks:
        raise ActionRefusal("no_block", rule["domain"])
    rule["fronts"] = (
        [] if rule["path"] is not None else stranger_visits.find_usual_ports_showing_same_site(rule, blocks)
    )
    steps = [
        line
        for change in server_changes
        if change.blocks.get(rule["domain"])
        for line in change.iter_planned_steps_and_diffs()
    ]
    looks = [
        [
            "visit",
            "%s http%s://%s:%d%s (%s)" % (visit[4], "s" if visit[2] else "", visit[3], visit[1], visit[5], visit[0]),
            stranger_visits.STRANGER,
            " ".join(map(str, right)),
        ]
        for visit, right in dict.fromkeys(stranger_visits.iter_visits_that_test_rule(rule, blocks))
    ]
    return {"state": "planned", "would": [*steps, *looks]}


def block_site_or_path_once(request):
    """Have the servers turn visitors away from a site or path; once, however often it is asked for."""
    rule = build_web_block_rule_from_request(request)
    with RECORD.hold_lock():
        rules = RECORD.read_all_records_by_action_id()
        action_runner.refuse_id_taken_by_another_action(rules.get(rule["id"]), request, rules)
        others = {name: other for name, other in rules.items() if name != rule["id"]}
        rule["fronts"] = rules.get(rule["id"], {}).get("fronts") or find_front_ports_if_site_is_closed(rule, others)
        try:
            return apply_and_verify(rule, others)
        except ActionRefusal as refusal:
            if refusal.args[0] == "still_answers" and rule["path"] is None and rule["own"]:
                with contextlib.suppress(
                    ActionRefusal
                ):  # something in front of it makes strangers come from the host itself
                    return apply_and_verify(dict(rule, own=[]), others)
            restore_rules_of_web_servers(others, rule["admins"])
            raise
        except BaseException:
            restore_rules_of_web_servers(others, rule["admins"])
            raise


def find_front_ports_if_site_is_closed(rule, other_rules):
    """Return what ``find_usual_ports_showing_same_site`` finds of a site that is to be closed.

    Empty for a path, which is gone for everybody, whoever asks for it.
    """
    if rule["path"] is not None:
        return []
    return stranger_visits.find_usual_ports_showing_same_site(rule, find_server_blocks_of_rule(rule, other_rules))


def find_server_blocks_of_rule(rule, other_rules):
    """Return the server blocks that show a rule's site, in all servers."""
    server_changes = web_servers.collect_config_changes_of_all_servers({**other_rules, rule["id"]: rule})
    return [block for change in server_changes for block in change.blocks.get(rule["domain"], [])]


def apply_and_verify(rule, other_rules):
    """Apply a rule beside the others, and verify that strangers are turned away."""
    RECORD.replace_all_records({**other_rules, rule["id"]: rule})
    blocks = web_servers.write_rules_to_web_servers_and_reload({**other_rules, rule["id"]: rule}, rule["domain"])
    if not blocks:
        raise ActionRefusal("no_block", rule["domain"])
    is_verified = stranger_visits.wait_until_rule_turns_strangers_away(rule, blocks)
    atomic_file.write_file_atomically(os.path.join(RECORD.home, AGAIN), action_runner.read_own_archive(__loader__))
    RECORD.replace_all_records({**other_rules, rule["id"]: dict(rule, done=True)})
    if not is_verified:
        return {"state": "unknown", "why": "not_visited"}
    return {"state": "confirmed", "why": "" if rule["own"] or rule["path"] is not None else "all_closed"}


def restore_rules_of_web_servers(rules, admins):
    """Have the web servers apply only these rules, as before. Raises UnknownOutcome."""
    try:
        web_servers.write_rules_to_web_servers_and_reload(rules, admins=admins)
    except ActionRefusal as refusal:
        raise UnknownOutcome("not_taken_back", "%s: %s" % refusal.args)
    RECORD.replace_all_records(rules)


def release_web_block_rule(request):
    """Take one rule back, and leave the others."""
    with RECORD.hold_lock():
        rules = RECORD.read_all_records_by_action_id()
        rule = rules.pop(request["id"], None)
        if rule is None or action_runner.is_record_of_another_action(rule, request):
            return action_runner.NONE_KEPT
        try:
            shown_blocks = find_server_blocks_of_rule(rule, rules)
            web_servers.write_rules_to_web_servers_and_reload(
                rules,
                units_to_reload={block.unit for block in shown_blocks},
                admins=web_servers.list_administrators_named_by_rules(rule),
            )
        except ActionRefusal:
            web_servers.write_rules_to_web_servers_and_reload({**rules, request["id"]: rule}, rule["domain"])
            raise
        RECORD.replace_all_records(rules)
        if not any(other["domain"] == rule["domain"] for other in rules.values()):
            stranger_visits.wait_for_reload_to_change_answers(rule, shown_blocks)
        return {"state": "none"}


ACTIONS = {
    "plan": plan_web_block_of_site_or_path,
    "contain": block_site_or_path_once,
    "release": release_web_block_rule,
}


def main(arguments):
    """Answer what is asked; without a question, have the servers say what is on record."""
    if not arguments:
        action_runner.run_in_time(reapply_recorded_rules_to_web_servers)
        return
    action_runner.answer_question(
        {name: report_unknown_outcome_of_action(action) for name, action in ACTIONS.items()}, arguments
    )


def reapply_recorded_rules_to_web_servers():
    """Have the web servers apply the rules on record, whatever took them away."""
    with RECORD.hold_lock():
        web_servers.write_rules_to_web_servers_and_reload(RECORD.read_all_records_by_action_id())


def report_unknown_outcome_of_action(action):
    """Return the action, which says so where it is not known what it came to."""

    def act(question, _connection):
        try:
            return action(question)
        except UnknownOutcome as unknown:
            return {
                "state": "unknown",
                "why": unknown.args[0],
                "about": str(unknown.args[1])[: action_runner.MAX_REASON],
            }

    return act
