"""What lies in a web root and who can read or write it: one knowledge for the audit and for the fix.

Everything here works on descriptors of folders, as ``safe_open`` opens them.
"""

import collections
import glob
import itertools
import os
import pwd
import re
import stat
import types

from ansible.module_utils.luytre.os import nginx_daemons, php_daemons
from ansible.module_utils.luytre.parsers import inert_php
from ansible.module_utils.luytre.sites import websites
from ansible.module_utils.luytre_shared.files import ownership, safe_open
from ansible.module_utils.luytre_shared.os.area_reader import read_text

MAX_DEPTH = 40
CROWD = 5_000
"""Names of one folder that are looked at before those of the folders below."""
VCS = frozenset((".git", ".svn", ".hg", ".bzr"))
LANGUAGE_FOLDERS = frozenset(("language", "languages", "lang", "langs", "locale", "locales", "i18n", "translations"))
SCHEMA_FOLDERS = frozenset(
    ("sql", "schema", "schemas", "install", "installation", "migrations", "updates", "tests", "db_patches")
)
DATABASE_DUMP = re.compile(r"\.(?:sql|dump|mysql)(?:\.(?:gz|bz2|xz|zst|zip|7z))?$", re.IGNORECASE)
ARCHIVE = re.compile(r"\.(?:zip|rar|7z|tar|tgz|tbz2|txz|tar\.(?:gz|bz2|xz|zst))$", re.IGNORECASE)
_COPY = r"(?:~|[._-](?:bak|old|orig|save|copy|tmp|\d{6,8})\d*|\.sw[op])"
LEFT_OVER = re.compile(
    r"(?:\.(?:php\d?|phtml|inc|conf|cnf|ini|ya?ml|env|htpasswd)(?:%s|[._-]txt\d*)|\.(?:htaccess|json)%s"
    r"|^(?:wp-config|configuration|config|database)[._ -]?(?:copy|bak|backup|old|orig|save|txt)(?:\.\w+)?)$"
    % (_COPY, _COPY),
    re.IGNORECASE,
)
"""Releases have an ``.htaccess.txt``, to be renamed, and tables in ``.json.txt``."""
COPIED_SECRET = re.compile(
    r"^(?:wp-config|configuration|config|database|settings|localsettings)[._ -]?(?:copy|bak|backup|old|orig"
    r"|save)\d*\.php\d?$",
    re.IGNORECASE,
)
"""Copies that a server runs: they give nothing away to visitors, but to whoever reads files."""
SECRET_NAME = re.compile(
    r"^(?:\.env(?:\.(?!example|sample|dist)[\w-]+)?|configuration\.php|settings\.php|local\.php|database\.php"
    r"|dbconfig\.php"
    r"|config(?:[._-]?(?:inc|db|local|global))?\.php|db(?:[._-]?(?:connect|conn|config))?\.php|conn(?:ect)?\.php"
    r"|auth\.json)$",
    re.IGNORECASE,
)
SECRET_CONTENT = re.compile(
    rb"(?:pass(?:word|wd)?|secret|api_?key|auth_key|token|dbpw)\w{0,40}['\"]?\s{0,40}\]?\s{0,40}(?:=>|=|,|:)\s{0,40}"
    rb"(['\"])(?!\1)[^\n]{2,300}?\1"
    rb"|:\$(?:1|2[aby]|5|6|argon2\w{1,2})\$"
    rb"|^[ \t]{0,40}(?:export\s{1,40})?\w{0,40}(?:password|passwd|secret|api_?key|token)\w{0,40}=[^\s'\"$]{3}",
    re.IGNORECASE | re.MULTILINE,
)
SILENCE = re.compile(
    rb"\A\s*(?:<\?php\b(?:\s|(?://|#)(?:(?!\?>)[^\n])*(?:\n|\Z|(?=\?>))|/\*(?:[^*]|\*(?!/))*\*/|(?:exit"
    rb"|die)\s*;)*(?:\?>\s*)?)?\Z"
)
"""There is one way only to read each of its parts, so that no file keeps us busy. A comment ends where PHP ends."""
MAX_SILENCE = 4096


SENSITIVE_LOG = re.compile(
    r"^(?:(?:nginx|apache2|httpd|mysql|mariadb|audit|fail2ban|php[^/]*|journal|chrony)/.+"
    r"|(?:auth\.log|syslog|messages|secure|kern\.log|daemon\.log|user\.log|mail\.\w+|cron\.log|debug|btmp|php[^/]*)"
    r"(?:[.-].*)?)$"
)


class WebUsers:
    """The accounts that web requests run as, and what they may do with a file.

    By its mode, and to write by its access list.
    """

    def __init__(self, names):
        accounts = [account for account in map(_get_account, names) if account is not None]
        self.names = sorted(account.pw_name for account in accounts)
        self._groups = {
            account.pw_uid: set(os.getgrouplist(account.pw_name, account.pw_gid))
            for account in accounts
            if account.pw_uid
        }

    def is_owner_of_file(self, status):
        return status.st_uid in self._groups

    def can_read_file(self, status):
        return any(self._has_account_right(uid, status, ownership.READ) for uid in self._groups)

    def can_write_file(self, status, acl_entries=()):
        """Return whether any of the accounts can write a file, as its owner can give itself the right.

        ``acl_entries``: whom the file's access list lets write.
        """
        return any(
            ownership.can_write(status, uid, groups)
            or ownership.is_account_named_in_access_list(acl_entries, uid, groups)
            for uid, groups in self._groups.items()
        )

    def _has_account_right(self, uid, status, right):
        return ownership.has_right(status, uid, self._groups[uid], right)

    def compute_group_and_mode_closed_to_writing(self, status):
        """Return ``(group id, mode)`` with which a name of root's stays readable for whoever of them reads it now.

        None when no group and mode keep every reader; nobody gets a right that he has not already.
        """
        mode = stat.S_IMODE(status.st_mode) & ~0o022
        readers = [uid for uid in self._groups if self._has_account_right(uid, status, ownership.READ)]
        readable_mode = mode | (mode & 0o500) >> 3
        groups = sorted({gid for uid in readers for gid in self._groups[uid]} - {0})
        for gid, candidate_mode in [
            (status.st_gid, mode),
            (status.st_gid, readable_mode),
            *((gid, readable_mode) for gid in groups),
        ]:
            if all(
                self._has_account_right(uid, ownership.FileOwnership(0, gid, candidate_mode), ownership.READ)
                for uid in readers
            ):
                return gid, candidate_mode
        return None


def _get_account(name):
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _read_access_list(status, path, right):
    if not status.st_mode & right << 3 or stat.S_ISLNK(status.st_mode):
        return ()
    try:
        return ownership.read_access_list(path, right) or ()
    except OSError:
        return ()


def find_web_server_accounts():
    """Return accounts of the web servers and of the PHP-FPM pools, by their configuration."""
    names = {"www-data", "nginx", "apache", "www", "caddy", "lighttpd"}
    for pattern, setting in (
        *((path, r"^\s*user\s+([a-z_][a-z0-9_.-]*)") for path in nginx_daemons.list_nginx_main_files()),
        *((path, r"^\s*user\s*=\s*([a-z_][a-z0-9_.-]*)") for path in php_daemons.list_fpm_pool_files()),
        ("/etc/php/*/fpm/pool.d/*.conf", r"^\s*user\s*=\s*([a-z_][a-z0-9_.-]*)"),
        ("/etc/php-fpm.d/*.conf", r"^\s*user\s*=\s*([a-z_][a-z0-9_.-]*)"),
        ("/etc/apache2/envvars", r"APACHE_RUN_USER=([a-z_][a-z0-9_.-]*)"),
    ):
        for path in glob.glob(pattern):  # one without a star is itself
            names.update(re.findall(setting, read_text(path, 100_000) or "", re.MULTILINE))
    return WebUsers(names)


class WebrootEntry(
    collections.namedtuple(
        "WebrootEntry",
        ("folder", "folder_status", "name", "path", "status", "handle", "homes"),
        defaults=(None, types.MappingProxyType({})),
    )
):
    """One name in a folder: ``folder`` is the folder's open descriptor, ``path`` is relative to the root.

    What it says is of the name, which may lead to something else a moment later; once made by ``copy_with_handle``, of
    that very file.
    """

    __slots__ = ()

    def copy_with_handle(self, handle):
        """Return the same place, told by what a descriptor holds."""
        return self._replace(status=os.fstat(handle), handle=handle)

    @property
    def acl_writers(self):
        """Return whom its access list lets write; its mask shows as the right of the group."""
        return _read_access_list(self.status, self._path_or_handle, ownership.WRITE)

    @property
    def acl_readers(self):
        """Return whom its access list lets read."""
        return _read_access_list(self.status, self._path_or_handle, ownership.READ)

    @property
    def folder_acl_writers(self):
        """Return whom the access list of the folder that it lies in lets write."""
        return _read_access_list(self.folder_status, self.folder, ownership.WRITE)

    @property
    def _path_or_handle(self):
        return "%s%d/%s" % (safe_open.THROUGH, self.folder, self.name) if self.handle is None else self.handle

    @property
    def layout_and_path(self):
        """Return its application's layout, or None, and its path from that application's folder or the root."""
        for home in sorted(self.homes, key=len, reverse=True):
            if not home or self.path.startswith(home + "/"):
                return self.homes[home], self.path[len(home) + 1 :] if home else self.path
        return None, self.path

    @property
    def is_file(self):
        return stat.S_ISREG(self.status.st_mode)

    @property
    def is_dir(self):
        return stat.S_ISDIR(self.status.st_mode)

    @property
    def is_link(self):
        return stat.S_ISLNK(self.status.st_mode)

    @property
    def lower_case_folder_names(self):
        """Return lower-case names of the folders between the root and this name."""
        return self.path.lower().split("/")[:-1]

    def read_start_of_file(self, limit=65_536):
        """Return the start of a regular file; empty when it cannot be opened or has become something else."""
        if self.handle is not None:
            return os.pread(self.handle, limit, 0) if self.is_file else b""
        try:
            handle = safe_open.open_name_in_open_folder(self.folder, self.name)
        except OSError:
            return b""
        try:
            return safe_open.read_start(handle, limit)
        finally:
            os.close(handle)


class WebrootWalk:
    """Every name below an open folder: its own first, then those of the folders in it, and so on.

    Version control folders are not entered. Of a folder with more than CROWD names the rest comes last, so that it
    hides nothing elsewhere.

    ``homes``: which applications are known to lie where, as
    ``site_applications.find_application_folders_below`` finds them. ``device``: the one to stay on.
    """

    def __init__(self, root, time_budget, max_entries, homes=None, device=None):
        self._root, self._effort, self._left, self._device = root, time_budget, max_entries, device
        self._homes = homes or {}
        self.entries = 0
        self.cut_short = False
        """Whether there was more than was looked at, or something could not be."""
        self._stopped = False
        self._waiting, self._crowded = collections.deque([("", 0, 0)]), []
        """Folders that are still to be looked at: path, depth, and how many of the names in it were."""

    def __iter__(self):
        while (self._waiting or self._crowded) and not self._stopped:
            if self._effort.is_used_up:
                self.cut_short = True
                return
            if not self._waiting:
                self._waiting.extend(self._crowded)
                self._crowded = []
            relative, depth, begin = self._waiting.popleft()
            folder = self._open_folder(relative)
            if folder is not None:
                try:
                    yield from self._walk_open_folder(folder, relative, depth, begin)
                finally:
                    os.close(folder)

    def _open_folder(self, relative):
        try:
            return safe_open.open_below(self._root, relative, safe_open.DIRECTORY) if relative else os.dup(self._root)
        except (FileNotFoundError, safe_open.Unsafe):
            return None
        except OSError:
            self.cut_short = True
            return None

    def _walk_open_folder(self, folder, relative, depth, begin):
        folder_status = os.fstat(folder)
        for number, (name, status) in enumerate(self._iter_members_with_status(folder, begin), begin):
            if number == CROWD and not begin:
                self._crowded.append((relative, depth, number))
                return
            self.entries += 1
            if status is None:
                continue
            entry = WebrootEntry(folder, folder_status, name, os.path.join(relative, name), status, homes=self._homes)
            yield entry
            if entry.is_dir and name not in VCS and self._device in (None, status.st_dev):
                if depth < MAX_DEPTH:
                    self._waiting.append((entry.path, depth + 1, 0))
                else:
                    self.cut_short = True

    def _iter_members_with_status(self, folder, begin):
        """Name and status of each, one at a time: a folder may hold more than there is memory for."""
        try:
            with os.scandir(folder) as names:
                for member in itertools.islice(names, begin, None):
                    self._left -= 1
                    if self._left < 0 or (self._left % 64 == 0 and self._effort.is_used_up):
                        self.cut_short = self._stopped = True
                        return
                    yield member.name, _stat_member(member)
        except OSError:
            self.cut_short = True


def _stat_member(member):
    try:
        return member.stat(follow_symlinks=False)
    except OSError:
        return None


def is_version_control_folder(entry):
    """Return a version control folder: the whole history of the code, often with passwords."""
    return entry.name in VCS and entry.is_dir


def is_downloadable_dump(entry):
    """Return a database dump, an archive of the site or an editor's copy of a configuration, as a server would give it
    away.

    Archives in upload folders are documents that an office publishes; ``.sql`` in an extension's own schema
    folder, or where an application's makers ship it, is code; a copy that ends in ``.php`` is run.
    """
    if not entry.is_file:
        return False
    layout, path = entry.layout_and_path
    if DATABASE_DUMP.search(entry.name):
        is_code = SCHEMA_FOLDERS.intersection(entry.lower_case_folder_names) or websites.CODE.intersection(
            entry.lower_case_folder_names
        )
        return not is_code and not (layout is not None and layout.is_in_shipped_sql_folder(path))
    if ARCHIVE.search(entry.name):
        return not websites.can_be_published_upload(layout, path) and not websites.CODE.intersection(
            entry.lower_case_folder_names
        )
    return LEFT_OVER.search(entry.name) is not None and websites.PHP.search(entry.name) is None


def is_configuration_with_secrets(entry):
    """Return a configuration that holds passwords or keys unless its role has a control of its own.

    In a known application its layout tells which; elsewhere name and content do, near the root. What could not be read
    may hold any.
    """
    if not entry.is_file or not entry.status.st_size or not _can_hold_secrets(entry):
        return False
    content = entry.read_start_of_file()
    return not content or SECRET_CONTENT.search(content) is not None


def _can_hold_secrets(entry):
    layout, path = entry.layout_and_path
    if COPIED_SECRET.match(entry.name) and path.count("/") <= websites.NEAR:
        return True
    if layout is not None and not layout.own_control_of_configuration:
        if layout.holds_secrets(path):
            return True
        name = entry.name.lower()
        return name.startswith(".env") and SECRET_NAME.match(name) is not None
    folders = path.lower().split("/")[:-1]
    return (
        SECRET_NAME.match(entry.name) is not None
        and len(folders) <= websites.NEAR
        and not LANGUAGE_FOLDERS.intersection(folders)
        and not {"vendor", "node_modules", "wp-includes", "wp-admin"}.intersection(folders)
    )


def is_world_writable(entry):
    return (entry.is_file or entry.is_dir) and ownership.find_untrusted_changer_of_file(
        entry.status, ownership.ANYBODY
    ) is not None


def is_log_readable_by_others(entry):
    """Return whether it is a log below /var/log with visitors, accounts or errors in it that others may read."""
    return entry.is_file and bool(entry.status.st_mode & stat.S_IROTH) and SENSITIVE_LOG.match(entry.path) is not None


def is_in_upload_or_cache_folder(entry):
    """Return whether it lies where visitors' or editors' files land, or where an application writes by itself."""
    return bool(websites.classify_folder_of_file(*entry.layout_and_path))


def is_php_in_upload_folder(entry):
    """Return whether it is PHP in an upload folder.

    Left out are the ``index.php`` that hides a listing and what an application keeps there by its layout, as long as
    they do nothing by themselves.
    """
    if (
        not entry.is_file
        or websites.PHP.search(entry.name) is None
        or not is_in_upload_or_cache_folder(entry)
        or _is_listing_hiding_index_php(entry)
    ):
        return False
    layout, path = entry.layout_and_path
    if layout is not None and layout.is_own_php(path):
        return not inert_php.is_php_inert(entry.read_start_of_file(inert_php.MAX_READ))
    return entry.name.lower() != "index.php" or not inert_php.is_php_holding_values_only(
        entry.read_start_of_file(inert_php.MAX_READ)
    )


def is_entry_acting_on_visitor_input(entry):
    """Return whether a file takes a visitor's words and runs or writes something with them."""
    return inert_php.is_php_acting_on_visitor_input(entry.read_start_of_file())


def _is_listing_hiding_index_php(entry):
    if entry.status.st_size >= MAX_SILENCE:
        return False
    content = entry.read_start_of_file(MAX_SILENCE)
    return (
        len(content) == entry.status.st_size and SILENCE.match(content) is not None
    )  # what could not be read is no silence


def is_php_script(entry):
    """Return a PHP file, but for the empty ``index.php`` that hides a folder's listing."""
    return (
        entry.is_file
        and websites.PHP.search(entry.name) is not None
        and not (entry.name.lower() == "index.php" and _is_listing_hiding_index_php(entry))
    )


def is_own_code_of_application(entry, own_code):
    """Return whether an entry is of the own code (``interface.OwnCode``) of the application at a document root."""
    first, _, rest = entry.path.partition("/")
    if first in own_code.folders:
        return entry.is_dir or entry.is_file
    return not rest and entry.is_file and first.endswith(".php") and first not in own_code.not_code
