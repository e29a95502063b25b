"""Changes to root's own configuration that are made together, tested by the daemon itself, and taken back as one."""

import contextlib
import os
import stat
import subprocess

from ansible.module_utils.luytre_change import corrections
from ansible.module_utils.luytre_change.permissions import CorrectionResult
from ansible.module_utils.luytre_shared.access import administrators
from ansible.module_utils.luytre_shared.files import ownership, safe_open
from ansible.module_utils.luytre_shared.os.area_reader import AreaReader, NotRun, UnreadableFact
from ansible.module_utils.luytre_shared.os.program import run_program_to_end

MAX_DIFF = 200_000
MAX_OUTPUT = 2_000
MAX_FILE = 8_000_000
KINDS = {"file": stat.S_IFREG, "dir": stat.S_IFDIR}


class ChangeRefusal(Exception):
    """A change that root must not make; the message says why."""


class FileTransaction:
    """Wanted states of paths below folders that only root can write, and what has to be put right before them.

    Used with ``with``: whatever ends it early takes all back.
    """

    def __init__(self, *folders):
        self.folders = folders
        self.corrected = CorrectionResult()
        self._wanted = {}

    def __enter__(self):
        return self

    def __exit__(self, kind, _error, _trace):
        if kind is not None:
            self.corrected.undo_changes_and_moves()

    def tighten_permissions_of_part_at_once(self, part, params, check):
        """Put right who can change what is there, at once, for the rest is judged by it.

        See ``corrections.apply_permission_corrections_by_params``.
        """
        try:
            self.corrected.add_results_of_other_corrections(
                corrections.apply_permission_corrections_by_params(part, params, check)
            )
        except (OSError, UnreadableFact, ValueError) as error:
            raise ChangeRefusal(str(error))

    def want_file_with_text(self, path, text, mode=0o644):
        """Have the file hold ``text``. One that is there keeps its owner and mode, where root alone could write it."""
        before = self._get_state(self._check_only_root_decides_where_path_leads(path))
        of_root = (
            before is not None
            and before[0] == "file"
            and not _find_account_able_to_change_state(before, ownership.STRICT_ROOT)
        )
        mode_and_owner = before[2:] if of_root else (mode, 0, 0)
        self._record_wanted_state_of_path(path, ("file", text.encode(), *mode_and_owner))

    def want_file_edited_by_function(self, path, edit_text):
        """Have the file hold what ``edit_text`` makes of its text. It has to be there."""
        before = self._get_state(self._check_only_root_decides_where_path_leads(path))
        if before is None or before[0] != "file":
            raise ChangeRefusal("%s is not a file" % path)
        after = edit_text(before[1].decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
        self._record_wanted_state_of_path(path, ("file", after, *before[2:]))

    def want_link_to_target(self, path, target):
        """Have the path be a link to ``target``."""
        self._record_wanted_state_of_path(self._check_only_root_decides_where_path_leads(path), ("link", target))

    def want_nothing_at_path(self, path):
        """Have nothing at the path."""
        self._record_wanted_state_of_path(self._check_only_root_decides_where_path_leads(path), None)

    @property
    def path_changes_to_make(self):
        """Return ``(path, before, after)`` of all that differs from what is wanted.

        The order is that in which it was asked for.
        """
        return [(path, before, after) for path, (before, after) in self._wanted.items() if before != after]

    @property
    def has_changes_wanted_or_made(self):
        """Return whether anything differs from what is wanted, or did."""
        return bool(self.path_changes_to_make or self.corrected)

    @property
    def is_daemon_test_needed(self):
        """Return whether the daemon has something to say: who can change its files is nothing to it, what is
        gone is.
        """
        return bool(self.path_changes_to_make or self.corrected.aside)

    @property
    def ansible_diff(self):
        """Return what differs, in the form of Ansible's ``--diff``."""
        return [self.corrected.build_ansible_diff()] * bool(self.corrected) + [
            {
                "before_header": path,
                "after_header": path,
                "before": _render_path_state_for_diff(before, after),
                "after": _render_path_state_for_diff(after, before),
            }
            for path, before, after in self.path_changes_to_make
        ]

    def commit_changes_or_revert_on_failure(
        self, tests, list_test_paths=lambda: ((), ()), find_start_fault=lambda: None, admins=()
    ):
        """Make the changes, then run the daemons' own tests; on any failure take all back and raise ChangeRefusal.

        ``find_start_fault()`` says, after them, what they do not look at and would keep the daemon from starting; None
        when nothing. ``list_test_paths()`` gives ``(read, written)``, what the tests believe and what they may write
        to, once the changes are made. They are not run when another than root has a say in it, but for declared
        ``admins`` whom sudo makes root.
        """
        replaced_paths, new_folders = [], []
        try:
            for path, before, after in self.path_changes_to_make:
                new_folders += _make_folder_with_missing_parents(os.path.dirname(path))
                _keep_hard_link_to_old_file(path, before)
                replaced_paths.append((path, before))
                _put_path_into_state(path, after)
            check_only_root_influences_daemon_tests(tests, *list_test_paths(), admins=admins)
            for argv in tests:
                error_text = run_config_test_and_return_error(argv)
                if error_text is not None:
                    raise ChangeRefusal(
                        "%s refuses the configuration, which was taken back: %s" % (argv[0], error_text)
                    )
            error_text = find_start_fault()
            if error_text is not None:
                raise ChangeRefusal("%s would not start with it, so it was taken back: %s" % (tests[0][0], error_text))
        except (OSError, ChangeRefusal, UnreadableFact) as error:
            _put_replaced_paths_back(replaced_paths, new_folders)
            raise error if isinstance(error, ChangeRefusal) else ChangeRefusal(str(error))
        except BaseException:
            _put_replaced_paths_back(replaced_paths, new_folders)
            raise
        for path, _before in replaced_paths:
            _remove_hard_link_to_old_file(path)

    def _get_state(self, path):
        """Return the state of a path with the changes wanted so far."""
        return self._wanted[path][1] if path in self._wanted else _read_path_state(path)

    def _record_wanted_state_of_path(self, path, wanted_state):
        self._wanted[path] = (self._wanted[path][0] if path in self._wanted else _read_path_state(path), wanted_state)

    def _check_only_root_decides_where_path_leads(self, path):
        """Return the path itself, when nobody but root can have a say in where it leads."""
        if os.path.normpath(path) != path or not any((path + "/").startswith(folder + "/") for folder in self.folders):
            raise ChangeRefusal("%s is not below %s" % (path, " or ".join(self.folders)))
        parent = os.path.dirname(path)
        while True:
            state = self._get_state(parent)
            if state is not None and state[0] == "link":
                raise ChangeRefusal(
                    "%s is a link, and what is behind it is not in the snapshot for the way back" % parent
                )
            if state is not None and (state[0] != "dir" or _find_account_able_to_change_state(state, ownership.ROOT)):
                raise ChangeRefusal("%s is not a folder that only root can write" % parent)
            if parent == "/":
                return path
            parent = os.path.dirname(parent)


def _find_account_able_to_change_state(state, strictness):
    kind, _content, mode, uid, gid = state
    return ownership.find_untrusted_changer_of_file(ownership.FileOwnership(uid, gid, mode | KINDS[kind]), strictness)


def check_only_root_influences_daemon_tests(tests, trusted_paths, writable_paths, admins=()):
    """Raise ChangeRefusal when another than root could change what a daemon's test believes, or lead elsewhere what it
    writes.

    Declared ``admins`` whom sudo makes root count as root.
    """
    reading = AreaReader({"admins": list(admins)}, 60)
    trust = administrators.make_trust_for_daemon_test(reading, trusted_paths, writable_paths)
    reading = reading.make_reader_with_input_trust(trust)
    try:
        for argv in tests:
            reading.require_trusted_program(
                argv[0], reading.find_program(argv[0]) or argv[0], trusted_paths, writable_paths
            )
    except NotRun as error:
        raise ChangeRefusal("%s: nothing is changed here before root alone can change it" % error)


def _read_path_state(path):
    """Return the state of a path.

    It is None, ``("link", target)``, ``("file", bytes, mode, uid, gid)`` or ``("dir", None, mode, uid, gid)``.
    """
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return None
    bits = (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid)
    if stat.S_ISLNK(status.st_mode):
        return ("link", os.readlink(path))
    if stat.S_ISREG(status.st_mode):
        handle = safe_open.open_below(os.path.dirname(path), os.path.basename(path))
        try:
            return ("file", safe_open.read_whole(handle, MAX_FILE, path), *bits)
        finally:
            os.close(handle)
    if stat.S_ISDIR(status.st_mode):
        return ("dir", None, *bits)
    raise ChangeRefusal("%s is neither file nor folder nor link" % path)


def _make_folder_with_missing_parents(path):
    """Make a folder and what is missing above it; the ones made, outermost first."""
    missing_folders = []
    while not os.path.isdir(path):
        missing_folders.insert(0, path)
        path = os.path.dirname(path)
    for folder in missing_folders:
        os.mkdir(folder)
        os.chmod(folder, 0o755)  # noqa: S103  configuration that its daemon reads
    return missing_folders


def _put_path_into_state(path, wanted_state):
    if wanted_state is None:
        if os.path.isdir(path) and not os.path.islink(path):
            raise ChangeRefusal("%s is a folder" % path)
        if os.path.lexists(path):
            os.unlink(path)
        return
    fresh = _make_sibling_path(path, "new")
    if os.path.lexists(fresh):
        os.unlink(fresh)
    try:
        if wanted_state[0] == "link":
            os.symlink(wanted_state[1], fresh)
        else:
            handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(wanted_state[1])
                os.fchown(file.fileno(), wanted_state[3], wanted_state[4])
                os.fchmod(file.fileno(), wanted_state[2])
        os.rename(fresh, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(fresh)
        raise


def _make_sibling_path(path, suffix):
    """Return a name beside a file that no daemon takes in: what includes ``*`` leaves out names that begin
    with a dot.
    """
    folder, name = os.path.split(path)
    return os.path.join(folder, ".%s.luytre-%s" % (name, suffix))


def _keep_hard_link_to_old_file(path, before):
    """Have what is there under another name as well, so that it comes back as the very thing that it was, also on a
    disk that is full by then.
    """
    _remove_hard_link_to_old_file(path)
    if before is not None:
        os.link(path, _make_sibling_path(path, "old"), follow_symlinks=False)


def _remove_hard_link_to_old_file(path):
    with contextlib.suppress(FileNotFoundError):
        os.unlink(_make_sibling_path(path, "old"))


def _put_replaced_paths_back(replaced_paths, new_folders):
    """Have all as it was; what does not come back keeps nothing else from it. Raise the first error."""
    errors = []
    for path, before in reversed(replaced_paths):
        try:
            if before is None:
                _put_path_into_state(path, None)
            else:
                os.rename(_make_sibling_path(path, "old"), path)
                _remove_hard_link_to_old_file(
                    path
                )  # which is the same file still, where nothing had been put in its place
        except (OSError, ChangeRefusal) as error:
            errors.append(error)
    for folder in reversed(new_folders):
        try:
            os.rmdir(folder)
        except OSError as error:
            errors.append(error)
    if errors:
        raise errors[0]


def _render_path_state_for_diff(state, other_state):
    if state is None:
        return ""
    if state[0] == "link":
        return "-> %s\n" % state[1]
    if other_state and other_state[0] == state[0] and other_state[1] == state[1]:
        return "mode %04o uid %d gid %d\n" % state[2:5]
    return state[1].decode("utf-8", "replace")[:MAX_DIFF]


def run_config_test_and_return_error(argv, seconds=60):
    """Return what a program says when it does not end well, or in time; None when it does."""
    try:
        process = run_program_to_end(argv, seconds, errors=subprocess.STDOUT)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return None if process.returncode == 0 else process.stdout.decode("utf-8", "replace").strip()[:MAX_OUTPUT]
