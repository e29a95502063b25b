"""Gives an application the files of its release again, and takes that back.

A question of JSON as argument, an answer of JSON out.

Run as root by a controller, over a connection of its own, with the release beside it. What differs is kept in a folder
of root's, the very file where it can be, before the release's takes its place with owner, mode and access list as they
were; what is missing is put there as its folder is. Whoever can write the folders may swap names at any moment: no link
is followed, and only what was looked at is replaced.
"""

import contextlib
import hashlib
import json
import os
from urllib.parse import quote_from_bytes, unquote_to_bytes

from ansible.module_utils.luytre_contain.sites import core_files, php_code
from ansible.module_utils.luytre_contain.sites.application_core import FOLDER, ApplicationCore, BundledRelease
from ansible.module_utils.luytre_shared.files import safe_open
from ansible.module_utils.luytre_shared.incidents import action_runner, quarantine_store, safe_move
from ansible.module_utils.luytre_shared.incidents.action_runner import ActionRefusal

STORE = quarantine_store.QuarantineStore("/var/lib/luytre/core")
RELEASE, ABOUT = "release.zip", "release.json"
SECONDS = 240
"""For thousands of files, each of which is on the disk before the next."""
MAX_LETTERS = 16_000


def read_bundled_file(name):
    """Return what came beside this program under that name."""
    return __loader__.get_data(os.path.join(__loader__.archive, name))


def load_application_core(request, open_ones):
    """Return how the application stands to the release that was sent. Raises ActionRefusal."""
    return ApplicationCore(
        open_application_folder(request, open_ones),
        BundledRelease(read_bundled_file(RELEASE), json.loads(read_bundled_file(ABOUT).decode("ascii"))),
    )


def open_application_folder(request, open_ones):
    """Return the application's folder. Raises ActionRefusal."""
    folder = os.fsdecode(unquote_to_bytes(request["folder"]))
    try:
        return safe_move.close_descriptor_when_stack_ends(
            open_ones, safe_open.open_below(request["root"], folder or ".", safe_open.DIRECTORY)
        )
    except OSError as error:
        raise ActionRefusal("folder_gone", error.strerror or "")


# --- there and back --------------------------------------------------------------------------------------


def replace_core_files_with_release(request, _connection):
    """Have the files as the release has them; once, however often it is asked for. Raises ActionRefusal."""
    name = request["id"]
    with STORE.hold_lock(), contextlib.ExitStack() as open_ones:
        core = load_application_core(request, open_ones)
        record = STORE.find_record_before_action_starts(request)
        if record is None:
            record = {
                "what": request["what"],
                "root": request["root"],
                "folder": request["folder"],
                "files": core.find_files_unlike_release(),
                "made": [],
            }
            STORE.save_record_of_action(name, record)
        elif not all(
            file["new"] == FOLDER
            or (file["path"] in core.release and core.release.digest_file(file["path"]) == file["new"])
            for file in record["files"]
        ):
            raise ActionRefusal("other_release", "")
        store = safe_move.close_descriptor_when_stack_ends(
            open_ones, os.open(STORE.get_folder_of_action(name), safe_open.FOLDER)
        )
        try:
            for number, file in enumerate(record["files"]):
                with contextlib.suppress(
                    ActionRefusal
                ):  # who keeps one from being replaced keeps no other from it; it is seen below
                    core_files.put_release_file_in_place(
                        core, store, str(number), file, lambda path: record_folder_to_be_made(name, record, path)
                    )
            code_reset = not record["files"] or php_code.reload_php_services_to_clear_code_cache()
            remaining_paths = [file["path"] for file in record["files"] if not core.is_file_as_in_release(file)]
        except Exception:
            changed_paths = core_files.restore_original_files(core.folder, store, record)
            if changed_paths:
                return {"state": "unknown", "why": "changed_since", "about": changed_paths[0]}
            STORE.delete_record_of_action(name)
            raise
        return describe_core_replacement(name, core, record, code_reset, remaining_paths)


def describe_core_replacement(name, core, record, code_reset, remaining_paths):
    """Return what was done, as it is now; ``remaining_paths`` are the paths that somebody has kept as they are."""
    files = [[file["path"], file["was"], file["new"]] for file in record["files"]]
    others, whole = core.find_scripts_not_in_release()
    if remaining_paths:
        about = "%d / %d: %s" % (len(remaining_paths), len(files), remaining_paths[0])
        return {
            "state": "unknown",
            "why": "files_left",
            "about": about[: action_runner.MAX_REASON],
            "found": quote_paths_of_record(record, others),
        }
    if not files:
        STORE.delete_record_of_action(name)
    if not whole:
        return {
            "state": "unknown",
            "why": "not_all_seen",
            "about": "%d" % len(files),
            "found": quote_paths_of_record(record, others),
        }
    return {
        "state": "confirmed",
        "sha256": hashlib.sha256(json.dumps(files).encode("ascii")).hexdigest() if files else None,
        "why": "replaced" if code_reset else "still_runs",
        "about": str(len(files)),
        "found": quote_paths_of_record(record, others),
    }


def quote_paths_of_record(record, relative_paths):
    """Return whole paths, written so that each is one line."""
    base = os.path.join(record["root"], os.fsdecode(unquote_to_bytes(record["folder"])))
    return [quote_from_bytes(os.fsencode(os.path.join(base, path)), safe="/") for path in relative_paths]


def record_folder_to_be_made(name, record, path):
    """Record that a folder is about to be made."""
    record["made"].append(path)
    STORE.save_record_of_action(name, record)


def undo_core_replacement(request, _connection):
    """Have the files as they were before. Raises ActionRefusal."""
    name = request["id"]
    with STORE.hold_lock(), contextlib.ExitStack() as open_ones:
        record = STORE.find_record_of_requested_action(request)
        if record is None:
            return action_runner.NONE_KEPT
        folder = open_application_folder(record, open_ones)
        store = safe_move.close_descriptor_when_stack_ends(
            open_ones, os.open(STORE.get_folder_of_action(name), safe_open.FOLDER)
        )
        changed_paths = core_files.restore_original_files(folder, store, record)
        if record["files"] and not php_code.reload_php_services_to_clear_code_cache():
            changed_paths.append("php-fpm")
        if changed_paths:
            return {"state": "unknown", "why": "changed_since", "about": changed_paths[0]}
        STORE.delete_record_of_action(name)
        return {"state": "none"}


def limit_paths_to_answer_size(paths):
    """Return paths, a line each, as many as an answer has room for; then how many there are."""
    text = "\n".join(paths)
    return text if len(text) <= MAX_LETTERS else text[:MAX_LETTERS].rpartition("\n")[0] + "\n… %d" % len(paths)


def plan_core_replacement(request, _connection):
    """Return what ``contain`` would do now; nothing is written."""
    with contextlib.ExitStack() as open_ones:
        core = load_application_core(request, open_ones)
        files = core.find_files_unlike_release()
        added_paths = [file["path"] for file in files if file["was"] is None]
        replaced_paths = [file["path"] for file in files if file["was"] is not None]
        steps = [
            [name, limit_paths_to_answer_size(paths)]
            for name, paths in (("replace", replaced_paths), ("put", added_paths))
            if paths
        ]
        steps += ["systemctl reload " + unit for unit in php_code.list_services_caching_php_code()] if files else []
        others, whole = core.find_scripts_not_in_release()
        return {
            "state": "planned",
            "would": steps,
            "why": "" if whole else "not_all_seen",
            "found": quote_paths_of_record(request, others),
        }


ACTIONS = {"plan": plan_core_replacement, "contain": replace_core_files_with_release, "release": undo_core_replacement}


def main(arguments):
    """Answer what is asked."""
    action_runner.answer_question(ACTIONS, arguments, SECONDS)
