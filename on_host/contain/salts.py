"""Makes the secrets anew by which a site's application signs sessions, so that all of them end.

And puts the old ones back: a question of JSON as argument, an answer of JSON out.

Run as root by a controller, over a connection of its own. What is made is made here and leaves the host in no form;
what was there is kept in a folder of root's alone. The file is replaced whole.

WordPress: its eight keys and salts. Joomla: its secret, unless a second factor of somebody's is kept by it. NukeViet's
site key is a person's to change, as what it keeps is written with it: its mail's password, second factors.
"""

import contextlib
import secrets
import string
import time

from ansible.module_utils.luytre import _php, wordpress
from ansible.module_utils.luytre_change import php_constants
from ansible.module_utils.luytre_contain import administrators, applications, configuration, php_code, wordpress_session
from ansible.module_utils.luytre_shared import action_runner
from ansible.module_utils.luytre_shared.action_runner import ActionRefusal

RECORD = action_runner.ActionRecord("/var/lib/luytre/salts")
LETTERS = string.ascii_letters + string.digits
LENGTH = 64
SECONDS = 60
"""For one question: some visits, however slowly the site answers."""
LOOKING_SECONDS = 5
"""Until PHP has looked whether a file is another one by now: two seconds, as it comes."""
PAUSE = 0.2
SECOND_FACTORS = {
    "column": (
        """SELECT 'column', IF(table_name = '{p}users', 'users', 'mfa') FROM information_schema.columns
  WHERE table_schema = '{db}' AND ((table_name = '{p}users' AND column_name = 'otpKey')
  OR (table_name = '{p}user_mfa' AND column_name = 'method'))""",
        2,
    )
}
IN_USE = {
    "users": "SELECT 'used', COUNT(*) FROM `{db}`.`{p}users` WHERE otpKey <> ''",
    "mfa": "SELECT 'used', COUNT(*) FROM `{db}`.`{p}user_mfa`",
}
SECOND_FACTORS_IN_POSTGRESQL = {
    "column": (
        """SELECT json_build_array('column', CASE table_name WHEN '{p}users' THEN 'users' ELSE 'mfa' END)
  FROM information_schema.columns
  WHERE table_schema = current_schema() AND ((table_name = '{p}users' AND column_name = 'otpKey')
  OR (table_name = '{p}user_mfa' AND column_name = 'method'))""",
        2,
    )
}
IN_USE_IN_POSTGRESQL = {
    "users": "SELECT json_build_array('used', COUNT(*)) FROM \"{p}users\" WHERE \"otpKey\" <> ''",
    "mfa": "SELECT json_build_array('used', COUNT(*)) FROM \"{p}user_mfa\"",
}


def generate_config_with_new_secrets(application_folder):
    """Return ``(configuration file, its bytes, its bytes with new secrets)``.

    Raises ActionRefusal where a person has to, and while a hardening is open.
    """
    configuration.check_no_pending_revert_of_host()
    for kind, of_kind in (
        ("wordpress", _renew_salts_in_wordpress_config),
        ("joomla", _renew_secret_in_joomla_config),
        ("nukeviet", _refuse_to_renew_nukeviet_secret),
    ):
        config = applications.find_config_file_of_application(kind, application_folder)
        if config is not None:
            old = configuration.read_config_bytes_or_refuse(config)
            try:
                return config, old, of_kind(application_folder, config, old)
            except ValueError as error:
                raise ActionRefusal("config_stays", "%s: %s" % (config, error))
    raise ActionRefusal("no_application", application_folder)


def _renew_salts_in_wordpress_config(_path, config, config_content):
    if _php.UNKNOWN in _php.read_php_constants(config_content, wordpress.SALTS).values():
        raise ActionRefusal("not_plain", config)
    new = config_content
    for name in wordpress.SALTS:
        new = php_constants.define_constant_in_php_source(new, name, make_secret())
    return new


def _renew_secret_in_joomla_config(path, config, config_content):
    application = applications.load_application(path)
    factors, used = SECOND_FACTORS, IN_USE
    if application.uses_postgresql:
        factors, used = SECOND_FACTORS_IN_POSTGRESQL, IN_USE_IN_POSTGRESQL
    for _, table in application.query_rows_by_labeled_selects(factors):
        if application.query_rows_by_labeled_selects({"used": (used[table], 1)})[0][1] != "0":
            raise ActionRefusal("second_factor", config)
    secret = _php.read_php_settings(config_content, _php.PROPERTY, ["secret"])["secret"]
    if not isinstance(secret, str) or secret == _php.UNKNOWN:
        raise ActionRefusal("not_plain", config)
    return php_constants.change_assigned_setting_in_php_source(config_content, _php.PROPERTY, "secret", make_secret())


def _refuse_to_renew_nukeviet_secret(_path, config, _old):
    raise ActionRefusal("by_a_person", config)


def make_secret():
    """Return a secret."""
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def plan_renewal_of_site_secrets(request, _connection):
    """Return what ``contain`` would do now; nothing is done."""
    path = applications.resolve_application_folder_of_request(request)
    config, _old, _new = generate_config_with_new_secrets(path)
    names = ["secret"] if applications.find_config_file_of_application("wordpress", path) is None else wordpress.SALTS
    return {"state": "planned", "would": [["write", RECORD.path], ["secrets", config, " ".join(names)]]}


def renew_site_secrets_once(request, _connection):
    """Make a site's secrets anew; once, however often it is asked for. Raises ActionRefusal."""
    with RECORD.hold_lock():
        record = RECORD.find_record_before_action_starts(request)
        if record is None:
            path = applications.resolve_application_folder_of_request(request)
            config, old, new = generate_config_with_new_secrets(path)
            record = {
                "what": request["what"],
                "path": path,
                "root": request["root"],
                "config": config,
                "old": old.hex(),
                "new": new.hex(),
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
        why = switch_site_secrets_and_check_by_session(record, old, new)
    except Exception as error:
        try:
            configuration.replace_config_content_if_as_expected(record["config"], new, old)
            php_code.reload_php_services_to_clear_code_cache()
        except Exception:  # whatever it is: what is on record has to stay there
            return {"state": "unknown", "why": "not_taken_back", "about": record["config"]}
        raise error
    return {"state": "unknown" if why == "still_lets_in" else "confirmed", "why": why}


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
        except wordpress_session.SessionUnavailable:
            php_code.reload_php_services_to_clear_code_cache()
            return "not_proven"
        return "still_lets_in"


def open_test_session(record, stack):
    """Return ``(session, why there is none)``: one that the site lets in now, by what its configuration holds now."""
    try:
        application = applications.load_application(record["path"])
        if application.kind != "wordpress":
            return None, "not_tried"
        number = next(
            administrator.number
            for administrator in administrators.load_administrators(application)
            if administrator.comes_in
        )
        content, root = configuration.read_config_bytes_or_refuse(record["config"]), record.get("root", record["path"])
        return stack.enter_context(
            wordpress_session.open_temporary_wordpress_session(application, content, number, root)
        ), ""
    except wordpress_session.SessionUnavailable as error:
        return None, error.args[0] if error.args else "not_tried"
    except (ActionRefusal, StopIteration):
        return None, "not_tried"


def _is_site_accepting_only_new_secrets(session, old_content, new_content):
    """Return whether the site takes what is signed with the new secrets, and nothing signed with the old ones, in good
    time.
    """
    ends = time.monotonic() + LOOKING_SECONDS
    while True:
        if session.is_logged_in_when_cookie_is_signed_with(
            wordpress_session.read_cookie_signing_key_from_config(new_content)
        ) and not session.is_logged_in_when_cookie_is_signed_with(
            wordpress_session.read_cookie_signing_key_from_config(old_content)
        ):
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
