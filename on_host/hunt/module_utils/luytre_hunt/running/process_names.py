"""By what name a process goes, and which script its interpreter was given."""

import os
import re

from ansible.module_utils.luytre_hunt.places import OURS
from ansible.module_utils.luytre_shared.os.area_reader import UnreadableFact, read_text

SHELLS = re.compile(
    r"^(?:(?:ba|da|k|z|c|tc)?sh|busybox|python[\d.]*|perl[\d.]*|ruby[\d.]*|php[\d.]*|n(?:c|cat|etcat)(?:\..*)?"
    r"|socat\d*|telnet(?:\..*)?|lua[\d.]*|tclsh[\d.]*|[gm]awk)$"
)
KERNEL_THREAD = re.compile(
    r"^\[?(?:kworker|ksoftirqd|kthreadd|migration|rcu_|rcuo|watchdogd?|kswapd|jbd2|khugepaged|kdevtmpfs|kauditd|kblockd"
    r"|cpuhp|irq/|nfsd|netns|kcompactd|ksmd|oom_reaper|writeback|kintegrityd|scsi_|md\d|xfs|ext4-|events/|flush-|khungtaskd"
    r"|idle_inject|mm_percpu|kstrp|zswap|devfreq|ata_sff|edac-|ipv6_addrconf|mld\b|kthrotld|pool_workqueue)"
)
"""Names that the kernel gives to threads of its own, which have no program."""
_NAMED = re.compile(r"^-?(/?[\w./+-]{2,200}?)(?::|\s|$)")
PROGRAM_FOLDERS = ("/usr/bin", "/usr/sbin", "/usr/lib/systemd", "/bin", "/sbin", "/lib/systemd")


def list_marks_of_borrowed_name(process, title, short_name):
    """Return what a process goes by, as marks, where another has that name: the kernel's threads, a package's program.

    Threads of the kernel have no program, so whatever has one and goes by such a name hides.
    """
    if KERNEL_THREAD.match(title) or KERNEL_THREAD.match(short_name):
        return ["as_kernel"]
    if re.match(r"^\[[\w/:.-]+\]", title) and process.standing != OURS:
        return ["as_kernel"]
    if not SHELLS.match(os.path.basename(process.program)):
        return []
    match = _NAMED.match(title)
    return ["as_program"] if match and _is_another_program(match.group(1), process.program) else []


def _is_another_program(name, program):
    """Return whether a name is that of a compiled program of the system's other than the one that runs."""
    if os.path.basename(name) == os.path.basename(program):
        return False
    names = [name] if name.startswith("/") else ["%s/%s" % (folder, name) for folder in PROGRAM_FOLDERS]
    there = next((path for path in names if path.startswith(PROGRAM_FOLDERS) and os.path.isfile(path)), None)
    if there is None or get_device_and_inode_of_file(there) == get_device_and_inode_of_file(program):
        return False
    return (read_or_empty(there, 4)).startswith("\x7fELF")


def list_scripts_of_process(proc_folder, proc="/proc"):
    """Return the script that an interpreter was given on its command line; nothing where it was given none by name."""
    words = read_or_empty(proc_folder + "/cmdline", 20_000).split("\0")[1:]
    folder = read_link(proc_folder + "/cwd")
    for word, before in zip(words, ["", *words]):
        if before in ("-c", "-e", "-m", "-r", "-E") or word in ("-c", "-e", "-m", "-r", "-s", "-E", "-"):
            return []
        if word.startswith("-") or before in ("-W", "-X", "-I", "-d", "-o", "-O") or not word:
            continue
        if word.startswith("/"):
            return [word] if _is_same_root(proc_folder, proc) else []
        is_script = "/" in word or re.search(r"\.(?:py|pl|sh|rb|php|lua)$", word)
        path = os.path.normpath(os.path.join(folder, word))
        return [path] if folder.startswith("/") and is_script and _is_same_root(proc_folder, proc) else []
    return []


def _is_same_root(proc_folder, proc):
    """Return whether a process sees the files that we see: what is at a path there is what is at it here."""
    return read_link(proc_folder + "/root") == "/" and (
        read_link(proc_folder + "/ns/mnt") == read_link("%s/self/ns/mnt" % proc)
    )


def get_device_and_inode_of_file(path):
    """Return what tells a file from others, links followed; None where there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def read_or_empty(path, limit=100_000):
    try:
        return read_text(path, limit) or ""
    except (OSError, UnreadableFact):
        return ""


def read_link(path):
    try:
        return os.readlink(path)
    except OSError:
        return ""
