"""Sends evidence of an incident on this host to a controller: a question of JSON as argument, frames out, packed.

Run as root by a controller, over a connection of its own, from memory: nothing is written here. What is gone first is
read first. ``luytre_evidence.frames`` tells what frames there are.
"""

import json
import os
import sys
import time
import zlib

from ansible.module_utils.luytre_evidence import frames, non_volatile, volatile

SECONDS, MAX_BYTES = 60, 200_000_000
"""For all of it; of frames, before they are packed."""
VERSION = b"luytre-evidence/1\n"


def load_redaction_and_secret_places():
    """Return how text loses its secrets, where they stand, and which files hold some.

    None where the Python here is too old to tell.
    """
    try:
        from auditor.text import redact, secret_spans  # noqa: PLC0415  sent along; too new for some hosts
    except Exception:  # patterns that it cannot read: re.error, which is no ImportError
        return None, lambda text: (), lambda path: True
    return redact.redact_secrets_in_text, secret_spans.find_secret_spans_in_text, redact.is_path_of_file_with_secrets


def lower_priority():
    """Run only when nobody else wants to do something, on the disk too.

    Not before what is little and tells most: an intruder's own programs may want everything.
    """
    try:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    except OSError:
        os.nice(19)


def main(arguments):
    request = json.loads(arguments[1])
    out, packer = sys.stdout.buffer, zlib.compressobj(1)
    out.write(VERSION)

    def pass_on(frame):
        out.write(packer.compress(frame))

    redact, spans, holds = load_redaction_and_secret_places()
    os.nice(5)
    reader = non_volatile.NonVolatileReader(holds)
    relay = frames.EvidenceRelay(
        pass_on,
        MAX_BYTES,
        time.monotonic() + SECONDS,
        redact,
        reader.find_secrets_of_host_to_redact(spans, request["roots"]),
    )
    at_once = (
        volatile.clock,
        volatile.processes,
        volatile.open_files,
        volatile.network,
        volatile.programs,
        volatile.system,
    )
    for work in at_once:
        relay.run_step_in_child_within_seconds(work.__name__, work, 10)
        out.write(packer.flush(zlib.Z_SYNC_FLUSH))
        out.flush()
    relay.run_step_in_child_within_seconds("flagged", reader.make_step_that_sends_flagged_files(request["flagged"]), 15)
    relay.run_step_in_child_within_seconds("accounts", reader.send_keys_logins_and_histories_of_homes, 10)
    relay.run_step_in_child_within_seconds("settings", reader.send_system_settings_and_autostart, 15)
    lower_priority()
    for name, work, seconds in (
        ("bodyfile", reader.send_mactime_body_of_all_files, 20),
        ("journal", volatile.send_last_journal_entries, 20),
        ("packages", reader.send_installed_and_recent_packages, 10),
        ("logs", reader.send_log_time_spans_and_log_ends, 30),
    ):
        relay.run_step_in_child_within_seconds(name, work, seconds)
    relay.send_end_of_all_frames()
    out.write(packer.flush())
    out.flush()
