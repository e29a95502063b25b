"""What an incident contains on this host, and how a way back leaves it: in force, whatever a snapshot holds of it.

A snapshot notes what was contained when it was taken. What was contained since then stays so; what was released since
then does not come back. All other parts of the files concerned go back as ever.
"""

import contextlib
import glob
import hashlib
import json
import os
from urllib.parse import unquote_to_bytes

from ansible.module_utils.luytre_guard.files import tree
from ansible.module_utils.luytre_guard.files.scope import find_nearest_start_at_or_above_path
from ansible.module_utils.luytre_guard.os import commands
from ansible.module_utils.luytre_shared.files import safe_open
from ansible.module_utils.luytre_shared.incidents import lines, web_block_config

HOME = "/var/lib/luytre"
AGAIN = HOME + "/web/again"
"""What has web servers say again what an incident has them say. Written by on_host/contain/sites/web.py."""
PYTHON = "/usr/bin/python3"
SYSTEM, ASIDE, NOWHERE = "/etc/systemd/system/", ".luytre-contained-", "/dev/null"
SHADOW = "/etc/shadow"
LOCK, EXPIRY_DAY = b"!", b"1"
PASSWORD, EXPIRES, FIELDS = 1, 7, 9
"""Fields of a line of /etc/shadow."""
STAYS = "an incident contains it, or has released it since: so it stays as it is"
PART_STAYS = "an incident contains something in it, or has released that since: so that stays as it is"
MAX_RECORD, MAX_FILE = 8_000_000, 8_000_000


class ContainmentState:
    """The contained things, by the name of their action.

    These are whole ``paths``, ``units``, ``accounts``, ``lines`` of files, and ``sites``.
    """

    def __init__(self, document=None):
        self.known = document is not None
        document = document or {}
        self.paths, self.units, self.accounts, self.lines, self.sites = (
            dict(document.get(word, {})) for word in ("paths", "units", "accounts", "lines", "sites")
        )

    def to_document(self):
        """Return it as a snapshot notes it."""
        return {word: getattr(self, word) for word in ("paths", "units", "accounts", "lines", "sites")}


def read_present_containment_state(home=HOME):
    """Return what is contained now, by the records of what contains.

    A record that is none counts for nothing: it stops no way back.
    """
    state = ContainmentState({})
    for name, record in _iter_records_of_containment_means(os.path.join(home, "units")):
        state.units[name] = record["unit"]
    for name, record in _iter_records_of_containment_means(os.path.join(home, "accounts")):
        state.accounts[name] = record["account"]
    for name, record in _iter_records_of_containment_means(os.path.join(home, "jobs")):
        state.lines[name] = [lines.make_comment_mark_of_action(name), {record["path"]: [record["line"]]}]
    for name, record in _iter_records_of_containment_means(os.path.join(home, "keys")):
        digests = {}
        for _, path, digest in record["lines"]:
            digests.setdefault(path, []).append(digest)
        state.lines[name] = [lines.make_comment_mark_of_action(name), digests]
        aside = [item for item in record.get("aside", []) if isinstance(item, dict) and "path" in item]
        state.paths[name] = [item["path"] for item in aside]
    for name, record in _iter_records_of_containment_means(os.path.join(home, "web")):
        state.sites[name] = record["domain"]
    for path in sorted(glob.glob(os.path.join(glob.escape(home), "quarantine", "*", "record.json"))):
        with contextlib.suppress(KeyError, TypeError):
            name = os.path.basename(os.path.dirname(path)).replace("_", "/")
            state.paths[name] = [os.fsdecode(unquote_to_bytes(_read_json(path)["path"]))]
    return state


def _iter_records_of_containment_means(home):
    """Yield ``(name, record)`` of each action of one means.

    Whoever reads one may stop at the first word that it lacks.
    """
    document = _read_json(os.path.join(home, "actions.json"))
    for name, record in sorted(document.items()) if isinstance(document, dict) else ():
        if isinstance(record, dict):
            yield name, _Lenient(record)


class _Lenient(dict):
    """A record of another version's: what it lacks is nothing."""

    def __missing__(self, word):
        return [] if word == "lines" else ""


def _read_json(path):
    try:
        with open(safe_open.open_path(path), "rb") as handle:
            return json.loads(handle.read(MAX_RECORD).decode("ascii"))
    except (OSError, ValueError):
        return None


class ContainmentOverlay:
    """The contained things when a snapshot was taken, and now.

    ``changed``: why a path goes back otherwise than the snapshot has it.
    """

    def __init__(self, then, now):
        self._then, self._now = then, now
        self.units = {*then.units.values(), *now.units.values()} - {""}
        self.changed, self._bytes = {}, {}

    def get_replaced_content_by_sha256(self, sha256):
        """Return the bytes of a file that is to hold others than the snapshot has; None of any other."""
        return self._bytes.get(sha256)

    def apply_containment_to_snapshot_entries(self, entries, scope, read_content):
        """Return the entries of a snapshot as a way back is to bring them about.

        ``read_content``: of an entry, as the snapshot has it.
        """
        target = dict(entries)
        for path in sorted(self._iter_files_owned_by_containment(entries)):
            self._take_present_entry_for_path(path, target, scope)
        for path in sorted(self._list_files_with_contained_lines()):
            self._rewrite_snapshot_content_of_file(
                path, target, read_content, lambda text, path=path: self._apply_contained_lines_to_content(path, text)
            )
        self._rewrite_snapshot_content_of_file(SHADOW, target, read_content, self._apply_account_locks_to_shadow)
        if self._now.sites or self._then.sites or not self._then.known:
            for path in [path for path in target if path.startswith(web_block_config.FOLDERS)]:
                self._rewrite_snapshot_content_of_file(
                    path,
                    target,
                    read_content,
                    lambda text, path=path: self._apply_site_blocks_to_server_config(path, text),
                )
        return target

    def _iter_files_owned_by_containment(self, entries):
        """Yield files that are taken out of their place, that stand there instead, or that only an incident writes."""
        for record in (self._then, self._now):
            yield from (path for paths in record.paths.values() for path in paths)
        for unit in self.units:
            yield SYSTEM + unit
            yield SYSTEM + ASIDE + unit
        yield from (path for path in entries if web_block_config.is_web_block_config_file(path))
        yield from (
            path for prefix in (web_block_config.NGINX, web_block_config.APACHE) for path in glob.glob(prefix + "*")
        )

    def _take_present_entry_for_path(self, path, entries, scope):
        """Have a path go by how it is. Outside of root's own trees nothing goes that has no entry."""
        before = entries.pop(path, tree.ABSENT)
        if find_nearest_start_at_or_above_path(path, scope.trees) is None:
            if before["type"] != "absent":
                self.changed[path] = STAYS
            return
        try:
            present = tree.read_entry_of_path(path, tree.compute_digest_entry_of_content)
        except (OSError, tree.UnsafeTarget):
            return
        entries[path] = present
        if tree.find_fields_differing_between_entries(before, present):
            self.changed[path] = STAYS
            above = os.path.dirname(path)
            if entries.get(above, tree.ABSENT)["type"] == "folder":
                entries[above] = {word: value for word, value in entries[above].items() if word != "names"}
                entries[above]["mtime"] = None

    def _rewrite_snapshot_content_of_file(self, path, entries, content, change):
        """Have a file hold what ``change`` makes of what the snapshot has of it."""
        entry = entries.get(path, tree.ABSENT)
        if entry["type"] != "file" or "sha256" not in entry:
            return
        try:
            before = b"".join(content(entry))
        except (OSError, tree.UnsafeTarget):
            return
        changed_bytes = change(before)
        if changed_bytes != before:
            digest = hashlib.sha256(changed_bytes).hexdigest()
            self._bytes[digest] = changed_bytes
            entries[path] = {**entry, "sha256": digest, "size": len(changed_bytes), "mtime": None}
            self.changed[path] = PART_STAYS

    def _list_files_with_contained_lines(self):
        return {path for record in (self._then, self._now) for _, digests in record.lines.values() for path in digests}

    def _apply_contained_lines_to_content(self, path, text):
        """Return the lines of a file, those that are contained out of force, those that were released in force."""
        lifted_lines = [entry for name, entry in self._then.lines.items() if name not in self._now.lines]
        output_lines = []
        for line in lines.split_lines_keeping_line_ends(text):
            for mark, digests in lifted_lines:
                line = lines.uncomment_line_if_known_by_digest(line, mark, set(digests.get(path, ())))
            for mark, digests in self._now.lines.values():
                if lines.compute_digest(line) in digests.get(path, ()):
                    line = mark.encode("ascii") + line
            output_lines.append(line)
        return b"".join(output_lines)

    def _apply_account_locks_to_shadow(self, text):
        """Return the lines of accounts, with what locks those that are or were contained as it is now."""
        names = {os.fsencode(account) for record in (self._then, self._now) for account in record.accounts.values()} - {
            b""
        }
        present = _split_account_lines_by_name(_read_bytes(SHADOW) or b"") if names else {}
        output_lines = []
        for line in text.splitlines(keepends=True):
            fields, now = line.split(b":"), present.get(line.split(b":")[0])
            if fields[0] in names and now is not None and len(fields) == FIELDS == len(now):
                fields[PASSWORD], fields[EXPIRES] = now[PASSWORD], now[EXPIRES]
                line = b":".join(fields)
            output_lines.append(line)
        return b"".join(output_lines)

    def _apply_site_blocks_to_server_config(self, path, text):
        """Return a web server's file as it is where that has only been made to say something for an incident, or to say
        it no more.
        """
        plain = _strip_site_blocks_from_config(text)
        if not self._now.sites:
            return plain
        present = _read_bytes(path)
        return present if present is not None and _strip_site_blocks_from_config(present) == plain else text


def _split_account_lines_by_name(text):
    return {line.split(b":")[0]: line.split(b":") for line in text.splitlines()}


def _strip_site_blocks_from_config(content):
    text = content.decode("utf-8", "surrogateescape")
    return web_block_config.strip_own_lines_from_config(text).encode("utf-8", "surrogateescape")


def _read_bytes(path):
    """Return what a file of root's holds; None where it cannot be read."""
    try:
        handle = safe_open.open_path(path, links=safe_open.ROOTS_LINKS)
        try:
            return safe_open.read_whole(handle, MAX_FILE, path)
        finally:
            os.close(handle)
    except OSError:
        return None


# --- afterwards ------------------------------------------------------------------------------------------


def reapply_site_blocks_to_web_servers():
    """Have the web servers say what is on record. Why they would not, or None."""
    return commands.run_program_and_return_error_or_none([PYTHON, "-I", "-B", AGAIN]) if os.path.exists(AGAIN) else None


def find_recorded_containment_not_in_force(home=HOME):
    """Yield what is on record of an incident, and that the host does not hold: a sentence each."""
    now = read_present_containment_state(home)
    present = _split_account_lines_by_name(_read_bytes(SHADOW) or b"")
    for name, path in sorted((name, path) for name, paths in now.paths.items() for path in paths):
        if os.path.lexists(path):
            yield "%s is not in force: %s is there" % (name, path)
    for name, unit in sorted(now.units.items()):
        place = SYSTEM + unit
        if not os.path.islink(place) or os.readlink(place) != NOWHERE:
            yield "%s is not in force: %s is not masked" % (name, unit)
    for name, account in sorted(now.accounts.items()):
        fields = present.get(os.fsencode(account))
        if fields is not None and not (fields[PASSWORD].startswith(LOCK) and fields[EXPIRES] == EXPIRY_DAY):
            yield "%s is not in force: %s is not locked" % (name, account)
    for name, (_, digests_by_path) in sorted(now.lines.items()):
        for path, digests in sorted(digests_by_path.items()):
            if set(digests) & set(
                map(lines.compute_digest, lines.split_lines_keeping_line_ends(_read_bytes(path) or b""))
            ):
                yield "%s is not in force: %s has its line" % (name, path)
