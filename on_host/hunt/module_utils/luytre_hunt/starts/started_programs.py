"""What that which starts by itself runs in turn: programs and scripts of no package, opened two steps deep.

Wherever a command line names them, behind whatever wrapper. An account's files are read as far as the account may.
"""

import os
import re
import stat

from ansible.module_utils.luytre_hunt.places import CHANGED, FOREIGN, MAX_TEXT, MAX_WHERE, parse_lines
from ansible.module_utils.luytre_hunt.wire_format import convert_path_to_text_byte_by_byte
from ansible.module_utils.luytre_shared.files import safe_open
from ansible.module_utils.luytre_shared.files.ownership import READ, has_right
from ansible.module_utils.luytre_shared.os import account_files

STARTS = frozenset(
    ("cron", "at", "unit", "generator", "start", "hook", "key", "sshd", "sudo", "pam", "web_module", "php", "process")
)
"""Slots whose rows start something."""
STEPS = 2
MAX_OPENED = 300
MAX_ALL_TEXT = 1_000_000
"""Characters of all that is opened."""
MAX_WORDS = 3_000
OF_A_TEXT = 60
"""Programs that one text is followed to."""
MAX_BASES = 6
MOST_OF_A_ROW = 10
"""Programs and marks of a row."""
FOR_LATER = 25
"""Seconds that are left to what comes after."""
LOCAL = ("/usr/local/sbin", "/usr/local/bin")
"""Where a bare name is looked for: elsewhere it is a package's."""
NO_PROGRAMS = ("/proc/", "/sys/", "/dev/pts/", "/dev/fd/")
_WORD = re.compile(r"[^\s\"'`;&|()<>,\[\]{}=!]{1,1000}")
_HOME = re.compile(r"\$\{?HOME\}?(?=/)|(?<![\w/.~])~(?=/)|%h(?=/)")
_ASSIGNED = re.compile(
    r"(?m)^[ \t]*(?:export[ \t]+|readonly[ \t]+|local[ \t]+)?(\w{1,40})=[\"']?([^\s\"'`;$()]{1,200})"
)
_VARIABLE = re.compile(r"\$\{?(\w{1,40})\}?")
_CHANGES_FOLDER = re.compile(r"\bcd\s+[\"']?(/[^\s\"';&|]{1,300})|(?m:^\s*WorkingDirectory=-?(/\S{1,300}))")
_IMPORTED = re.compile(r"(?m)^[ \t]*(?:import|from)[ \t]+([A-Za-z_]\w{0,60})")
_RUNS_NEXT = re.compile(
    r"^(?:(?:ba|da|k|z|c|tc|fi)?sh|busybox|python[\d.]*|perl[\d.]*|ruby[\d.]*|php[\d.]*|lua[\d.]*|node(?:js)?|tclsh"
    r"|source|\.|exec|eval|include|include_once|require|require_once|require_relative|do|load|java|wine|insmod)$"
)
_CODE = re.compile(r"\.(?:sh|bash|py|pyc|pl|pm|rb|php\d?|phtml|lua|js|cjs|mjs|awk|tcl|so[\d.]*|ko)$")
_RELATIVE = re.compile(r"^\.{0,2}[\w.-]*/|\.(?:sh|py|pl|rb|php|lua|js)$")


class _Opened:
    """What was opened so far."""

    def __init__(self, accounts):
        self.accounts, self.paths, self.room = accounts, set(), MAX_ALL_TEXT
        self.local = {name: os.path.join(folder, name) for folder in LOCAL for name in _list_folder(folder)}


def add_rows_of_what_starts_in_turn(places):
    """Add the rows of what the rows so far start, and of what that starts."""
    opened = _Opened({row["name"]: row for row in account_files.read_passwd_rows()})
    step = [
        (row[4], row[2], _get_where_as_path(row[1]), row) for row in list(places.rows) if row[0] in STARTS and row[4]
    ]
    step += [(path, row[2], "", row) for row in places.rows if row[0] in STARTS for path, _origin in row[6]]
    for _ in range(STEPS):
        found = []
        for text, who, where, row in step:
            account = opened.accounts.get(who)
            for path, is_run in list_paths_that_text_runs(text, where, account, opened.local):
                if places.reading.get_seconds_left() < FOR_LATER or len(opened.paths) >= MAX_OPENED:
                    places.mark_part_as_cut_short("started")
                    return
                content = _add_row_of_started_program(places, opened, path, is_run, who, row)
                if content:
                    found.append((content, who, path, None))
        step = found


def _get_where_as_path(where):
    """Return a path as rows have it, as it is."""
    return where.encode("latin-1", "replace").decode("utf-8", "surrogateescape")


def _add_row_of_started_program(places, opened, path, is_run, who, row):
    """Add a row of what a path leads to, if it is code that no package has so; return its text."""
    account = None if row is not None and row[0] == "sudo" else opened.accounts.get(who)
    if account is None and who.isdigit():
        return ""
    if places.packaged.is_path_of_any_package(path) and not _CODE.search(path):
        return ""
    origin = places.packaged.get_package_origin_of_file(path)
    if origin not in (FOREIGN, CHANGED):
        return ""
    read = _read_code(path, account, is_run)
    if read is None:
        return ""
    real, marks, text = read
    if row is not None and real != _get_where_as_path(row[1]):
        is_at_home = row[0] == "start" and account is not None and path.startswith(account["home"].rstrip("/") + "/")
        _tell_row_of_program(row, path, origin, origin == FOREIGN and not is_at_home)
    if (real, who) in opened.paths or len(opened.paths) >= MAX_OPENED:
        return ""
    opened.paths.add((real, who))
    content = "\n".join(line for _number, line in parse_lines(text))
    opened.room -= len(content)
    if opened.room < 0:
        places.mark_part_as_cut_short("started")
        return ""
    places.add_row_in_slot("started", path, who, origin, content, marks)
    return content


def _tell_row_of_program(row, path, origin, is_foreign):
    """Add a program to those of a row, and mark the row as one that starts what no package has."""
    shown = convert_path_to_text_byte_by_byte(path)[:MAX_WHERE]
    if len(row[6]) < MOST_OF_A_ROW and all(shown != known for known, _origin in row[6]):
        row[6].append([shown, origin])
    if is_foreign and len(row[5]) < MOST_OF_A_ROW and "starts" not in row[5]:
        row[5].append("starts")


def _read_code(path, account, is_run):
    """Return ``(real path, marks, text)`` of a file that is code; None of another, and of what an account may not read.

    ``is_run``: something is said to run it, so that it is code whatever it looks like.
    """
    try:
        handle = safe_open.open_path(path, links=safe_open.ALL_LINKS)
    except (OSError, ValueError):
        return None
    try:
        status, real = os.fstat(handle), safe_open.get_real_path_of_descriptor(handle)
        may = account is None or account["uid"] == 0 or has_right(status, account["uid"], [account["gid"]], READ)
        if not may or real.startswith(NO_PROGRAMS):
            return None
        content = safe_open.read_start(handle, MAX_TEXT)
    except OSError:
        return None
    finally:
        os.close(handle)
    if content.startswith(b"\x7fELF"):
        return real, ["elf"], ""
    may_run = bool(status.st_mode & (stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH))
    if not (content.startswith(b"#!") or is_run or _CODE.search(path) or (may_run and b"\0" not in content[:1000])):
        return None
    return real, ["script"], content.decode("utf-8", "replace")


def list_paths_that_text_runs(text, where, account, local):
    """Return ``(path, whether something before it runs it)`` of files that a command or script names, in its order.

    ``where`` is the file in which it stands, ``local`` leads from bare names to their programs.
    """
    home = account["home"] if account is not None else "/root"
    text = _HOME.sub(lambda _match: home, text)
    values = dict(_ASSIGNED.findall(text)[:50])
    text = _VARIABLE.sub(lambda match: values.get(match.group(1), match.group(0)), text)
    bases = [one or other for one, other in _CHANGES_FOLDER.findall(text)][:MAX_BASES]
    bases += [os.path.dirname(where)] if where else []
    found, before = {}, ""
    for word in _WORD.findall(text)[:MAX_WORDS]:
        word = word.lstrip("-@:+!|%^") if word.lstrip("-@:+!|%^").startswith("/") else word
        is_run = _RUNS_NEXT.match(before.rpartition("/")[2]) is not None
        if not word.startswith("-"):
            before = word
        for path in _list_paths_of_word(word, [*bases, home], local, is_run):
            if path != where and os.path.isfile(path):
                found[path] = found.get(path, False) or is_run
                break
        if len(found) >= OF_A_TEXT:
            break
    if where.endswith(".py") or "import" in text:
        for name in _IMPORTED.findall(text)[:50]:
            path = os.path.join(os.path.dirname(where), name + ".py") if where else ""
            if path and path != where and os.path.isfile(path):
                found[path] = True
    return list(found.items())


def _list_paths_of_word(word, bases, local, is_run):
    """Return the paths that a word may stand for."""
    if word.startswith("/"):
        return [] if word.startswith(("//", *NO_PROGRAMS)) else [word.rstrip(":.")]
    if word in local:
        return [local[word]]
    if "://" in word or word in (".", "..") or not (is_run or _RELATIVE.search(word)):
        return []
    paths = [os.path.normpath(os.path.join(base, word)) for base in bases[:MAX_BASES]]
    return paths + ([path + ".rb" for path in paths] if is_run else [])


def _list_folder(folder):
    try:
        return sorted(os.listdir(folder))[:2_000]
    except OSError:
        return []
