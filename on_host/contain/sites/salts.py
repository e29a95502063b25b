"""Makes the secrets anew by which a site's application signs sessions, so that all of them end.

And puts the old ones back: a question of JSON as argument, an answer of JSON out.

Run as root by a controller, over a connection of its own. What is made is made here and leaves the host in no form;
what was there is kept in a folder of root's alone. The file is replaced whole.

Which these are, and where a person has to change them, the CMS tells.
"""

import contextlib
import secrets
import string
import time

from ansible.module_utils.luytre_contain.databases import db_values
from ansible.module_utils.luytre_contain.sites import (
    administrators,
    applications,
    configuration,
    php_code,
    site_session,
)
from ansible.module_utils.luytre_shared.applications import interface
from ansible.module_utils.luytre_shared.incidents import action_runner
from ansible.module_utils.luytre_shared.incidents.action_runner import ActionRefusal

RECORD = action_runner.ActionRecord("/var/lib/luytre/salts")
LETTERS = string.ascii_letters + string.digits
LENGTH = 64
SECONDS = 60
"""For one question: some visits, however slowly the site answers."""
LOOKING_SECONDS = 5
"""Until PHP has looked whether a file is another one by now: two seconds, as it comes."""
PAUSE = 0.2


def generate_config_with_new_secrets(application_folder):
    """Return ``(CMS, configuration file, its bytes, its bytes with new secrets)``.

    Raises ActionRefusal where a person has to, and while a hardening is open.
    """
    configuration.check_no_pending_revert_of_host()
    cms, config = applications.find_configured_cms(application_folder)
    if not cms.secret_names:
        raise ActionRefusal(cms.lacks["secrets"].refusal, config)
    config = cms.find_secrets_file(application_folder)
    old = configuration.read_config_bytes_or_refuse(config)
    if cms.secret_users:
        check_nothing_is_kept_by_old_secret(applications.load_application(application_folder))
    try:
        new = cms.replace_secrets(old, make_secret)
    except ValueError as error:
        raise ActionRefusal("config_stays", "%s: %s" % (config, error))
    if new is None:
        raise ActionRefusal("not_plain", config)
    return cms, config, old, new


def find_cells_that_sessions_rest_on(cms, application_folder):
    """Return the cells of a site's tables without which its sessions end, with new values. Raises ActionRefusal."""
    if not cms.session_cells:
        return []
    application = applications.load_application(application_folder)
    statements = application.choose_for_engine(cms.session_cells)
    return [
        {**dict(zip(("table", "key", "row", "column", "before"), row[1:])), "after": make_secret()[:32].encode().hex()}
        for row in application.query_rows_by_labeled_selects(statements)
        if len(row) == 6
    ]


def check_nothing_is_kept_by_old_secret(application):
    """Raise ActionRefusal where somebody's second factor is kept by the secret that is to go."""
    tables, counts = application.choose_for_engine(application.cms.secret_users)
    for _, table in application.query_rows_by_labeled_selects(tables):
        if application.query_rows_by_labeled_selects({"used": (counts[table], 1)})[0][1] != "0":
            raise ActionRefusal("second_factor", application.config)


def make_secret():
    """Return a secret."""
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def plan_renewal_of_site_secrets(request, _connection):
    """Return what ``contain`` would do now; nothing is done."""
    path = applications.resolve_application_folder_of_request(request)
    cms, config, _old, _new = generate_config_with_new_secrets(path)
    return {"state": "planned", "would": [["write", RECORD.path], ["secrets", config, " ".join(cms.secret_names)]]}


def renew_site_secrets_once(request, _connection):
    """Make a site's secrets anew; once, however often it is asked for. Raises ActionRefusal."""
    with RECORD.hold_lock():
        record = RECORD.find_record_before_action_starts(request)
        if record is None:
            path = applications.resolve_application_folder_of_request(request)
            cms, config, old, new = generate_config_with_new_secrets(path)
            record = {
                "what": request["what"],
                "path": path,
                "root": request["root"],
                "config": config,
                "old": old.hex(),
                "new": new.hex(),
                "cells": find_cells_that_sessions_rest_on(cms, path),
            }
            RECORD.save_record_of_action(request["id"], record)
        try:
            return switch_secrets_or_restore_config(record, "old", "new")
        except Exception:
            RECORD.delete_record_of_action(request["id"])
            raise


def put_old_site_secrets_back(request, _connection):
    """Have the old ones in force. Raises ActionRefusal."""
    with RECORD.hold_lock():
        record = RECORD.find_record_of_requested_action(request)
        if record is None:
            return action_runner.NONE_KEPT
        configuration.check_no_pending_revert_of_host()
        answer = switch_secrets_or_restore_config(record, "new", "old")
        if answer["state"] == "unknown":
            return answer
        RECORD.delete_record_of_action(request["id"])
        return {"state": "none"}


def switch_secrets_or_restore_config(record, content_before, content_after):
    """Have the ones in force in place of the others, or all as it was and the error raised.

    What it came to, also where not even that goes.
    """
    old, new = bytes.fromhex(record[content_before]), bytes.fromhex(record[content_after])
    if configuration.read_config_bytes_or_refuse(record["config"]) not in (old, new):
        raise ActionRefusal("changed_since", record["config"])
    try:
        switch_cells(record, content_after)
        why = switch_site_secrets_and_check_by_session(record, old, new)
    except Exception as error:
        try:
            switch_cells(record, content_before)
            configuration.replace_config_content_if_as_expected(record["config"], new, old)
            php_code.reload_php_services_to_clear_code_cache()
        except Exception:  # whatever it is: what is on record has to stay there
            return {"state": "unknown", "why": "not_taken_back", "about": record["config"]}
        raise error
    return {"state": "unknown" if why == "still_lets_in" else "confirmed", "why": why}


def switch_cells(record, content_after):
    """Have new values in the cells that sessions rest on, or the old ones where still the new ones are there.

    Raises ActionRefusal.
    """
    if record.get("cells"):
        application = applications.load_application(record["path"])
        if content_after == "new":
            db_values.write_cells(application, record["cells"])
        else:
            db_values.restore_cells_still_as_written(application, record["cells"])


def switch_site_secrets_and_check_by_session(record, old_content, new_content):
    """Put ``new_content`` in force in place of ``old_content``; return the name of what a session shows of it, or not.

    Raises ActionRefusal.

    What the site answers decides what is told, and not whether they stay: it may be an intruder's who answers.
    """
    with contextlib.ExitStack() as stack:
        session, reason = open_test_session(record, stack)
        configuration.replace_config_content_if_as_expected(record["config"], old_content, new_content)
        if session is None:
            php_code.reload_php_services_to_clear_code_cache()
            return reason
        try:
            for again in (True, False):
                if _is_site_accepting_only_new_secrets(session, old_content, new_content):
                    return "sessions_ended"
                if again:
                    php_code.reload_php_services_to_clear_code_cache()
        except interface.SessionUnavailable:
            php_code.reload_php_services_to_clear_code_cache()
            return "not_proven"
        return "still_lets_in"


def open_test_session(record, stack):
    """Return ``(session, why there is none)``: one that the site lets in now, by what its configuration holds now."""
    try:
        application = applications.load_application(record["path"])
        if not application.cms.opens_sessions:
            return None, "not_tried"
        number = next(
            administrator.number
            for administrator in administrators.load_administrators(application)
            if administrator.comes_in
        )
        content, root = configuration.read_config_bytes_or_refuse(record["config"]), record.get("root", record["path"])
        return stack.enter_context(site_session.open_session(application, content, number, root)), ""
    except interface.SessionUnavailable as error:
        return None, error.args[0] if error.args else "not_tried"
    except (ActionRefusal, StopIteration):
        return None, "not_tried"


def _is_site_accepting_only_new_secrets(session, old_content, new_content):
    """Return whether the site takes what is signed with the new secrets, and nothing signed with the old ones, in good
    time.
    """
    ends = time.monotonic() + LOOKING_SECONDS
    while True:
        if session.is_taken_with(new_content) and not session.is_taken_with(old_content):
            return True
        if time.monotonic() > ends:
            return False
        time.sleep(PAUSE)


ACTIONS = {
    "plan": plan_renewal_of_site_secrets,
    "contain": renew_site_secrets_once,
    "release": put_old_site_secrets_back,
}


def main(arguments):
    """Answer what is asked."""
    action_runner.answer_question(ACTIONS, arguments, SECONDS)
