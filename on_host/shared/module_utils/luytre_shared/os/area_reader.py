"""How the collector reads a host: bounded, in time, and without following anybody's links."""

import os
import stat
import subprocess
import time
from typing import NamedTuple

from ansible.module_utils.luytre_shared.files import safe_open
from ansible.module_utils.luytre_shared.files.names import group_name, user_name
from ansible.module_utils.luytre_shared.files.ownership import PathTrust
from ansible.module_utils.luytre_shared.os.program import ENVIRONMENT, run_program_to_end
from ansible.module_utils.luytre_shared.os.time_budget import TimeBudget

MAX_OUTPUT = 2_000_000
MAX_FILE = 1_000_000


class UnreadableFact(Exception):
    """A fact could not be read; the message says which and why."""


class UnpackagedDaemon(UnreadableFact):
    """A daemon runs from where nobody looks for it, so nothing can be said of it. The message says from where."""

    def __init__(self, program):
        super().__init__("%s runs, which is not where a package puts it" % program)


class NotRun(UnreadableFact):
    """A program was not run: another than root could change it or what it would believe.

    The message says what and who.
    """


class ProgramOutput(NamedTuple):
    """What is taken of a program's output, and how much."""

    with_errors: bool = False
    """Standard error, too."""
    limit: int = MAX_OUTPUT
    """So many bytes at most."""
    is_taken_in_part: bool = False
    """As far as it came, where there is more; else what is said in part counts as nothing said."""


WHOLE_OUTPUT = ProgramOutput()
WITH_ERRORS = ProgramOutput(with_errors=True)
AS_FAR_AS_IT_CAME = ProgramOutput(is_taken_in_part=True)


class AreaReader:
    """One area's reading: what the inventory declares, and the moment by which it must be done."""

    def __init__(self, declarations, seconds):
        self.declared = declarations
        self.deadline = time.monotonic() + seconds
        self.trust, self._input_trust = PathTrust(), None

    def get_seconds_left(self):
        """Return seconds left of the area's budget."""
        return self.deadline - time.monotonic()

    def make_walk_time_budget(self, seconds, share_count=1):
        """Return so many seconds of the processor's time for a walk.

        By the clock, it is one of so many parts of what is left.
        """
        return TimeBudget(seconds, self.get_seconds_left() / share_count)

    def make_part_reader(self, seconds):
        """Return a reading of something of it, that takes so many seconds at most."""
        part = AreaReader(self.declared, min(seconds, self.get_seconds_left()))
        part.trust, part._input_trust = self.trust, self._input_trust
        return part

    def make_reader_with_input_trust(self, trust):
        """Return the same reading, where more accounts than root's count as root for what programs believe and write.

        The programs themselves are still root's alone. ``administrators`` makes such a trust.
        """
        reader = self.make_part_reader(self.get_seconds_left())
        reader._input_trust = trust
        return reader

    def run(self, argv, ok=(0,), input_text=None, at_stake=(), writes=(), output=WHOLE_OUTPUT):
        """Return standard output of a command, as text.

        This is the one door for every program.

        No shell, C locale, nothing on standard input unless given, at most ``output.limit`` bytes: who makes a program
        say more hides nothing behind it, for what is said is not taken in part unless ``output`` says so.
        ``at_stake`` are the files and folders that the program believes, ``writes`` those that it may make or write to.
        Raises NotRun when another than root could change the program or what is at stake, or lead elsewhere what is
        written; UnreadableFact when the command is missing, late, says too much, or ends with a code not in ``ok``
        (None: any).
        """
        program = argv[0] if argv[0].startswith("/") else self.find_program(argv[0])
        if program is None or not os.path.exists(program):
            raise UnreadableFact("%s is not installed" % argv[0])
        self.require_trusted_program(argv[0], program, at_stake, writes)
        seconds = self.get_seconds_left()
        if seconds <= 0:
            raise UnreadableFact("out of time before %s" % argv[0])
        try:
            process = run_program_to_end(
                [program, *argv[1:]],
                seconds,
                (input_text or "").encode(),
                errors=subprocess.STDOUT if output.with_errors else subprocess.PIPE,
                environment={**ENVIRONMENT, "HOME": "/root"},
            )
        except FileNotFoundError:
            raise UnreadableFact("%s is not installed" % argv[0])
        except subprocess.TimeoutExpired:
            raise UnreadableFact("%s took longer than its time" % argv[0])
        if ok is not None and process.returncode not in ok:
            error_lines = (process.stderr or process.stdout or b"").decode("utf-8", "replace").strip().splitlines()
            raise UnreadableFact(
                "%s ended with %d: %s" % (argv[0], process.returncode, (error_lines or [""])[-1][:200])
            )
        if len(process.stdout) > output.limit and not output.is_taken_in_part:
            raise UnreadableFact("%s said more than %d bytes" % (argv[0], output.limit))
        return process.stdout[: output.limit].decode("utf-8", "replace")

    def require_trusted_program(self, name, program, at_stake, writes=()):
        """Raise NotRun for the program of that name when not root alone has a say in it, and in what it believes and
        writes.
        """
        input_trust = self._input_trust or self.trust
        loose = self.trust.describe_first_changer_on_path(program)
        loose = loose or input_trust.describe_first_changer_on_paths(at_stake)
        loose = loose or next(filter(None, map(input_trust.describe_who_can_replace_path, writes)), None)
        if loose:
            raise NotRun("%s was not run as root: %s" % (os.path.basename(name), loose))

    def find_program(self, program):
        """Return the full path of a program in the system's own folders, or None."""
        for folder in ("/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/sbin", "/usr/local/bin"):
            path = os.path.join(folder, program)
            if os.access(path, os.X_OK) and os.path.isfile(path):
                return path
        return None


def read_text(path, limit=MAX_FILE):
    """Return the start of a regular file as text, or None when there is none, or no more.

    A process may end while it is read.

    Follows links: for root's own folders only.
    """
    try:
        handle = safe_open.open_path(path, links=safe_open.ALL_LINKS)
        try:
            return safe_open.read_start(handle, limit).decode("utf-8", "replace")
        finally:
            os.close(handle)
    except (FileNotFoundError, NotADirectoryError, PermissionError, ProcessLookupError, safe_open.Unsafe):
        return None
    except OSError as error:
        raise UnreadableFact("%s: %s" % (path, error.strerror))


def read_text_below(root, relative, limit=MAX_FILE):
    """Return the start of a regular file below a folder that others may write; no link is followed.

    None when there is none.
    """
    try:
        handle = safe_open.open_below(root, relative)
    except OSError:
        return None
    try:
        return safe_open.read_start(handle, limit).decode("utf-8", "replace")
    finally:
        os.close(handle)


def list_names_below(root, relative, limit=2_000):
    """Return the first names in a folder below one that others may write, in order, none when there is no such folder.

    No link is followed.
    """
    try:
        folder = safe_open.open_below(root, relative, safe_open.DIRECTORY)
    except OSError:
        return []
    try:
        return sorted(os.listdir(folder))[:limit]
    except OSError:
        return []
    finally:
        os.close(folder)


def stat_file_below(root, relative):
    """Return what is known of a regular file below such a folder without reading it; None when there is none."""
    try:
        handle = safe_open.open_below(root, relative)
    except OSError:
        return None
    try:
        return os.fstat(handle)
    finally:
        os.close(handle)


def describe_file_mode(path, status=None):
    """Return ``{path, owner, group, mode, kind}`` as lstat sees it, or None when there is no such file."""
    try:
        status = status or os.lstat(path)
    except OSError:
        return None
    kinds = ((stat.S_ISREG, "file"), (stat.S_ISDIR, "dir"), (stat.S_ISLNK, "link"))
    kind = next((name for test, name in kinds if test(status.st_mode)), "other")
    return {
        "path": path,
        "owner": user_name(status.st_uid),
        "group": group_name(status.st_gid),
        "mode": stat.S_IMODE(status.st_mode),
        "kind": kind,
    }
