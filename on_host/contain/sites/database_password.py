"""Makes the password anew by which a site's application comes into its database, there and in every configuration that
has it; and puts the old one back: a question of JSON as argument, an answer of JSON out.

Run as root by a controller, over a connection of its own. The password is made here and leaves the host in no form. The
server takes both passwords while configurations change, and the new one alone when all have it: so whoever is killed
between two steps leaves sites that serve, and a record, in a folder of root's alone, by which it is gone on with or
undone.
"""

import contextlib
import secrets
import string
import time

from ansible.module_utils.luytre.sites import websites
from ansible.module_utils.luytre_contain.databases import database_accounts
from ansible.module_utils.luytre_contain.sites import applications, configuration, http_check, php_code, secret_usages
from ansible.module_utils.luytre_shared.incidents import action_runner
from ansible.module_utils.luytre_shared.incidents.action_runner import ActionRefusal

SECONDS = 60
"""For one question: some visits, however slowly the site answers."""
RECORD = action_runner.ActionRecord("/var/lib/luytre/database-passwords")
LETTERS = string.ascii_letters + string.digits
LENGTH = 32
FAULTY = 500
LOOKING_SECONDS, PAUSE = 8, 0.3
"""Until PHP that was told to read its files again serves; between two looks."""
MAX_UNSURE = 20


def prepare_password_change(request):
    """Return what is to be changed, with the new password. Raises ActionRefusal."""
    own = applications.load_application(applications.resolve_application_folder_of_request(request))
    own.check_database_is_mysql_or_mariadb()
    if not own.is_database_on_this_host():
        raise ActionRefusal("not_asked", "%s: elsewhere" % own.config)
    configuration.check_no_pending_revert_of_host()
    faulty = php_code.find_php_units_that_would_not_start()
    if faulty:
        raise ActionRefusal("php_faulty", faulty[0])
    login, new = own.login, "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    hosts = database_accounts.find_account_hosts_with_password_login(login.user, login.password)
    files, unread = [], []
    shared_apps = find_applications_sharing_login(own, request["sites"], unread)
    mention_paths, cut = secret_usages.find_files_holding_secret(
        login.password, websites.list_web_roots_to_walk({"sites": request["sites"]})
    )
    others = sorted({*mention_paths} - {app.config for app in shared_apps})
    exempt_domains = request.get("unjudged", ())
    if others and request["domain"] not in exempt_domains:
        raise ActionRefusal("also_in", " ".join(others))
    unread += [path for path in cut if path not in unread]
    for application in shared_apps:
        old = configuration.read_config_bytes_or_refuse(application.config)
        if not configuration.is_file_roots_or_same_owners(application.config, own.config):
            if request["domain"] not in exempt_domains:
                raise ActionRefusal("others_file", application.config)
            others.append(application.config)
            continue
        try:
            after = application.cms.replace_password(old, new)
        except ValueError as error:
            raise ActionRefusal("config_stays", "%s: %s" % (application.config, error))
        if after == old:
            raise ActionRefusal("config_stays", application.config)
        files.append({"path": application.path, "file": application.config, "old": old.hex(), "new": after.hex()})
    digests = [
        database_accounts.compute_password_hash_kept_by_mysql(login.password),
        database_accounts.compute_password_hash_kept_by_mysql(new),
    ]
    accounts = {"user": login.user, "hosts": hosts, "digests": digests}
    domains = [
        domain
        for domain in (request["domain"], *find_domains_with_unread_files(request["sites"], unread))
        if domain not in exempt_domains
    ]
    return {
        **accounts,
        "files": files,
        "unread": unread,
        "others": others,
        "domains": domains,
        "unjudged": exempt_domains,
    }


def find_domains_with_unread_files(sites, unread):
    """Return the sites in which something is that could not be read.

    Whether they live by the same account, their visitors tell.
    """
    tops = [(site["domain"], site["document_root"]) for site in sites if site["document_root"]]
    domains = [
        domain
        for domain, top in tops
        if any(websites.is_path_within_root(path, top) or websites.is_path_within_root(top, path) for path in unread)
    ]
    return domains[:MAX_UNSURE]


def find_applications_sharing_login(own, sites, unread):
    """Return the applications of this host that log in with the same account and password, this one first.

    What could not be read is added to ``unread``.
    """
    applications_by_config = {own.config: own}
    paths, cut = applications.find_application_folders_at_web_roots(
        websites.list_application_search_roots({"sites": sites})
    )
    unread += cut
    for path in paths:
        try:
            application = applications.load_application(path)
        except ActionRefusal:
            unread.append(path)
            continue
        if application.login[:2] == own.login[:2] and application.is_database_on_this_host():
            applications_by_config.setdefault(application.config, application)
    return list(applications_by_config.values())


def plan_password_change(request, _connection):
    """Return what ``contain`` would do now; nothing is done, and no password is told."""
    record = prepare_password_change(request)
    accounts = ["'%s'@'%s'" % (record["user"], host) for host in record["hosts"]]
    would = [
        ["write", RECORD.path],
        *(["both_passwords", "ALTER USER " + account] for account in accounts),
        *(["password_in", file["file"]] for file in record["files"]),
        *("systemctl reload " + unit for unit in php_code.list_services_caching_php_code()),
        *(["new_password", "ALTER USER " + account] for account in accounts),
        "KILL SOFT CONNECTION USER '%s'" % record["user"],
    ]
    return {"state": "planned", "would": would}


def change_database_password(request, _connection):
    """Set a new password of the database account; once, however often it is asked for. Raises ActionRefusal."""
    with RECORD.hold_lock():
        record = RECORD.find_record_before_action_starts(request)
        if record is None:
            record = dict(prepare_password_change(request), what=request["what"])
        else:
            check_that_password_is_unchanged(record)
        before = probe_statuses_of_sites(record)
        RECORD.save_record_of_action(request["id"], record)
        try:
            unknown, stay = change_password_or_restore(record, before, "old", "new")
        except Exception:
            RECORD.delete_record_of_action(request["id"])
            raise
        return unknown or {"state": "confirmed", **describe_doubt_after_password_change(record, before, stay)}


def describe_doubt_after_password_change(record, before, stay):
    """Return what is not so, or was not seen, by its name."""
    if stay:
        return {"why": "still_open", "about": str(stay)}
    if record.get("others"):
        return {"why": "old_one_in", "about": " ".join(record["others"][: action_runner.MAX_SHOWN])}
    if record["unread"]:
        return {"why": "others_unread", "about": " ".join(record["unread"][: action_runner.MAX_SHOWN])}
    return {"why": "" if any(before.values()) else "not_visited"}


def change_password_or_restore(record, before, old_password, new_password):
    """Have the one password in place of the other, or all as it was and the error raised.

    ``(an answer where not even that goes, how many connections stay)``.
    """
    try:
        stay = switch_sites_to_password(record, old_password, new_password)
        verify_password_change(record, before, new_password)
    except Exception as error:
        try:
            switch_sites_to_password(record, new_password, old_password)
        except Exception as again:  # whatever it is: what is on record has to stay there
            reason = again.args if isinstance(again, ActionRefusal) else ("fault", type(again).__name__)
            return {"state": "unknown", "why": "not_taken_back", "about": "%s: %s" % reason}, 0
        raise error
    return None, stay


def switch_sites_to_password(record, old_password, new_password):
    """Have sites come in by another password; both are taken until all have it.

    How many connections stay. Raises ActionRefusal, when sites serve still.
    """
    digests = dict(zip(("old", "new"), record["digests"]))
    database_accounts.set_password_digests_of_accounts(
        record["user"], record["hosts"], [digests[old_password], digests[new_password]]
    )
    for file in record["files"]:
        configuration.replace_config_content_if_as_expected(
            file["file"], bytes.fromhex(file[old_password]), bytes.fromhex(file[new_password])
        )
    if not php_code.reload_php_services_to_clear_code_cache():
        raise ActionRefusal("php_faulty", "")
    database_accounts.set_password_digests_of_accounts(record["user"], record["hosts"], [digests[new_password]])
    return database_accounts.kill_database_connections_of_user(record["user"])


def verify_password_change(record, before, old_or_new):
    """See that it is so: what accounts take, who comes in, and that what served does so still. Raises ActionRefusal."""
    digest = dict(zip(("old", "new"), record["digests"]))[old_or_new]
    digests_by_host = database_accounts.read_password_digests_by_host(record["user"], record["hosts"])
    if any(digests not in ([digest], []) for digests in digests_by_host.values()):
        raise ActionRefusal("still_takes", record["user"])
    for file in record["files"]:
        applications.load_application(file["path"]).run_sql_script_and_read_rows("SELECT 'here';\n")
    failing_addresses, ends = (
        [address for address, status in before.items() if is_status_of_site_with_database(status)],
        time.monotonic() + LOOKING_SECONDS,
    )
    while True:
        failing_addresses = [
            address
            for address, (status, _) in http_check.fetch_pages(failing_addresses).items()
            if not is_status_of_site_with_database(status)
        ]
        if not failing_addresses:
            return
        if time.monotonic() > ends:
            raise ActionRefusal("not_serving", " ".join(failing_addresses))
        time.sleep(PAUSE)


def is_status_of_site_with_database(status):
    """Return whether a site answers as one that has its database."""
    return status is not None and status < FAULTY


def probe_statuses_of_sites(record):
    """Return what its visitors get, by the address."""
    return {address: status for address, (status, _) in http_check.fetch_pages(list_site_addresses(record)).items()}


def list_site_addresses(record):
    """Return where the sites are that have it."""
    own = ["%s://%s/" % (scheme, domain) for domain in record["domains"] for scheme in http_check.PORTS]
    homes = []
    for file in record["files"]:
        with contextlib.suppress(ActionRefusal):
            application = applications.load_application(file["path"])
            homes.append(application.cms.read_home_address(application.query_rows_by_labeled_selects))
    left_out = ["://%s/" % domain for domain in record.get("unjudged", ())]
    candidates = dict.fromkeys([*own, *filter(None, homes)])
    return [address for address in candidates if not any(part in address + "/" for part in left_out)]


def check_that_password_is_unchanged(record):
    """Raise ActionRefusal where a configuration or an account holds what somebody has put there since."""
    for file in record["files"]:
        if configuration.read_config_bytes_or_refuse(file["file"]).hex() not in (file["old"], file["new"]):
            raise ActionRefusal("changed_since", file["file"])
    database_accounts.check_passwords_still_have_digests(record["user"], record["hosts"], record["digests"])


def restore_old_password(request, _connection):
    """Have the old password in force. Raises ActionRefusal, when the new one is."""
    with RECORD.hold_lock():
        record = RECORD.find_record_of_requested_action(request)
        if record is None:
            return action_runner.NONE_KEPT
        configuration.check_no_pending_revert_of_host()
        check_that_password_is_unchanged(record)
        unknown, _ = change_password_or_restore(record, probe_statuses_of_sites(record), "new", "old")
        if unknown:
            return unknown
        RECORD.delete_record_of_action(request["id"])
        return {"state": "none"}


ACTIONS = {"plan": plan_password_change, "contain": change_database_password, "release": restore_old_password}


def main(arguments):
    """Answer what is asked."""
    action_runner.answer_question(ACTIONS, arguments, SECONDS)
