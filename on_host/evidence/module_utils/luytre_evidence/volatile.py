"""What is gone first: clock, processes, what is open on the network, who is there, what is mounted and loaded (RFC
3227).
"""

import hashlib
import os
import re
import subprocess
import time

from ansible.module_utils.luytre_evidence.frames import MAX_HASHED, PIECE
from ansible.module_utils.luytre_evidence.text_escape import escape_line
from ansible.module_utils.luytre_shared.files.names import user_name
from ansible.module_utils.luytre_shared.os.program import run_program_to_end

MOST_PROCESSES = 20_000
MOST_OPEN = 500
"""Open files of one process."""
MOST_READ = 1_000_000
DELETED_MARK = " (deleted)"
MOST_GONE = 20
"""Executables that are copied since no file has them any more."""
TABLES = (
    "tcp",
    "tcp6",
    "udp",
    "udp6",
    "raw",
    "raw6",
    "unix",
    "packet",
    "arp",
    "route",
    "ipv6_route",
    "if_inet6",
    "dev",
    "fib_trie",
)
NFT = "/usr/sbin/nft"
SYSTEMCTL = "/usr/bin/systemctl"
LOGINCTL = "/usr/bin/loginctl"
JOURNALCTL = "/usr/bin/journalctl"
MOST_ENTRIES = "20000"
OF_KERNEL = (
    ("system/uptime.txt", "/proc/uptime"),
    ("system/loadavg.txt", "/proc/loadavg"),
    ("system/version.txt", "/proc/version"),
    ("system/cmdline.txt", "/proc/cmdline"),
    ("system/boot_id.txt", "/proc/sys/kernel/random/boot_id"),
    ("system/mounts.txt", "/proc/self/mountinfo"),
    ("system/modules.txt", "/proc/modules"),
    ("system/tainted.txt", "/proc/sys/kernel/tainted"),
    ("system/meminfo.txt", "/proc/meminfo"),
    ("storage/partitions.txt", "/proc/partitions"),
)


def clock(sender):
    """Collect what time it is here, by the system's clock and since it was started."""
    rows = [
        "utc %.3f" % time.time(),
        "since_boot %.3f" % time.clock_gettime(time.CLOCK_BOOTTIME),
        "zone %s" % " ".join(time.tzname),
    ]
    rtc = _read_text("/sys/class/rtc/rtc0/since_epoch").strip()
    sender.send_lines_of_live_response("system/clock.txt", [*rows, "hardware %s" % rtc] if rtc else rows)


def processes(sender, proc="/proc"):
    """Send all processes.

    What they say of themselves lies in their own memory, of which anybody can have a part that does not answer.
    """
    sender.send_lines_of_live_response("process/ps.txt", _iter_process_table_rows(proc))


def programs(sender, proc="/proc"):
    """Collect what they run, by its digest; what no file has any more is copied."""
    pids_by_digest = {}
    sender.send_lines_of_live_response(
        "process/hash_running_processes.sha256", _iter_program_digest_rows(proc, pids_by_digest)
    )
    pids = list(pids_by_digest.values())
    for pid in pids[:MOST_GONE]:
        _send_running_program_file(sender, pid, proc)
    for pid in pids[MOST_GONE:]:
        sender.send_note_of_item_not_sent("process %d" % pid, "too_many")


def open_files(sender, proc="/proc"):
    """Collect what they have open."""
    sender.send_lines_of_live_response("process/open_files.txt", _iter_open_files(proc))


def _list_pids(proc):
    return sorted(int(name) for name in os.listdir(proc) if name.isdigit())[:MOST_PROCESSES]


def _iter_process_table_rows(proc):
    yield "pid\tppid\tuser\tstarted\tstate\tprogram\tfolder\tcommand"
    for pid in _list_pids(proc):
        where = "%s/%d" % (proc, pid)
        status, words = _read_text(where + "/status"), _read_text(where + "/stat").rpartition(")")[2].split()
        uid = re.search(r"(?m)^Uid:\s+\d+\s+(\d+)", status)
        if uid is None or len(words) < 20:
            continue
        title = (
            _read_text(where + "/cmdline").replace("\0", " ").strip() or "[%s]" % _read_text(where + "/comm").strip()
        )
        fields = (str(pid), words[1], user_name(int(uid.group(1))), words[19], words[0])
        yield "\t".join(map(escape_line, (*fields, _read_link(where + "/exe"), _read_link(where + "/cwd"), title)))


def _iter_program_digest_rows(proc, pids_by_digest):
    """Yield a line for each process that runs a file.

    Of those that are gone, a process for each into ``pids_by_digest``, by the digest.
    """
    digests = {}
    for pid in _list_pids(proc):
        where = "%s/%d/exe" % (proc, pid)
        program = _read_link(where)
        if program:
            digest = _compute_sha256_of_program_once(where, digests)
            if program.endswith(DELETED_MARK):
                pids_by_digest.setdefault(digest, pid)
            yield "%s  %d  %s" % (digest, pid, escape_line(program))


def _iter_open_files(proc):
    yield "pid\tdescriptor\twhat"
    for pid in _list_pids(proc):
        for name, target in _list_open_descriptors_and_targets("%s/%d/fd" % (proc, pid)):
            yield "%d\t%s\t%s" % (pid, name, escape_line(target))


def network(sender):
    """Send sockets, routes and neighbours as the kernel has them."""
    for name in TABLES:
        text = _read_text("/proc/net/" + name)
        if text:
            sender.send_lines_of_live_response("network/%s.txt" % name, text.rstrip("\n").split("\n"))


def system(sender):
    """Collect what the kernel has mounted and loaded, and what programs of the system show."""
    for name, path in OF_KERNEL:
        text = _read_text(path)
        if text:
            sender.send_lines_of_live_response(name, text.rstrip("\n").split("\n"))
    outputs = {
        "nft_ruleset": run_command_and_return_its_output([NFT, "list", "ruleset"]),
        "systemctl_units": run_command_and_return_its_output(
            [SYSTEMCTL, "list-units", "--all", "--no-pager", "--plain", "--no-legend", "--full"]
        ),
        "systemctl_timers": run_command_and_return_its_output(
            [SYSTEMCTL, "list-timers", "--all", "--no-pager", "--full"]
        ),
        "loginctl_sessions": run_command_and_return_its_output(
            [LOGINCTL, "list-sessions", "--no-pager", "--no-legend"]
        ),
    }
    for name, text in outputs.items():
        sender.send_lines_of_live_response("system/%s.txt" % name, map(escape_line, text.split("\n")))


def send_last_journal_entries(sender):
    """Send the journal's last entries, the newest first: on most hosts there is no other log of logins."""
    text = run_command_and_return_its_output(
        [JOURNALCTL, "--no-pager", "--utc", "--reverse", "--output=short-iso-precise", "--lines", MOST_ENTRIES], 15
    )
    sender.send_lines_of_live_response("system/journalctl.txt", map(escape_line, text.split("\n")))


def run_command_and_return_its_output(command, seconds=5):
    """Return what a program prints, whatever it comes to."""
    try:
        process = run_program_to_end(command, seconds, errors=subprocess.STDOUT)
    except (OSError, subprocess.TimeoutExpired) as error:
        return type(error).__name__
    return process.stdout[: 10 * MOST_READ].decode("utf-8", "replace")


def _send_running_program_file(sender, pid, proc):
    try:
        with open("%s/%d/exe" % (proc, pid), "rb") as program:
            sender.send_open_file_redacted(
                "live_response", "%s/%d/exe" % (proc, pid), program.fileno(), "process/deleted/%d.exe" % pid
            )
    except OSError as error:
        sender.send_note_of_item_not_sent("process %d" % pid, "unreadable: %s" % error.strerror)


def _compute_sha256_of_program_once(path, digests):
    try:
        with open(path, "rb") as program:
            status = os.fstat(program.fileno())
            key = (status.st_dev, status.st_ino)
            if key not in digests:
                digest = hashlib.sha256()
                bytes_left = MAX_HASHED
                while bytes_left > 0:
                    piece = program.read(PIECE)
                    if not piece:
                        break
                    digest.update(piece)
                    bytes_left -= len(piece)
                digests[key] = digest.hexdigest() if bytes_left > 0 else "-" * 64
            return digests[key]
    except OSError:
        return "-" * 64


def _list_open_descriptors_and_targets(fd_folder):
    try:
        names = os.listdir(fd_folder)[:MOST_OPEN]
    except OSError:
        return []
    return [(name, _read_link("%s/%s" % (fd_folder, name))) for name in names]


def _read_link(path):
    try:
        return os.readlink(path)
    except OSError:
        return ""


def _read_text(path):
    try:
        with open(path, "rb") as file:
            return file.read(MOST_READ).decode("utf-8", "surrogateescape")
    except OSError:
        return ""
