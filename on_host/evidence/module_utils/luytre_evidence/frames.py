"""What is read of this host, as frames: the beginning of a member, its bytes, what it came to.

What was left out, and why.

Whoever reads does so in a child, which can hang, flood or die: what it sends is passed on frame by frame, within its
time and the room that is left, and a member that it did not end is ended as cut. Nothing is kept here.
"""

import hashlib
import json
import os
import re
import resource
import select
import signal
import stat
import time
import zlib

from ansible.module_utils.luytre_evidence import text_escape
from ansible.module_utils.luytre_shared.files import safe_open
from ansible.module_utils.luytre_shared.os.child_process import wait_for_killed_child_to_end

MEMBER, DATA, END, NOTE, LAST = b"M", b"D", b"E", b"N", b"Z"
HEAD = 5
PIECE = 1 << 16
MAX_TEXT = 2_000_000
"""Bytes of one text: secrets are looked for in all of it."""
MAX_FILE = 20_000_000
MAX_HASHED = 200_000_000
MEMORY = 1_500_000_000
MASK = "•••".encode()
RAW, TEXT, OPAQUE, PACKED_TEXT, SECRET = "raw", "text", "opaque", "packed text", "secret"
GZIP = b"\x1f\x8b"
PROGRAM = b"\x7fELF"
PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8")
"""Text may begin like one, too."""
PACKED_MAGIC = (
    GZIP,
    b"PK\x03\x04",
    b"BZh",
    b"\xfd7zXZ",
    b"\x28\xb5\x2f\xfd",
    b"7z\xbc\xaf",
    b"Rar!",
    b"%PDF",
    b"SQLite format 3",
)
RECORDS = ("/var/log/wtmp", "/var/log/lastlog", "/run/utmp")
"""Who was logged in from where: no text, and nothing but that."""
ORDINARY = bytes([9, 10, 12, 13, 27]) + bytes(range(32, 127)) + bytes(range(128, 256))
SAMPLE = 8_192
_BEFORE, _AFTER = rb"(?<![\w/.%~\x80-\xff-])", rb"(?![\w/%~\x80-\xff-]|\.\w)"
MAX_SOURCES, MAX_SOURCE = 40, 400
"""Of what one member is rid of: files that have it, letters of their paths."""


class Secret:
    """A secret that is sent nowhere, and the file that has it.

    ``whole``: only where it is no part of a longer word, name, path or address.
    """

    def __init__(self, text, source, whole=False):
        self.value = text.encode("utf-8", "surrogateescape")
        self.source = text_escape.escape_path(source)[:MAX_SOURCE]
        pattern = re.escape(self.value)
        self._pattern = re.compile(_BEFORE + pattern + _AFTER if whole else pattern)

    def mask_in_content_and_count(self, content):
        """Return ``(content without it, how often it was there)``."""
        return self._pattern.subn(MASK, content) if self.value in content else (content, 0)


class EvidenceSender:
    """In a child: what it has read goes into a pipe.

    ``redact`` makes text without what looks like a secret in it; None: no text may be sent. ``secrets`` are this host's
    own, which go nowhere; how often one was taken out of a member, and which file has it, is sent with the member's
    end.
    """

    def __init__(self, pipe, redact, secrets=()):
        self._pipe, self._shown, self._secrets = pipe, redact, secrets
        self._hidden = {}

    def send_lines_of_live_response(self, member_path, lines):
        """Send a text of ours about this host, made of lines.

        Each loses its secrets, and is sent before the next is made, which may take for ever.
        """
        if self._shown is None:
            self.send_note_of_item_not_sent(member_path, "no_redaction")
            return
        self._send_start_of_member("live_response", member_path)
        digest, size = hashlib.sha256(), 0
        for line in lines:
            content = (self._shown(line) + "\n").encode("utf-8", "surrogateescape")
            digest.update(content)
            size += len(content)
            self._send_content_without_secrets(content)
            self._pipe.flush()
        self._send_end_of_member({"size": size, "sha256": digest.hexdigest()})

    def send_rows_without_redaction(self, member_kind, member_path, rows):
        """Send lines that hold no text of anybody's but names, which are written as they are."""
        self._send_start_of_member(member_kind, member_path)
        block = []
        for row in rows:
            block.append(row)
            if len(block) == 500:
                self._send_content_without_secrets(("\n".join(block) + "\n").encode("utf-8", "surrogateescape"))
                block = []
        self._send_content_without_secrets("".join(row + "\n" for row in block).encode("utf-8", "surrogateescape"))
        self._send_end_of_member({})

    def send_open_file_redacted(self, member_kind, path, handle, name=None, secret=False):
        """Send an open file: its bytes, text without secrets.

        Of one that is ``secret`` only what it is, its digest and times.
        """
        about = dict(describe_file_status(os.fstat(handle)), origin=text_escape.escape_path(path))
        head = b"" if secret else safe_open.read_start(handle, MAX_TEXT + 1)
        kind = SECRET if secret else _classify_file_for_sending_by_its_head(head, path)
        content, cut = None, len(head) > MAX_TEXT
        if kind == PACKED_TEXT:
            content, cut = unpack_last_whole_lines_of_gzip_file(handle)
            kind = _classify_file_for_sending_by_its_head(content, path) if content else OPAQUE
            name = name or path[: -len(".gz")]
        elif kind == TEXT:
            # Of a log, the end is what counts.
            content = read_last_whole_lines_of_file(handle, about["size"]) if cut else head
        self._send_start_of_member(member_kind, name or path)
        if kind == RAW:
            self._send_raw_file_content(handle, head, about)
        elif kind != TEXT or self._shown is None:
            why = {SECRET: "secret", TEXT: "no_redaction"}.get(kind, "packed")
            self._send_end_of_member(dict(about, sha256=compute_sha256_of_open_file_if_small(handle), why=why))
        else:
            text = content.decode("utf-8", "surrogateescape")
            clean_text = self._shown(text)
            self._send_content_without_secrets(clean_text.encode("utf-8", "surrogateescape"))
            self._send_end_of_member(
                dict(
                    about,
                    sha256=compute_sha256_of_open_file_if_small(handle),
                    hidden=clean_text != text,
                    why="cut" if cut else "",
                )
            )

    def send_note_of_item_not_sent(self, left_item, why):
        """Note that something was not sent."""
        self._send_json_frame(NOTE, {"what": text_escape.escape_path(left_item)[:1_000], "why": why})

    def _send_raw_file_content(self, handle, head, about):
        content = head + safe_open.read_start(handle, MAX_FILE + 1 - len(head))
        cut = len(content) > MAX_FILE
        self._send_content_without_secrets(content[:MAX_FILE])
        self._send_end_of_member(
            dict(about, sha256=compute_sha256_of_open_file_if_small(handle), why="cut" if cut else "")
        )

    def _send_start_of_member(self, member_kind, path):
        self._hidden = {}
        self._send_json_frame(MEMBER, {"place": member_kind, "path": text_escape.escape_path(path)})

    def _send_content_without_secrets(self, content):
        for secret in self._secrets:
            content, count = secret.mask_in_content_and_count(content)
            if count:
                self._hidden[secret.source] = self._hidden.get(secret.source, 0) + count
        for at in range(0, len(content), PIECE):
            piece = content[at : at + PIECE]
            self._write_frame_to_pipe(DATA, piece)

    def _send_end_of_member(self, about):
        most = sorted(self._hidden.items(), key=lambda item: -item[1])[:MAX_SOURCES]
        self._send_json_frame(END, dict(about, redacted=dict(most)) if most else about)

    def _send_json_frame(self, kind, content):
        self._write_frame_to_pipe(kind, json.dumps(content).encode("ascii"))

    def _write_frame_to_pipe(self, kind, content):
        self._pipe.write(kind + len(content).to_bytes(4, "big") + content)


def _classify_file_for_sending_by_its_head(head, path):
    """Return how a file may be sent by its beginning.

    Text loses its secrets, programs and pictures hold none, of all else nobody knows.
    """
    if head.startswith(PROGRAM) or path in RECORDS:
        return RAW
    if path.endswith(".gz") and head.startswith(GZIP):
        return PACKED_TEXT
    sample = head[:SAMPLE]
    if head.startswith(PACKED_MAGIC):
        return OPAQUE
    if len(sample.translate(None, delete=ORDINARY)) * 10 <= len(sample):
        return TEXT
    return RAW if head.startswith(PICTURES) else OPAQUE


def read_last_whole_lines_of_file(handle, size):
    """Return the last whole lines of a file of that size."""
    os.lseek(handle, max(0, size - MAX_TEXT), os.SEEK_SET)
    return safe_open.read_start(handle, MAX_TEXT).partition(b"\n")[2]


def unpack_last_whole_lines_of_gzip_file(handle):
    """Return ``(content, cut)``: the last whole lines of a file that gzip packed; nothing for what it did not."""
    os.lseek(handle, 0, os.SEEK_SET)
    unpacker, tail, total = zlib.decompressobj(31), b"", 0
    try:
        while total < MAX_FILE and not unpacker.eof:
            piece = unpacker.unconsumed_tail or os.read(handle, PIECE)
            content = unpacker.decompress(piece, PIECE)
            if not piece:
                break
            total += len(content)
            tail = (tail + content)[-MAX_TEXT:]
    except zlib.error:
        return b"", False
    cut = total > MAX_TEXT or not unpacker.eof
    return (tail.partition(b"\n")[2] if total > MAX_TEXT else tail), cut


def describe_file_status(file_status):
    """Return what a file's own entry says of it."""
    return {
        "size": file_status.st_size,
        "mode": stat.S_IMODE(file_status.st_mode),
        "uid": file_status.st_uid,
        "gid": file_status.st_gid,
        "mtime": int(file_status.st_mtime),
        "ctime": int(file_status.st_ctime),
        "atime": int(file_status.st_atime),
    }


def compute_sha256_of_open_file_if_small(handle):
    """Return SHA-256 in hex of an open file from its start on; empty for one that is too large to be read for that."""
    os.lseek(handle, 0, os.SEEK_SET)
    digest, bytes_left = hashlib.sha256(), MAX_HASHED
    while bytes_left > 0:
        piece = os.read(handle, PIECE)
        if not piece:
            return digest.hexdigest()
        digest.update(piece)
        bytes_left -= len(piece)
    return ""


class EvidenceRelay:
    """In the parent: steps of reading are done one after the other in children, and what they send is passed on."""

    def __init__(self, pass_on, most, ends, redact, secrets=()):
        self._pass_on, self.room, self._ends, self._shown, self._secrets = pass_on, most, ends, redact, secrets

    def run_step_in_child_within_seconds(self, step_name, work, seconds):
        """Have a child do ``work(sender)`` within so many seconds, and within what is left of the whole time."""
        seconds = min(seconds, self._ends - time.monotonic())
        if seconds <= 0 or self.room <= 0:
            self._send_json_frame(NOTE, {"what": step_name, "why": "time" if seconds <= 0 else "room"})
            return
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            _run_collection_in_child(writing, work, self._shown, self._secrets)
        os.close(writing)
        try:
            why = self._pass_frames_of_child_on(reading, time.monotonic() + seconds)
        finally:
            os.close(reading)
            os.kill(child, signal.SIGKILL)
            wait_for_killed_child_to_end(child, 1)
        if why:
            self._send_json_frame(NOTE, {"what": step_name, "why": why})

    def send_end_of_all_frames(self):
        """Say that nothing more comes."""
        self._send_json_frame(LAST, {})

    def _pass_frames_of_child_on(self, pipe, ends):
        """Return why the child was not heard to its end; empty when it was."""
        buffer, open_one = b"", False
        poller = select.poll()
        poller.register(pipe, select.POLLIN)
        while True:
            seconds_left = ends - time.monotonic()
            piece = b""
            if seconds_left > 0 and self.room > 0 and poller.poll(seconds_left * 1_000):
                piece = os.read(pipe, PIECE)
                if not piece:
                    break
            if not piece:
                break
            buffer += piece
            while len(buffer) >= HEAD and len(buffer) >= HEAD + int.from_bytes(buffer[1:HEAD], "big"):
                size = HEAD + int.from_bytes(buffer[1:HEAD], "big")
                kind = buffer[:1]
                self._pass_on(buffer[:size])
                self.room -= size
                open_one = kind in (MEMBER, DATA) or (kind == NOTE and open_one)
                buffer = buffer[size:]
        why = (
            "room" if self.room <= 0 else "time" if time.monotonic() >= ends else "fault" if open_one or buffer else ""
        )
        if open_one:
            self._send_json_frame(END, {"why": why})
        return why

    def _send_json_frame(self, kind, content):
        payload = json.dumps(content).encode("ascii")
        self._pass_on(kind + len(payload).to_bytes(4, "big") + payload)


def _run_collection_in_child(pipe, collect, redact, secrets):
    """Run the whole life of the child."""
    code = 1
    try:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with os.fdopen(pipe, "wb") as stream:
            sender = EvidenceSender(stream, redact, secrets)
            try:
                collect(sender)
                code = 0
            except Exception as error:
                sender.send_note_of_item_not_sent(collect.__name__, "fault: %s" % type(error).__name__)
    finally:
        os._exit(code)
