"""Takes a trigger out of the database of a site's application and puts it back.

A question of JSON as argument, an answer of JSON out.

Run as root by a controller, over a connection of its own. All of it is done as the site's own account: what a trigger
says is the site's to write, and is handed to the server with the site's rights alone. So one that another account has
defined goes, but does not come back by itself: what it says stays in a folder of root's.
"""

import hashlib
import json
import os
import re
import secrets

from ansible.module_utils.luytre_contain.sites import applications
from ansible.module_utils.luytre_shared.databases import site_database
from ansible.module_utils.luytre_shared.incidents import action_runner, quarantine_store
from ansible.module_utils.luytre_shared.incidents.action_runner import ActionRefusal

STORE = quarantine_store.QuarantineStore("/var/lib/luytre/triggers")
NAME = re.compile(r"\A[A-Za-z0-9_$]{1,64}\Z")
FIELDS = ("mode", "text", "charset", "collation")
"""What ``SHOW CREATE TRIGGER`` tells after its name."""
END_BYTES = 7
"""Of what ends the text, spelt in twice as many letters: the client takes no word of more than fifteen."""
CHARSET = re.compile(r"\A[a-z0-9_]{1,64}\Z")
MODE = re.compile(r"\A[A-Z_,]{0,500}\Z")
FIND = """SELECT 'own', HEX(CURRENT_USER());
SELECT 'definer', HEX(DEFINER) FROM information_schema.TRIGGERS
  WHERE TRIGGER_SCHEMA = '{db}' AND TRIGGER_NAME = '{name}' LIMIT 1;
"""
SHOW = "SHOW CREATE TRIGGER `{db}`.`{name}`;\n"
"""What information_schema says of its text has lost its backslashes."""
DROP = "DROP TRIGGER `{db}`.`{name}`;\n"
CREATE = """SET SESSION sql_mode = '{mode}';
SET character_set_client = '{charset}', collation_connection = '{collation}';
DELIMITER {end}
{text} {end}
DELIMITER ;
"""


class TriggerLocation:
    """The place of a trigger, as a question and a site's configuration tell it.

    Its methods raise ActionRefusal.
    """

    def __init__(self, root, folder, name):
        self.locator = {"root": root, "folder": folder, "name": name}
        if not NAME.match(name):
            raise ActionRefusal("no_trigger", name)
        self.application = applications.load_application(
            applications.resolve_application_folder_of_request(self.locator)
        )
        self.application.check_database_is_mysql_or_mariadb()

    def run_sql_template_for_trigger(self, statement, **words):
        """Return the rows that a statement about it comes to."""
        return self.application.run_sql_script_and_read_rows(
            site_database.EVERY_TIME + self.format_sql_template_for_trigger(statement, **words)
        )

    def format_sql_template_for_trigger(self, sql_template, **words):
        """Return a statement about it."""
        return sql_template.format(db=self.application.login.database, name=self.locator["name"], **words)

    def read_trigger_and_asking_account(self):
        """Return what the trigger is, and the account that asks.

        The former is by the names in SHOWN, with its definer; None when there is none.
        """
        rows = {row[0]: _decode_hex_text(row[1]) for row in self.run_sql_template_for_trigger(FIND)}
        if "definer" not in rows:
            return None, rows.get("own", "")
        definition_rows = self.run_sql_template_for_trigger(SHOW)
        if len(definition_rows) != 1 or len(definition_rows[0]) <= len(FIELDS) or None in definition_rows[0]:
            raise ActionRefusal("not_asked", "failed")
        return dict(zip(FIELDS, definition_rows[0][1:]), definer=rows["definer"]), rows.get("own", "")


def _decode_hex_text(digits):
    return bytes.fromhex(digits or "").decode("utf-8", "surrogateescape")


def compute_sha256_of_trigger(trigger):
    """Return sha256 of all that it is."""
    return hashlib.sha256(json.dumps(trigger, sort_keys=True).encode("ascii")).hexdigest()


def drop_trigger_once_and_keep_copy(request, _connection):
    """Take a trigger out; once, however often it is asked for. Raises ActionRefusal."""
    name = request["id"]
    with STORE.hold_lock():
        before = STORE.find_record_before_action_starts(request)
        place = TriggerLocation(
            **(before["place"] if before else {word: request[word] for word in ("root", "folder", "name")})
        )
        now, own = place.read_trigger_and_asking_account()
        if before is None:
            if now is None:
                raise ActionRefusal("no_trigger", place.locator["name"])
            STORE.save_record_of_action(name, {"what": request["what"], "place": place.locator, "trigger": now})
        trigger = before["trigger"] if before else now
        try:
            if now is not None:
                place.run_sql_template_for_trigger(DROP)
            remaining_trigger, _ = place.read_trigger_and_asking_account()
        except ActionRefusal as refusal:
            return check_whether_trigger_is_gone_after_refusal(place, name, now, refusal)
        if remaining_trigger is not None:
            return {"state": "unknown", "why": "trigger_again", "about": place.locator["name"]}
        others = trigger["definer"] != own
        return {
            "state": "confirmed",
            "sha256": compute_sha256_of_trigger(trigger),
            "why": "of_another" if others else "",
        }


def check_whether_trigger_is_gone_after_refusal(place, action_id, trigger_before, refusal):
    """Return what is said when the server did not do all that it was told. Raises ActionRefusal when it did nothing."""
    try:
        remaining_trigger, _ = place.read_trigger_and_asking_account()
    except ActionRefusal:
        remaining_trigger = None
    if remaining_trigger is None or remaining_trigger != trigger_before:
        return {"state": "unknown", "why": refusal.args[0], "about": str(refusal.args[1])[: action_runner.MAX_REASON]}
    STORE.delete_record_of_action(action_id)
    raise refusal


def plan_dropping_of_trigger(request, _connection):
    """Return what ``contain`` would do now; nothing is written."""
    place = TriggerLocation(request["root"], request["folder"], request["name"])
    now, _ = place.read_trigger_and_asking_account()
    if now is None:
        raise ActionRefusal("no_trigger", request["name"])
    return {
        "state": "planned",
        "sha256": compute_sha256_of_trigger(now),
        "would": [
            ["write", os.path.join(STORE.get_folder_of_action(request["id"]), quarantine_store.RECORD)],
            place.format_sql_template_for_trigger(DROP).strip(),
        ],
    }


def put_dropped_trigger_back(request, _connection):
    """Put a trigger back as it was, in place of nothing. Raises ActionRefusal."""
    with STORE.hold_lock():
        record = STORE.find_record_of_requested_action(request)
        if record is None:
            return action_runner.NONE_KEPT
        place, trigger = TriggerLocation(**record["place"]), record["trigger"]
        now, own = place.read_trigger_and_asking_account()
        if now is None:
            if trigger["definer"] != own:
                raise ActionRefusal(
                    "of_another", os.path.join(STORE.get_folder_of_action(request["id"]), quarantine_store.RECORD)
                )
            place.run_sql_template_for_trigger(CREATE, **_build_placeholder_values_to_create_trigger(trigger))
            now, _ = place.read_trigger_and_asking_account()
            if now != trigger:
                return {"state": "unknown", "why": "row_changed", "about": place.locator["name"]}
        if now != trigger:
            raise ActionRefusal("name_taken", place.locator["name"])
        STORE.delete_record_of_action(request["id"])
        return {"state": "none"}


def _build_placeholder_values_to_create_trigger(trigger):
    """Return what marks in CREATE stand for.

    Raises ActionRefusal for what is not handed on: the client has a word of its own in it.
    """
    values = {word: trigger[word] for word in FIELDS}
    if not MODE.match(values["mode"]) or "delimiter" in values["text"].lower():
        raise ActionRefusal("not_asked", "delimiter")
    as_sent = values["text"].isascii() or values["charset"].startswith("utf8")
    if not as_sent or not CHARSET.match(values["charset"]) or not CHARSET.match(values["collation"]):
        raise ActionRefusal("not_asked", values["charset"])
    return {**values, "end": secrets.token_hex(END_BYTES)}


ACTIONS = {
    "plan": plan_dropping_of_trigger,
    "contain": drop_trigger_once_and_keep_copy,
    "release": put_dropped_trigger_back,
}


def main(arguments):
    """Answer what is asked."""
    action_runner.answer_question(ACTIONS, arguments)
