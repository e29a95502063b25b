"""Stops a process on this host, which stays what it is, and lets it go on, or ends it.

A question of JSON as argument, an answer of JSON out.

Run as root by a controller, over a connection of its own. A process is known by its number, the moment when it began
and the file that it runs, and is held by a descriptor of its own before any of that is read: whatever gets its number
meanwhile gets no signal. The record of it lies in memory, as a process does not outlive the host's next start either.
"""

import contextlib
import hashlib
import os
import re
import select
import signal
import time
from urllib.parse import unquote_to_bytes

from ansible.module_utils.luytre_shared.incidents import action_runner
from ansible.module_utils.luytre_shared.incidents.action_runner import ActionRefusal
from ansible.module_utils.luytre_shared.os import accounts

HOME = "/run/luytre/processes"
RECORD = action_runner.ActionRecord(HOME)
STOPPED_STATES, ENDED_STATES = "Tt", "ZXx"
STOP_SECONDS = 3
CHUNK, MAX_CHUNKS = 1 << 20, 100
"""Bytes that are read at once of a program whose digest is told, and how often."""
DELETED_SUFFIX = b" (deleted)"
_BUS = r"dbus(?:-broker)?"
KEEPERS = {
    **dict.fromkeys(
        ("/usr/sbin/sshd", "/usr/lib/openssh/sshd-session", "/usr/lib/openssh/sshd-auth", "/usr/sbin/dropbear"), ""
    ),
    **dict.fromkeys(("/usr/bin/dbus-daemon", "/usr/bin/dbus-broker", "/usr/bin/dbus-broker-launch"), _BUS),
    **dict.fromkeys(("/usr/bin/login", "/usr/sbin/agetty", "/usr/sbin/dhclient", "/usr/sbin/NetworkManager"), ""),
    "/usr/sbin/dhcpcd": r"(?:networking|ifup@.*|dhcpcd.*)",
    **dict.fromkeys(("/usr/sbin/wpa_supplicant", "/usr/sbin/tailscaled", "/usr/lib/ipsec/charon"), ""),
    "/usr/sbin/openvpn": r"openvpn.*",
    **{
        "/usr/lib/systemd/systemd" + part: "systemd" + part if part in ("-networkd", "-resolved") else ""
        for part in ("", "-executor", "-journald", "-logind", "-networkd", "-resolved", "-udevd", "-userdbd")
    },
}
"""Programs without which nobody comes in, or the host loses its address: what root runs of them.

And in whose services, as a regular expression of their names, accounts of theirs do. Whoever else runs one, with a
library of theirs in it, runs what they like."""
SERVICE = re.compile(r"(?m)^0::(?:(?!/user\.slice/).)*/system\.slice/(?:[^/\n]+\.slice/)*([^/\n]+)\.service(?:/|$)")
"""In a process's control group, which it cannot leave."""


def stop_process_once(request, _connection):
    """Stop a process; once, however often it is asked for. Raises ActionRefusal."""
    if request.get("end"):
        return kill_requested_process(request)
    with RECORD.hold_lock(), contextlib.ExitStack() as open_ones:
        handle, record = find_requested_process_and_open_pidfd(request, open_ones)
        existing_record = RECORD.find_record_before_action_starts(request)
        if existing_record is not None and is_recorded_process(existing_record, record):
            record = existing_record  # somebody may have let it go on meanwhile
        RECORD.save_record_of_action(request["id"], record)
        try:
            signal.pidfd_send_signal(handle, signal.SIGSTOP)
            return wait_until_stopped_and_describe_process(record)
        except BaseException:
            continue_process_unless_stopped_before(handle, record)
            RECORD.delete_record_of_action(request["id"])
            raise


def plan_stopping_of_process(request, _connection):
    """Return what ``contain`` would do now; nothing is done."""
    with contextlib.ExitStack() as open_ones:
        _, record = find_requested_process_and_open_pidfd(request, open_ones)
        signal_name = "SIGKILL" if request.get("end") else "SIGSTOP"
        return {"state": "planned", "would": ["%s %d (%s)" % (signal_name, record["pid"], record["exe"])]}


def kill_requested_process(request):
    """End a process, and forget that it was stopped; the digest of what it ran is told. Raises ActionRefusal."""
    with RECORD.hold_lock(), contextlib.ExitStack() as open_ones:
        handle, record = find_requested_process_and_open_pidfd(request, open_ones)
        sha256, children = compute_sha256_of_running_program(record["pid"]), find_descendants(record["pid"])
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(handle, signal.SIGKILL)
        until = time.monotonic() + STOP_SECONDS
        while not has_process_of_pidfd_ended(handle):
            if time.monotonic() > until:
                raise ActionRefusal("not_ended", str(record["pid"]))
            time.sleep(0.02)
        others = RECORD.read_all_records_by_action_id().items()
        RECORD.replace_all_records(
            {
                name: other
                for name, other in others
                if not (other["pid"] == record["pid"] and is_recorded_process(other, record))
            }
        )
    answer = {"state": "confirmed", "why": "", "about": "", "sha256": sha256}
    live_pids = [pid for pid in children if is_running(pid)]
    return (
        dict(answer, why="children_left", about=" ".join(map(str, live_pids[: action_runner.MAX_SHOWN])))
        if live_pids
        else answer
    )


def compute_sha256_of_running_program(pid):
    """Return sha256 of the file that a process runs, though it is deleted.

    None where it is too large, or is not to be read.
    """
    hasher = hashlib.sha256()
    with contextlib.suppress(OSError), open("/proc/%d/exe" % pid, "rb") as file:
        for _ in range(MAX_CHUNKS):
            chunk = file.read(CHUNK)
            if not chunk:
                return hasher.hexdigest()
            hasher.update(chunk)
    return None


def find_requested_process_and_open_pidfd(request, open_ones):
    """Return ``(descriptor, record)`` of the process that is asked for.

    It is asked for as ``PID/PATH``, or ``PID@TICKS/PATH`` with when it began. Raises ActionRefusal.
    """
    number, slash, path = request["what"].partition("/")
    number, _, began = number.partition("@")
    pid = int(number)
    handle = open_pidfd_of_process(pid, open_ones)
    process_info = read_start_time_and_program_of_process(pid)
    if handle is None or process_info is None:
        raise ActionRefusal("no_process", number)
    refuse_to_stop_essential_process(pid, process_info)
    expected_path = unquote_to_bytes(slash + path)
    if unquote_to_bytes(process_info["exe"]) not in (expected_path, expected_path + DELETED_SUFFIX):
        raise ActionRefusal("other_process", process_info["exe"])
    if began and int(began) != process_info["began"]:
        raise ActionRefusal("no_process", number)
    return handle, dict(
        process_info, what=request["what"], pid=pid, before=read_state_of_all_threads_of_process(pid) in STOPPED_STATES
    )


def let_stopped_process_go_on(request, _connection):
    """Let a process go on, if it is the one that was stopped and was not stopped before."""
    with RECORD.hold_lock(), contextlib.ExitStack() as open_ones:
        record = RECORD.find_record_of_requested_action(request)
        if record is None:
            return action_runner.NONE_KEPT
        handle = open_pidfd_of_recorded_process(record, open_ones)
        if handle is not None and not hand_process_to_other_action_stopping_it(request["id"], record):
            continue_process_unless_stopped_before(handle, record)
        RECORD.delete_record_of_action(request["id"])
        return {"state": "none"}


def report_state_of_stopped_process(request, _connection):
    """Return what there is of a process that was stopped."""
    record = RECORD.read_all_records_by_action_id().get(request["id"])
    with contextlib.ExitStack() as open_ones:
        return (
            {"state": "none"}
            if record is None or open_pidfd_of_recorded_process(record, open_ones) is None
            else wait_until_stopped_and_describe_process(record)
        )


def hand_process_to_other_action_stopping_it(action_id, record):
    """Return whether another action has the same process stopped: then that one lets it go on, in the end."""
    for other_name, other in RECORD.read_all_records_by_action_id().items():
        if other_name != action_id and other["pid"] == record["pid"] and is_recorded_process(other, record):
            RECORD.save_record_of_action(other_name, dict(other, before=other["before"] and record["before"]))
            return True
    return False


def continue_process_unless_stopped_before(pidfd, record):
    """Have a process go on, unless it stood still before. It may have ended."""
    if not record["before"]:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(pidfd, signal.SIGCONT)


def open_pidfd_of_process(pid, open_ones):
    """Return a descriptor of a process; None when there is none of that number."""
    try:
        handle = os.pidfd_open(pid)
    except OSError:
        return None
    open_ones.callback(os.close, handle)
    return handle


def open_pidfd_of_recorded_process(record, open_ones):
    """Return a descriptor of the very process that was stopped; None when it has ended, whatever has its number now."""
    handle = open_pidfd_of_process(record["pid"], open_ones)
    if (
        handle is None
        or not is_recorded_process(record, read_start_time_and_program_of_process(record["pid"]))
        or has_process_of_pidfd_ended(handle)
    ):
        return None
    return handle


def is_recorded_process(record, process_identity):
    """Return whether both are of one process, whose number is the same."""
    return process_identity is not None and all(record[word] == process_identity[word] for word in ("began", "exe"))


def has_process_of_pidfd_ended(pidfd):
    """Return whether the process of a descriptor is over."""
    poller = select.poll()
    poller.register(pidfd, select.POLLIN)
    return bool(poller.poll(0))


def read_start_time_and_program_of_process(pid):
    """Return what tells a process from a later one of its number, None when there is none.

    When it began, in ticks since the host did, and what it runs.
    """
    try:
        words = read_process_stat_fields(pid)
        task = pid if words[0] not in ENDED_STATES else find_live_thread(pid)
        if task is None:
            return None
        exe = b""
        with contextlib.suppress(FileNotFoundError):  # the kernel's own have none
            exe = os.readlink(b"/proc/%d/task/%d/exe" % (pid, task))
        return {"began": int(words[19]), "exe": percent_encode_path(exe)}
    except (OSError, ValueError, IndexError):
        return None


def find_live_thread(pid):
    """Return the number of a thread that goes on though its process's first has ended; None when none does."""
    for task in sorted(map(int, os.listdir("/proc/%d/task" % pid))):
        with contextlib.suppress(OSError, IndexError):
            if read_process_stat_fields(pid, task)[0] not in ENDED_STATES:
                return task
    return None


def read_process_stat_fields(pid, task=None):
    """Return the words after its name, which may hold any sign."""
    path = "/proc/%d/stat" % pid if task is None else "/proc/%d/task/%s/stat" % (pid, task)
    with open(path, "rb") as file:
        return file.read(4096).rpartition(b")")[2].decode("ascii").split()


def percent_encode_path(path):
    """Return a path as one line of ASCII."""
    return "".join(chr(byte) if 32 < byte < 127 and byte != 37 else "%%%02X" % byte for byte in path)


def read_state_of_all_threads_of_process(pid):
    """Return how all of it stands: stopped only when each of its threads is; the state of the first that is not."""
    states = []
    for task in os.listdir("/proc/%d/task" % pid):
        with contextlib.suppress(OSError, IndexError):
            states.append(read_process_stat_fields(pid, task)[0])
    return next(
        (thread_state for thread_state in states if thread_state not in STOPPED_STATES + ENDED_STATES),
        states[0] if states else "X",
    )


def refuse_to_stop_essential_process(pid, process_identity):
    """Raise ActionRefusal for what the host, or whoever asks, lives by."""
    if pid in accounts.list_pids_of_this_process_and_ancestors():
        raise ActionRefusal("ours", str(pid))
    path = unquote_to_bytes(process_identity["exe"])
    if pid == 1 or not path:
        raise ActionRefusal("keeper", str(pid))
    program_path = os.fsdecode(path[: -len(DELETED_SUFFIX)] if path.endswith(DELETED_SUFFIX) else path)
    file = get_device_and_inode_of_file("/proc/%d/exe" % pid)
    for keeper, services in KEEPERS.items():
        if (
            program_path == keeper or file == get_device_and_inode_of_file(keeper)
        ) and is_process_run_by_root_or_services(pid, services):
            raise ActionRefusal("keeper", process_identity["exe"])


def is_process_run_by_root_or_services(pid, services):
    """Return whether root alone decides what a process runs: it is root's, or runs in one of these services."""
    uids = re.search(r"(?m)^Uid:\s+(.*)$", read_proc_file_or_empty("/proc/%d/status" % pid))
    if uids is not None and "0" in uids.group(1).split():
        return True
    service = SERVICE.search(read_proc_file_or_empty("/proc/%d/cgroup" % pid))
    return bool(services) and service is not None and re.fullmatch(services, service.group(1)) is not None


def read_proc_file_or_empty(path):
    """Return a file of /proc; nothing of a process that is gone."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(100_000)
    except OSError:
        return ""


def get_device_and_inode_of_file(path):
    """Return what tells a file from others; a value that no other has where there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return object()
    return (status.st_dev, status.st_ino)


def wait_until_stopped_and_describe_process(record):
    """Return a process as it stands after it was told to stop.

    A thread that waits for a disk stops when that has answered.
    """
    until = time.monotonic() + STOP_SECONDS
    while is_running(record["pid"]):
        if time.monotonic() > until:
            raise ActionRefusal("not_stopped", str(record["pid"]))
        time.sleep(0.02)
    if not is_recorded_process(record, read_start_time_and_program_of_process(record["pid"])):
        raise ActionRefusal("no_process", str(record["pid"]))
    children = [pid for pid in find_descendants(record["pid"]) if is_running(pid)]
    answer = {"state": "confirmed", "why": "", "about": ""}
    return (
        dict(answer, why="children", about=" ".join(map(str, children[: action_runner.MAX_SHOWN])))
        if children
        else answer
    )


def is_running(pid):
    """Return whether any of it runs, or may at any moment."""
    try:
        return read_state_of_all_threads_of_process(pid) not in STOPPED_STATES + ENDED_STATES
    except OSError:
        return False


def find_descendants(pid):
    """Return what a process started, and what that did."""
    parents = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError, ValueError, IndexError):
            parents[int(name)] = int(read_process_stat_fields(int(name))[1])
    pids, more = set(), {pid}
    while more:
        more = {child for child, parent in parents.items() if parent in more} - pids
        pids |= more
    return sorted(pids)


def main(arguments):
    """Answer what is asked."""
    action_runner.answer_question(
        {
            "plan": plan_stopping_of_process,
            "contain": stop_process_once,
            "release": let_stopped_process_go_on,
            "look": report_state_of_stopped_process,
        },
        arguments,
    )
