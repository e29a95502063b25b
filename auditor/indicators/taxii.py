"""A TAXII 2.1 client of one collection: objects fetched page by page, or handed over and asked after.

By ``office/taxii.yml``.

Every byte of a server is somebody else's: answers are bounded in time and size, redirects are not followed, pages that
repeat end it.
"""

from __future__ import annotations

import ipaddress
import json
import re
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
from pydantic import Field, model_validator

from auditor.errors import InputError
from auditor.models import Model
from auditor.system.credentials import make_tls_context, read_secret_from_private_file
from auditor.system.deadline import Deadline
from auditor.system.yaml_source import YamlPlace, load_yaml, validate_yaml_data_as_model

FILE = "taxii.yml"
MEDIA = "application/taxii+json;version=2.1"
SECONDS = 60.0
"""For one answer, however slowly it drips."""
MAX_ANSWER = 30_000_000
MAX_PAGES = 2_000
MAX_FETCHED = 300_000_000
"""Bytes of all answers to one command, and its seconds: pages may be many, and each as slow as one may be."""
MAX_SECONDS = 1_800.0
MAX_WAIT = 120
"""Seconds in all that a server may tell us to wait, or that it may work on what it was handed."""
OF_A_PAGE = 1_000
"""Objects that a page is asked to have at most; a server may give fewer."""
AT_ONCE = 500
"""Objects handed over in one request."""
_STATUS = re.compile(r"[\w.-]{1,100}\Z", re.ASCII)
_MEND = "see docs/en/indicators.md"
_CHECK = "check office/taxii.yml, and ask the operator of the server"


class TaxiiSettings(Model):
    """The settings in the file."""

    url: str = Field(max_length=2_000, description="of the collection, as it ends: …/collections/ID/")
    user: str | None = Field(
        default=None, pattern=r"^[!-9;-~]+$", description="with a password; without one the token counts"
    )
    token_file: Path | None = Field(default=None, description="one line: the user's password, or a bearer token")
    certificate: Path | None = Field(default=None, description="our certificate, PEM")
    key: Path | None = Field(default=None, description="its key, PEM")
    ca_file: Path | None = Field(default=None, description="authorities to trust instead of the system's")

    @model_validator(mode="after")
    def _check_credentials_fit_together(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate: it needs a key, and a key needs it")
        if self.user is not None and self.token_file is None:
            raise ValueError("user: it needs a token_file with the password")
        return self


def load(office: Path) -> TaxiiCollection:
    """Return the server. Raises InputError for settings, a secret or certificates that cannot be used."""
    file = office / FILE
    if not file.is_file():
        raise InputError("there are no settings of a TAXII server", file=file, mend=_MEND)
    settings = validate_yaml_data_as_model(
        TaxiiSettings, load_yaml(file), "{where}: {why}", mend=_MEND, place=YamlPlace(file)
    )
    _check_taxii_url(settings.url, file)
    context = make_tls_context(office / settings.ca_file if settings.ca_file else None)
    if settings.certificate is not None and settings.key is not None:
        try:
            context.load_cert_chain(office / settings.certificate, office / settings.key)
        except (OSError, ssl.SSLError) as error:
            raise InputError(
                "our certificate cannot be used: {why}", why=error.strerror or error, file=file, mend=_MEND
            ) from error
    token = read_secret_from_private_file(office / settings.token_file) if settings.token_file else None
    return TaxiiCollection(settings.url, file, context, settings.user, token)


def _check_taxii_url(url: str, file: Path) -> None:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        parts, host = urlsplit(""), ""
    safe = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback_host(host))
    plain = url.isascii() and url.isprintable() and " " not in url
    if not (safe and plain and host and "/collections/" in parts.path and not parts.query and parts.username is None):
        raise InputError(
            "url: not the HTTPS address of a collection", file=file, mend="write https://SERVER/ROOT/collections/ID/"
        )


def _get_list_in_answer(answer: Mapping[str, Any], name: str) -> list[Any]:
    """Return a list in an answer; empty for what is none."""
    members = answer.get(name)
    return members if isinstance(members, list) else []


def _iter_refused_objects(status: Mapping[str, Any], objects: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Return what the server says that it did not take, and why.

    All that it was given, where it counts more than it names.
    """
    messages = {
        str(failure.get("id")): str(failure.get("message"))
        for failure in _get_list_in_answer(status, "failures")
        if isinstance(failure, dict)
    }
    failure_count = status.get("failure_count")
    there = messages.keys() & {str(stix_object["id"]) for stix_object in objects}
    names = (
        there
        if not isinstance(failure_count, int) or failure_count <= len(there)
        else [str(stix_object["id"]) for stix_object in objects]
    )
    return ((name, messages.get(name, "")) for name in sorted(names))


def _is_loopback_host(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass
class TaxiiCollection:
    """One collection on a server."""

    url: str
    file: Path
    """Where the settings are, for errors."""
    context: ssl.SSLContext = field(repr=False)
    user: str | None = None
    token: str | None = field(default=None, repr=False)
    sleep: Callable[[float], None] = time.sleep
    _waited_seconds: float = 0.0
    _fetched_bytes: int = 0
    _began: float = field(default_factory=time.monotonic)

    @property
    def collection_url(self) -> str:
        """Return the collection's address."""
        return self.url.rstrip("/") + "/"

    @property
    def api_root_url(self) -> str:
        """Return that of the API root that it is in."""
        return self.collection_url.rpartition("/collections/")[0] + "/"

    def iter_pages_of_objects_added_after(
        self, added_after: str | None, limit: int = OF_A_PAGE
    ) -> Iterator[tuple[list[Any], str | None]]:
        """Yield objects that were added after a moment, a page at a time.

        With each page comes the moment up to which all are fetched then.

        Raises InputError for a server that is down, refuses, sends anything else, or loops.
        """
        seen_hashes: set[int] = set()
        next_token: str | None = None
        for _ in range(MAX_PAGES):
            parameters = {"added_after": added_after, "limit": str(limit), "next": next_token}
            data, headers = self._request_with_retries(
                "GET", self.collection_url + "objects/", {k: v for k, v in parameters.items() if v}
            )
            objects = data.get("objects", [])
            if not isinstance(objects, list):
                raise self._make_error("the response does not contain a list of objects")
            last = headers.get("x-taxii-date-added-last")
            yield objects, last if last and len(last) < 60 else None
            if data.get("more") is not True:
                return
            next_token = str(data["next"]) if data.get("next") is not None else None
            added_after = added_after if next_token is not None else last
            fresh = {hash(json.dumps(stix_object, sort_keys=True)) for stix_object in objects} - seen_hashes
            if not fresh or (next_token is None and last is None):
                raise self._make_error("the pages of the response repeat without end")
            seen_hashes |= fresh
        raise self._make_error("it has more than {most} pages", most=MAX_PAGES)

    def upload_objects(self, objects: Sequence[Mapping[str, Any]]) -> tuple[int, tuple[str, ...]]:
        """Hand objects over; how many the server has then, and what it did not take, with why.

        What it has already is no failure.
        """
        accepted_count, failures = 0, []
        for start in range(0, len(objects), AT_ONCE):
            part = objects[start : start + AT_ONCE]
            status, _ = self._request_with_retries(
                "POST", self.collection_url + "objects/", {}, {"objects": list(part)}
            )
            status = self._await_upload_completion(status)
            missing_objects = [
                (name, why) for name, why in _iter_refused_objects(status, part) if not self._has_object(name)
            ]
            failures += [f"{name}: {why}"[:300] for name, why in missing_objects]
            accepted_count += len(part) - len(missing_objects)
        return accepted_count, tuple(failures)

    def _await_upload_completion(self, status: Mapping[str, Any]) -> Mapping[str, Any]:
        while status.get("status") != "complete":
            if not isinstance(status.get("id"), str) or not _STATUS.match(status["id"]):
                raise self._make_error("the server does not report the result of the upload")
            self._wait_within_limit(2)
            status, _ = self._request_with_retries("GET", f"{self.api_root_url}status/{status['id']}/", {})
        return status

    def _has_object(self, object_id: str) -> bool:
        data, _ = self._request_with_retries("GET", self.collection_url + "objects/", {"match[id]": object_id})
        return any(
            isinstance(stix_object, dict) and stix_object.get("id") == object_id
            for stix_object in _get_list_in_answer(data, "objects")
        )

    def _wait_within_limit(self, seconds: float) -> None:
        self._waited_seconds += seconds
        if self._waited_seconds > MAX_WAIT:
            raise self._make_error("the server did not respond within {most} s", most=MAX_WAIT)
        self.sleep(seconds)

    def _request_with_retries(
        self, method: str, url: str, parameters: Mapping[str, str], body: Mapping[str, Any] | None = None
    ) -> tuple[Mapping[str, Any], Mapping[str, str]]:
        content = json.dumps(body, ensure_ascii=False).encode() if body is not None else None
        while True:
            status, headers, answer = self._request_once(method, url, parameters, content)
            if status not in (429, 503):
                break
            retry_after = headers.get("retry-after", "")
            self._wait_within_limit(int(retry_after) if retry_after.isdigit() and len(retry_after) < 5 else 5)
        if 300 <= status < 400:
            raise self._make_error("the server responded with {status}; redirects are not followed", status=status)
        if status in (401, 403):
            raise self._make_error("the server responded with {status}: access denied", status=status)
        if not 200 <= status < 300:
            raise self._make_error("the server responded with {status}", status=status)
        if not headers.get("content-type", "").lower().startswith("application/taxii+json"):
            raise self._make_error("this is not a TAXII 2.1 server")
        try:
            data = json.loads(answer)
        except (ValueError, RecursionError) as error:
            raise self._make_error("the response is not JSON") from error
        if not isinstance(data, dict):
            raise self._make_error("the response is not JSON")
        return data, headers

    def _request_once(
        self, method: str, url: str, parameters: Mapping[str, str], content: bytes | None
    ) -> tuple[int, Mapping[str, str], bytes]:
        headers = {"Accept": MEDIA, "User-Agent": "luytre", "Accept-Encoding": "identity"}
        if content is not None:
            headers["Content-Type"] = MEDIA
        if self.token is not None and self.user is None:
            headers["Authorization"] = f"Bearer {self.token}"
        auth = httpx.BasicAuth(self.user, self.token or "") if self.user is not None else None
        body = bytearray()
        with Deadline(SECONDS) as deadline:
            try:
                with (
                    httpx.Client(verify=self.context, timeout=SECONDS, trust_env=False, auth=auth) as client,
                    client.stream(
                        method,
                        url,
                        params=parameters,
                        content=content,
                        headers=headers,
                        extensions={"trace": deadline.trace_httpx_connections},
                    ) as response,
                ):
                    for chunk in response.iter_raw():
                        body += chunk
                        self._fetched_bytes += len(chunk)
                        if self._fetched_bytes > MAX_FETCHED or time.monotonic() - self._began > MAX_SECONDS:
                            raise self._make_error("the response does not end")
                        if len(body) > MAX_ANSWER:
                            raise self._make_error(
                                "the response is larger than {most} MB", most=MAX_ANSWER // 1_000_000
                            )
                    response_headers = {name.lower(): value[:200] for name, value in response.headers.items()}
                    return response.status_code, response_headers, bytes(body)
            except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
                raise self._make_error(
                    "it cannot be reached: {why}", why=deadline.explain_error_or_timeout(error)
                ) from None

    def _make_error(self, what: str, **values: Any) -> InputError:
        return InputError(what, file=self.file, mend=_CHECK, **values)
