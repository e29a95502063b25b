"""What stays: settings, what starts by itself, accounts, what people typed, packages, logs.

Files that are told by name; every name with its times.
"""

import fnmatch
import os
import re
import stat
import time

from ansible.module_utils.luytre_evidence import body_file, frames, places, quiet_reading, text_escape
from ansible.module_utils.luytre_shared.files import safe_open

MOST_IN_FOLDER = 5_000
MOST_BELOW = 100_000
LOGS = "/var/log"
MOST_LOGS = 10_000
"""Names in one folder there."""
TYPED_LOGS = ("btmp*", "faillog*", "tallylog*")
"""Passwords that people typed where a name was asked for are in these."""
NOT_LOGS = (*TYPED_LOGS, "*.journal", "*.journal~")
"""A journal is packed."""
MOST_LINE = 8_000
MOMENT = re.compile(
    rb"[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]{1,9})?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
    rb"|[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9]{2}:[0-9]{2}:[0-9]{2} [+-][0-9]{4}|\b[A-Z][a-z]{2} [ 0-9][0-9] "
    rb"[0-9]{2}:[0-9]{2}:[0-9]{2}"
)
SHORTEST, SHORTEST_OF_A_SITE, MOST_SECRETS, MOST_OF_A_ROOT = 8, 12, 300, 40
"""Letters, what is shorter stands in all kinds of words; secrets of root's files, and of those of one site."""
MOST_LISTED, LISTED_DEEP = 60_000, 12
"""Names that are looked at in one folder or web root."""
MOST_SETTINGS, MOST_CONFIG, SITES_SECONDS = 1_000_000, 30_000, 8
"""Bytes of a file of root's, and of a site's, whose account may make it as long as it likes.

All is looked through before anything is sent.
"""
_SEEN_IN_LOGS = re.compile(
    r"(?i)[\d.]*\.[\d.]*\Z|[0-9a-f]*:[0-9a-f:]*:[0-9a-f:.]*\Z"
    r"|\[?\d{1,4}[/-](?:\d\d|[a-z]{3})[/-]\d[\d:TZ +.-]*\Z"
    r"|(?:GET|POST|HEAD|PUT) |https?://|/[\w./%~-]*\Z|(?:[\w-]+\.)+[a-z]{2,12}\Z"
)
"""Addresses, moments, requests, paths and names of hosts, and parts of them.

No password looks like one, and who wants to hide does.
"""


class NonVolatileReader:
    """Reads below ``root``. ``holds_secrets`` tells by its path whether a file is one in which secrets are kept."""

    def __init__(self, holds_secrets, root="/"):
        self._holds, self._root = holds_secrets, root.rstrip("/")

    def find_secrets_of_host_to_redact(self, spans, roots):
        """Return a ``frames.Secret`` for each password, key, salt and hash of this host, as its own files have them.

        What is sent is looked through for them.

        ``spans`` tells where they stand in a text; ``roots`` are the web roots. A site's account writes what stands
        there: it crowds out none of root's, and hides no address, moment, path or name, nor part of a word.
        """
        shadow = "/etc/shadow"
        own = [
            (line.split(":")[1], shadow) for line in self._read_start_of_text_file(shadow).split("\n") if ":" in line
        ]
        secret_paths = [
            *places.SECRETS,
            *(path for folder in places.SECRET_FOLDERS for path in self._iter_files_and_links_below(folder, 2)),
        ]
        candidates = [*own, *self._find_secrets_in_file_beginnings(secret_paths, spans)]
        sources = dict(_select_distinct_long_secrets(candidates, SHORTEST)[:MOST_SECRETS])
        all_secrets, ends = (
            [frames.Secret(value, source) for value, source in sources.items()],
            time.monotonic() + SITES_SECONDS,
        )
        names = self._list_known_names_that_are_no_secrets(roots, ends - SITES_SECONDS / 2)
        for root in roots:
            if time.monotonic() > ends:
                break
            candidates = self._find_secrets_in_file_beginnings(
                [root.rstrip("/") + "/" + name for name in places.OF_ROOTS], spans, MOST_CONFIG
            )
            of_site = [
                (value, source)
                for value, source in _select_distinct_long_secrets(candidates, SHORTEST_OF_A_SITE)
                if value not in sources
                and not _SEEN_IN_LOGS.match(value)
                and not names.issuperset(filter(None, value.split("/")))
            ][:MOST_OF_A_ROOT]
            sources.update(of_site)
            all_secrets += [frames.Secret(value, source, whole=True) for value, source in of_site]
        return sorted(all_secrets, key=lambda secret: len(secret.value), reverse=True)

    def _list_known_names_that_are_no_secrets(self, roots, ends):
        """Name of accounts, hosts, packages, programs, units and files on this host, as far as there is time.

        None is a site's secret.
        """
        names = set()
        for path in places.NAMES:
            names.update(re.findall(r"[^\s:,]{4,100}", self._read_start_of_text_file(path, MOST_LISTED * 100)))
        for folder in (*places.NAME_FOLDERS, *roots):
            quota = iter(range(MOST_LISTED))
            for path in self._iter_files_and_links_below(folder, LISTED_DEEP, quota):
                names.update(path.split("/"))
                if time.monotonic() > ends:
                    return names
        return names

    def _find_secrets_in_file_beginnings(self, places, spans, most=MOST_SETTINGS):
        """Yield ``(secret, path)`` of what stands where secrets stand in the beginnings of files.

        It comes in the order of the files.
        """
        for path in places:
            text = self._read_start_of_text_file(path, most)
            for start, end in spans(text):
                yield from ((line, path) for line in text[start:end].split("\n"))

    def send_system_settings_and_autostart(self, sender):
        """Send settings of the system, and what starts by itself."""
        for name in places.SETTINGS:
            self._send_file(sender, "/etc/" + name)
        for folder in [*("/etc/" + name for name in places.SETTING_FOLDERS), *places.OTHER_FOLDERS]:
            self._send_folder(sender, folder)
        for path in ("/proc/sys/kernel/hostname", "/proc/sys/kernel/osrelease"):
            self._send_file(sender, path)

    def send_keys_logins_and_histories_of_homes(self, sender):
        """Collect what homes hold of keys, of what starts with a login, and of what was typed.

        Of passwords, only which there are.
        """
        homes = {}
        for line in self._read_start_of_text_file("/etc/passwd").split("\n"):
            fields = line.split(":")
            if len(fields) > 5 and fields[5].startswith("/"):
                homes[fields[5].rstrip("/")] = fields[0]
        for home in sorted(homes):
            try:
                os.close(safe_open.open_path(self._root + home, safe_open.DIRECTORY))
            except OSError:
                continue  # accounts of the system's name folders that are none, or links
            for name in places.OF_HOMES:
                self._send_file(sender, "%s/%s" % (home, name), safe_open.NO_LINKS)
        rows = []
        for line in self._read_start_of_text_file("/etc/shadow").split("\n"):
            fields = line.split(":")
            if len(fields) > 7:
                rows.append(
                    "%s %s changed=%s expires=%s"
                    % (text_escape.escape_path(fields[0]), _describe_password_scheme(fields[1]), fields[2], fields[7])
                )
        sender.send_rows_without_redaction("live_response", "accounts/passwords.txt", rows)

    def send_installed_and_recent_packages(self, sender):
        """Collect which are installed, and what came lately."""
        for path in places.PACKAGES:
            self._send_file(sender, path)

    def make_step_that_sends_flagged_files(self, paths):
        """Return files that are told by name: what they are, and their bytes."""

        def work(sender):
            for path in paths:
                self._send_file(sender, path, safe_open.NO_LINKS, is_required=True)

        return work

    def send_log_time_spans_and_log_ends(self, sender):
        """Send from when to when each log goes; then logs, the newest first, each with the end of it.

        Root's before those that others may make at will.
        """
        dated_paths = []
        for path in self._iter_logs(sender):
            if any(fnmatch.fnmatch(os.path.basename(path), name) for name in NOT_LOGS):
                continue
            try:
                status = os.lstat(self._root + path)
            except OSError:
                continue
            dated_paths.append((status.st_uid != 0, -status.st_mtime, path))
        newest = [path for *_, path in sorted(dated_paths)]
        sender.send_rows_without_redaction(
            "live_response",
            "system/logs.txt",
            ["first\tlast\tbytes\tlog", *map(self._read_first_and_last_time_in_log, newest)],
        )
        for path in newest:
            self._send_file(sender, path, safe_open.NO_LINKS)

    def _iter_logs(self, sender):
        """Yield paths of all logs.

        Each folder has names of its own to be looked at: whoever may write one crowds out none of the others'.
        """
        yield from self._iter_files_and_links_below(LOGS, 1)
        descriptor = safe_open.open_path(self._root + LOGS, safe_open.DIRECTORY)
        try:
            names = sorted(quiet_reading.list_folder_without_access_time(descriptor))
        finally:
            os.close(descriptor)
        for name in names:
            folder, quota = "%s/%s" % (LOGS, name), iter(range(MOST_LOGS))
            yield from self._iter_files_and_links_below(folder, 3, quota)
            if next(quota, None) is None:
                sender.send_note_of_item_not_sent(folder, "too_many")

    def _read_first_and_last_time_in_log(self, path):
        """Return when the first and the last line of a log were written, as they say it."""
        try:
            handle = self._open_without_changing_access_time(path, safe_open.NO_LINKS)
        except OSError as error:
            return "-\t-\t-\t%s (%s)" % (text_escape.escape_path(path), error.strerror)
        try:
            size = os.fstat(handle).st_size
            head = safe_open.read_start(handle, MOST_LINE)
            if head.startswith(frames.GZIP):
                text = frames.unpack_last_whole_lines_of_gzip_file(handle)[0]
                head, tail = b"", text[-MOST_LINE:]
            else:
                os.lseek(handle, max(0, size - MOST_LINE), os.SEEK_SET)
                tail = safe_open.read_start(handle, MOST_LINE)
        finally:
            os.close(handle)
        first, last = MOMENT.search(head), MOMENT.findall(tail)
        moments = [first.group(0).decode("ascii") if first else "-", last[-1].decode("ascii") if last else "-"]
        return "\t".join([*moments, str(size), text_escape.escape_path(path)])

    def send_mactime_body_of_all_files(self, sender):
        """Send every name on this host's own file systems with its times, as mactime reads it."""
        sender.send_rows_without_redaction("bodyfile", "bodyfile.txt", self._iter_body_rows_of_whole_host(sender))

    # --- one file, one folder -----------------------------------------------------------------------------

    def _send_file(self, sender, path, allowed_links=safe_open.ROOTS_LINKS, is_required=False):
        try:
            handle = self._open_without_changing_access_time(path, allowed_links)
        except FileNotFoundError:
            if is_required:
                sender.send_note_of_item_not_sent(path, "gone")
            return
        except OSError as error:
            sender.send_note_of_item_not_sent(path, "unreadable: %s" % error.strerror)
            return
        try:
            base_name = os.path.basename(path)
            is_typed = path.startswith(LOGS + "/") and any(fnmatch.fnmatch(base_name, name) for name in TYPED_LOGS)
            secret = is_typed or (self._holds(path) and not any(fnmatch.fnmatch(path, name) for name in places.PUBLIC))
            sender.send_open_file_redacted("[root]", path, handle, secret=secret)
        except OSError as error:
            sender.send_note_of_item_not_sent(path, "unreadable: %s" % error.strerror)
        finally:
            os.close(handle)

    def _open_without_changing_access_time(self, path, links):
        """Return the file, without a new time of access on it. Raises Unsafe, OSError."""
        descriptor = safe_open.open_path(self._root + path, links=links)
        try:
            return quiet_reading.reopen_without_changing_access_time(
                descriptor, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY
            )
        finally:
            os.close(descriptor)

    def _read_start_of_text_file(self, path, max_bytes=MOST_SETTINGS):
        try:
            handle = self._open_without_changing_access_time(os.path.normpath(path), safe_open.ROOTS_LINKS)
        except OSError:
            return ""
        try:
            return safe_open.read_start(handle, max_bytes).decode("utf-8", "surrogateescape")
        finally:
            os.close(handle)

    def _send_folder(self, sender, folder):
        for path in self._iter_files_and_links_below(folder, 5):
            self._send_file(sender, path)

    def _iter_files_and_links_below(self, folder, deep, quota=None):
        """Yield paths of the regular files below a folder, and of links in it, in their order.

        ``quota`` has an item for each name that is looked at.
        """
        quota = iter(range(MOST_BELOW)) if quota is None else quota
        try:
            descriptor = safe_open.open_path(self._root + folder, safe_open.DIRECTORY)
        except OSError:
            return
        try:
            for name in sorted(quiet_reading.list_folder_without_access_time(descriptor))[:MOST_IN_FOLDER]:
                if next(quota, None) is None:
                    return
                try:
                    mode = os.lstat(name, dir_fd=descriptor).st_mode
                except FileNotFoundError:
                    continue
                path = "%s/%s" % (folder, name)
                if stat.S_ISREG(mode) or stat.S_ISLNK(mode):
                    yield path
                elif stat.S_ISDIR(mode) and deep > 1:
                    yield from self._iter_files_and_links_below(path, deep - 1, quota)
        except OSError:
            return
        finally:
            os.close(descriptor)

    # --- every name ---------------------------------------------------------------------------------------

    def _iter_body_rows_of_whole_host(self, sender):
        descriptor = safe_open.open_path(self._root or "/", safe_open.DIRECTORY)
        try:
            yield from body_file.BodyFileWalk(sender).iter_body_rows_below_folder(descriptor, "", 0)
        finally:
            os.close(descriptor)


def _select_distinct_long_secrets(candidates, min_length):
    """Return each once, with the first place of it."""
    first = {}
    for value, source in candidates:
        if len(value) >= min_length:
            first.setdefault(value, source)
    return list(first.items())


def _describe_password_scheme(shadow_field):
    """Return how a password is kept, without it."""
    if shadow_field.startswith("$"):
        return "hash=%s" % text_escape.escape_path(shadow_field.split("$")[1][:12])
    if shadow_field in ("", "*", "x"):
        return {"": "empty", "*": "none", "x": "elsewhere"}[shadow_field]
    return "locked" if shadow_field.startswith("!") else "other"
