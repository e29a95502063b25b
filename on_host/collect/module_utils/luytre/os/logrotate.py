"""logrotate's configuration: which files, how often, how many kept."""

import glob
import os
import re

from ansible.module_utils.luytre_shared.os.area_reader import read_text

MAIN = "/etc/logrotate.conf"
FOLDER = "/etc/logrotate.d"
PERIODS = {"hourly": 1 / 24, "daily": 1, "weekly": 7, "monthly": 30, "yearly": 365}
FOR_EVER = 36_500
SELDOM = 100 << 20
"""A ``maxsize`` that a ward's logs do not reach between two rotations."""
RETAINED_KINDS = ("web", "system")
"""The kinds of logs that must be kept for a time."""
_SCRIPTS = ("prerotate", "postrotate", "firstaction", "lastaction", "preremove")
_BLOCK_START = re.compile(r"^(?P<paths>[^{}#]*)\{\s*(?:#.*)?$")
LOGS = (
    ("web", re.compile(r"/(?:nginx|apache2?|httpd)/|^/var/www/|^/srv/|^/home/[^/]+/logs?/|/php[\w.-]*\.log")),
    ("database", re.compile(r"/(?:mysql|mariadb)/")),
    (
        "system",
        re.compile(
            r"^/var/log/(?:syslog|auth\.log|secure|messages|kern\.log|daemon\.log|user\.log|mail\.|cron\.log|audit/)"
        ),
    ),
)


class LogrotateBlock:
    """One ``paths { … }`` of a file: the line numbers (from 0) of its braces' insides, and its settings."""

    def __init__(self, file, start, paths, defaults):
        self.file, self.start, self.paths = file, start, paths
        self.end = start
        self.settings = dict(defaults)
        self.lines = {}

    @property
    def kind(self):
        return next((name for name, pattern in LOGS if any(pattern.search(path) for path in self.paths)), "other")

    @property
    def days_between_rotations(self):
        """Return days between two rotations; None when only size decides."""
        return None if "size" in self.settings else PERIODS[self.settings.get("period", "weekly")]

    @property
    def days_kept_for_sure(self):
        """Return days that a line is kept for sure: 0 when size alone decides, or may hasten a rotation early."""
        count = self.settings.get("rotate", 0)
        if count < 0:
            days = FOR_EVER
        elif self.days_between_rotations is None or self.settings.get("maxsize", SELDOM) < SELDOM:
            days = 0
        else:
            days = count * self.days_between_rotations
        return int(min(days, self.settings.get("maxage") or FOR_EVER))


def list_rotations_in_force():
    """Return every rotation in force: ``{file, line, paths, kind, every, count, keeps}``."""
    all_blocks = [
        block
        for path in list_logrotate_files()
        for block in parse_logrotate_blocks(path, read_text(path, 200_000) or "", read_logrotate_defaults())
    ]
    return [
        {
            "file": block.file,
            "line": block.start + 1,
            "paths": block.paths[:20],
            "kind": block.kind,
            "every": block.settings.get("period", "weekly") if block.days_between_rotations is not None else "size",
            "count": block.settings.get("rotate", 0),
            "keeps": block.days_kept_for_sure,
        }
        for block in all_blocks[:200]
    ]


def list_logrotate_files():
    """Return files that logrotate reads.

    These are the main one, and those of the folder but for backups and packages' leftovers.
    """
    skip_suffixes = (
        ".bak",
        ".dpkg-old",
        ".dpkg-new",
        ".dpkg-dist",
        ".dpkg-bak",
        ".dpkg-tmp",
        ".disabled",
        ".rpmsave",
        ".swp",
        "~",
        ".orig",
    )
    names = sorted(
        path for path in glob.glob(FOLDER + "/*") if os.path.isfile(path) and not path.endswith(skip_suffixes)
    )
    return [MAIN, *names]


def read_logrotate_defaults():
    """Return what the main file sets for all."""
    settings = {"period": "weekly", "rotate": 0}
    outside = True
    for line in (read_text(MAIN, 200_000) or "").splitlines():
        if _BLOCK_START.match(line):
            outside = False
        if outside:
            _apply_rotation_directive(settings, line)
        if line.strip().startswith("}"):
            outside = True
    return settings


def parse_logrotate_blocks(file, text, inherited_settings):
    """Return the blocks of one file, scripts skipped."""
    results, block, script, paths = [], None, False, []
    for number, line in enumerate(text.splitlines()):
        words = line.split("#", 1)[0].split()
        if script:
            script = words[:1] != ["endscript"]
        elif words and words[0] in _SCRIPTS:
            script = True
        elif block is not None and words and words[0] == "}":
            block.end = number
            results.append(block)
            block = None
        elif block is None:
            start = _BLOCK_START.match(line)
            if start:
                block = LogrotateBlock(
                    file, number, paths + _split_quoted_paths(start.group("paths")), inherited_settings
                )
                paths = []
            elif line.strip().startswith(("/", '"/')):
                paths += _split_quoted_paths(line)
            elif words:
                paths = []
        else:
            key = _apply_rotation_directive(block.settings, line)
            if key:
                block.lines[key] = number
    return results


def _parse_size_in_bytes(text):
    match = re.match(r"^(\d+)([kMG]?)$", text)
    return int(match.group(1)) << {"": 0, "k": 10, "M": 20, "G": 30}[match.group(2)] if match else 0


def _split_quoted_paths(text):
    return [path.strip("\"'") for path in re.findall(r"\"[^\"]+\"|'[^']+'|\S+", text)]


def _apply_rotation_directive(settings, line):
    """Take over one directive; its name when it was one of those that decide how long logs are kept."""
    words = line.split("#", 1)[0].split()
    if not words:
        return None
    if words[0] in PERIODS:
        settings["period"] = words[0]
        settings.pop("size", None)
        return "period"
    if words[0] in ("rotate", "maxage") and len(words) > 1 and re.match(r"^-?\d+$", words[1]):
        settings[words[0]] = int(words[1])
        return words[0]
    if words[0] in ("size", "maxsize") and len(words) > 1:
        settings[words[0]] = _parse_size_in_bytes(words[1])
        return words[0]
    return None
