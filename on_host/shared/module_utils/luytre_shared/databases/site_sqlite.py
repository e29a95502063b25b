"""A site's tables in a file of SQLite, which its own account shapes: read only, by nobody, from a copy in memory.

Root opens the file below the site's folder, following no link, and copies it, bounded. A process of nobody's reads the
copy: root runs nothing of the file's format, its views and triggers, and no lock is taken on what the site writes.
"""

import json
import os
import sys
import time

from ansible.module_utils.luytre_shared.databases import site_database
from ansible.module_utils.luytre_shared.files import safe_open

MAX_SIZE = 64 << 20
HEADER_SIZE = 100
WRITTEN_AHEAD = 2
"""What bytes 18 and 19 are where a log beside the file has the newest of it."""
TRIES, PAUSE = 5, 0.05
"""How often the file is copied until nothing wrote to it meanwhile, and how long is waited in between."""
PROGRAM = r"""
import json, sqlite3, sys
with open(sys.argv[1].partition("=")[2], "rb") as handle:
    content = handle.read()
allowed = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ}
functions = {"hex", "cast", "substr", "ifnull", "coalesce", "strftime", "max", "min"}
def decide(action, first, second, *_):
    if action in allowed or action == sqlite3.SQLITE_FUNCTION and second.lower() in functions:
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY
def convert(value):
    return value if value is None or isinstance(value, str) else str(value)
database = sqlite3.connect(":memory:")
if not hasattr(database, "deserialize"):  # before Python 3.11
    sys.exit("other_kind")
database.text_factory = lambda text: text.decode("utf-8", "replace")
database.deserialize(content)
database.execute("PRAGMA trusted_schema = OFF")
database.execute("PRAGMA cell_size_check = ON")
database.execute("PRAGMA query_only = ON")
database.set_authorizer(decide)
try:
    for statement in json.load(sys.stdin):
        for row in database.execute(statement):
            print(json.dumps([convert(value) for value in row]))
except sqlite3.OperationalError as error:
    sys.exit("no_tables" if "no such" in str(error) else "failed")
except sqlite3.DatabaseError:
    sys.exit("failed")
"""
"""What nobody runs: rows of statements as JSON, a row a line. SQLite's own words go no further."""
WORDS = (b"other_kind", b"no_tables")
"""What it may complain of; all else is ``failed``."""


def run_statements(reader, login, statements):
    """Return rows as lists of text (None for NULL) of statements. Raises DatabaseUnanswered."""
    content = read_stable_copy(*login.file)
    seconds = min(site_database.SECONDS, reader.get_seconds_left() / 2)
    argv = [sys.executable, "-I", "-S", "-c", PROGRAM, "--database={secret}"]
    output = site_database.run_database_client_as_nobody(
        argv, {}, content, json.dumps(statements), seconds, classify_complaint
    )
    return [parse_row(line) for line in output.splitlines()]


def classify_complaint(complaint):
    """Return why the program told no rows."""
    word = complaint.strip()
    return word.decode() if word in WORDS else "failed"


def read_stable_copy(folder, path):
    """Return the bytes of a file of SQLite below a folder, as nothing wrote to it meanwhile.

    Raises DatabaseUnanswered, also where a transaction is under way or a log beside it has the newest.
    """
    for attempt in range(TRIES):
        if attempt:
            time.sleep(PAUSE)
        try:
            handle = safe_open.open_below(folder, path)
        except OSError:
            raise site_database.DatabaseUnanswered("refused")
        try:
            before = os.fstat(handle)
            if before.st_nlink != 1:
                raise site_database.DatabaseUnanswered("refused")
            if before.st_size > MAX_SIZE:
                raise site_database.DatabaseUnanswered("too_much")
            content = _read_bytes(handle, before.st_size)
            after = os.fstat(handle)
        except OSError:
            raise site_database.DatabaseUnanswered("failed")
        finally:
            os.close(handle)
        if not content.startswith(b"SQLite format 3\0") or len(content) < HEADER_SIZE:
            raise site_database.DatabaseUnanswered("no_tables")
        if WRITTEN_AHEAD in content[18:20]:
            raise site_database.DatabaseUnanswered("other_kind")
        is_written = (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, after.st_size)
        if not is_written and len(content) == before.st_size and not _has_open_transaction(folder, path):
            return content
    raise site_database.DatabaseUnanswered("late")


def _read_bytes(handle, size):
    parts, left = [], size
    while left > 0:
        part = os.read(handle, min(left, 1 << 20))
        if not part:
            break
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _has_open_transaction(folder, path):
    """Return whether a journal lies beside the file with which SQLite would first bring it back."""
    try:
        handle = safe_open.open_below(folder, path + "-journal")
    except FileNotFoundError:
        return False
    except OSError:
        return True
    try:
        return os.read(handle, 1) not in (b"", b"\0")
    finally:
        os.close(handle)


def parse_row(line):
    """Return one row of the program's. Raises DatabaseUnanswered for what is none."""
    try:
        row = json.loads(line)
    except ValueError:
        raise site_database.DatabaseUnanswered("failed")
    if not isinstance(row, list) or not all(value is None or isinstance(value, str) for value in row):
        raise site_database.DatabaseUnanswered("failed")
    return row
