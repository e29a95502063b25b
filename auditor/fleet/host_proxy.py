"""Sites of a host visited from that host itself, through one SSH connection.

Whoever guards it sees its own address and shuts out nobody.
"""

from __future__ import annotations

import base64
import json
import os
import selectors
import shlex
import subprocess
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from auditor.fleet import ssh_exec, ssh_options
from auditor.inventory.reach import Reach
from auditor.system import resources
from auditor.web.fetch import (
    ACCEPT_ENCODING,
    MAX_BODY,
    MAX_HEADER,
    MAX_HEADERS,
    RawResponse,
    decompress_body,
    is_certificate_for_domain,
)

SECONDS = 25.0
"""For one visit, with the login before the first."""
MAX_ANSWER = 4_000_000
_PROGRAM = resources.get_resources_folder() / "on_host" / "visits" / "visitor.py"
_PORTS = {"http": 80, "https": 443}
Header = Annotated[str, Field(max_length=MAX_HEADER)]


class _FetchedPageAnswer(BaseModel):
    """The answer of the program there. The host may be somebody else's."""

    model_config = ConfigDict(strict=True, extra="ignore")

    status: int | None = Field(default=None, ge=100, le=999)
    headers: dict[Header, Header] = Field(default_factory=dict, max_length=MAX_HEADERS)
    body: str = ""
    certificate: str | None = None
    error: str = Field(default="", max_length=300)


class HostPageFetcher:
    """One host, entered when it is first asked. A connection that ended once is not made again."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._process: subprocess.Popen[bytes] | None = None
        self._ended = reach.unclear is not None
        self._turn = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._kill_helper_connection()

    def fetch_raw_response(
        self, scheme: str, address: str, domain: str, path: str, port: int | None, headers: Mapping[str, str]
    ) -> RawResponse:
        """Return the bytes of one page, as ``fetch.Client.fetch_raw_response`` gives them.

        ``address`` is the host's, which asks itself.

        Never raises for what answers.
        """
        question = {
            "scheme": scheme,
            "port": port or _PORTS[scheme],
            "domain": domain,
            "path": path,
            "headers": {"Host": domain, **headers, "Accept-Encoding": ACCEPT_ENCODING, "Connection": "close"},
        }
        with self._turn:
            try:
                answer = _FetchedPageAnswer.model_validate_json(self._ask_helper_on_host(question))
                return _parse_fetched_page(answer, domain)
            except (OSError, ValueError, ValidationError) as error:
                self._kill_helper_connection()
                return RawResponse(None, error=f"over SSH: {type(error).__name__}"[:200])

    def _ask_helper_on_host(self, question: Mapping[str, Any]) -> bytes:
        """Return the line that answers. Raises OSError, ValueError."""
        if self._ended:
            raise OSError("the connection has ended")
        if self._process is None:
            remote = shlex.join(["python3", "-I", "-c", _PROGRAM.read_text("utf-8")])
            self._process = subprocess.Popen(
                ssh_exec.build_ssh_command_of_reach(self._reach, remote),
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=ssh_options.select_environment_with_needed_agent(os.environ, [self._reach.key_file]),
                start_new_session=True,
            )
        request_pipe, answer_pipe = self._process.stdin, self._process.stdout
        if request_pipe is None or answer_pipe is None:
            raise OSError("no connection")
        request_pipe.write(json.dumps(question).encode() + b"\n")
        return _read_line_until_deadline(answer_pipe.fileno(), time.monotonic() + SECONDS)

    def _kill_helper_connection(self) -> None:
        self._ended = True
        if self._process is not None:
            self._process.kill()
            with suppress(OSError), self._process:
                self._process = None


def _read_line_until_deadline(handle: int, deadline: float) -> bytes:
    """Return what comes until a line ends.

    Raises TimeoutError, EOFError's like as OSError, ValueError for one that is too long.
    """
    line = bytearray()
    with selectors.DefaultSelector() as ready:
        ready.register(handle, selectors.EVENT_READ)
        while True:
            if not ready.select(max(0.0, deadline - time.monotonic())):
                raise TimeoutError("no answer in time")
            piece = os.read(handle, 1 << 16)
            if not piece:
                raise OSError("the connection has ended")
            line += piece
            if piece.endswith(b"\n"):
                return bytes(line)
            if len(line) > MAX_ANSWER or time.monotonic() >= deadline:
                raise ValueError("more than is read, or too slow")


def _parse_fetched_page(answer: _FetchedPageAnswer, domain: str) -> RawResponse:
    if answer.error or answer.status is None:
        return RawResponse(None, error=answer.error or "no answer")
    own = answer.certificate is None or is_certificate_for_domain(base64.b64decode(answer.certificate), domain)
    headers = {name.lower(): value for name, value in answer.headers.items()}
    try:
        body = decompress_body(base64.b64decode(answer.body), headers.get("content-encoding", ""), MAX_BODY)
    except ValueError as error:
        return RawResponse(answer.status, headers, own=own, error=f"ValueError: {error}"[:200])
    return RawResponse(answer.status, headers, body, own=own)
