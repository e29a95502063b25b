"""Handing messages to a web address over verified HTTPS, signed; by ``office/webhook.yml`` of an inventory."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import httpx
from pydantic import Field

from auditor.errors import InputError
from auditor.inventory import exceptions
from auditor.mail.delivery_errors import MailRefusal, MailServerUnreachable
from auditor.mail.spool import Mail
from auditor.models import Model
from auditor.system.credentials import make_tls_context, read_secret_from_private_file
from auditor.system.deadline import Deadline
from auditor.system.yaml_source import YamlPlace, load_yaml, validate_yaml_data_as_model

FILE = "webhook.yml"
TIMESTAMP, SIGNATURE, DELIVERY = "Luytre-Timestamp", "Luytre-Signature", "Luytre-Delivery"
"""Headers: epoch seconds; ``v1=`` and the HMAC-SHA256 of timestamp, a dot and the body, in hex.

What is the same for the same message, however often it comes."""
_SECONDS = 30
_MESSAGE_SECONDS = 60
"""For one message in all: others wait for it."""
_SHORTEST = 16
_LATER = frozenset({401, 403, 408, 425, 429})
"""Answers that somebody's mending may change: the secret, the load."""


class WebhookSettings(Model):
    """The settings in the file."""

    url: str = Field(max_length=2000)
    secret_file: Path
    ca_file: Path | None = Field(default=None, description="authorities to trust instead of the system's")
    give_up_days: int = Field(default=7, ge=1, le=30, description="how long a message is tried")


@dataclass(frozen=True)
class Webhook:
    """The address that messages go to, and the secret that signs them.

    Neither is in a printed form of it, for an address may be a secret.
    """

    origin: str
    """Scheme, host and port of the address, which may be shown."""
    url: str = field(repr=False)
    secret: bytes = field(repr=False)
    client: httpx.Client = field(repr=False)


def get_webhook_settings_path_of_inventory(inventory: Path) -> Path:
    """Return where the settings of an inventory are."""
    return exceptions.get_office_folder_of_inventory(inventory) / FILE


def load_webhook_settings(settings_file: Path) -> WebhookSettings:
    """Read and check the settings; paths in them are relative to their folder. Raises InputError."""
    if not settings_file.is_file():
        raise InputError("there are no webhook settings", file=settings_file, mend="write them; see docs/en/mail.md")
    settings = validate_yaml_data_as_model(
        WebhookSettings,
        load_yaml(settings_file),
        "{where}: {why}",
        mend="see docs/en/mail.md",
        place=YamlPlace(settings_file),
    )
    get_https_origin_of_webhook_url(settings, settings_file)
    return settings


def get_https_origin_of_webhook_url(settings: WebhookSettings, settings_file: Path) -> str:
    """Return scheme, host and port of the address.

    Raises InputError for one that is not HTTPS, but for this machine's own.
    """
    try:
        parts = urlsplit(settings.url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    plain = settings.url.isascii() and settings.url.isprintable() and " " not in settings.url
    if not (plain and parts.hostname and parts.username is None and parts.password is None and not parts.fragment):
        raise InputError("url: not a webhook address", file=settings_file, mend="give one like https://host.vn/hook")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_url_on_loopback_address(parts)):
        raise InputError(
            "url: unencrypted addresses are not allowed",
            file=settings_file,
            mend="give an https:// address; http:// is for 127.0.0.1",
        )
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{name}" + (f":{port}" if port else "")


def _is_url_on_loopback_address(url_parts: SplitResult) -> bool:
    try:
        return ipaddress.ip_address(url_parts.hostname or "").is_loopback
    except ValueError:
        return False


@contextmanager
def open_webhook_with_secret(settings_file: Path, settings: WebhookSettings) -> Iterator[Webhook]:
    """Open the webhook, its secret and trust read. Raises InputError for a file that cannot be used."""
    key = read_secret_from_private_file(settings_file.parent / settings.secret_file)
    if len(key) < _SHORTEST:
        raise InputError(
            "the secret is too short",
            file=settings_file,
            mend="use at least {least} characters, for example the output of 'openssl rand -hex 32'",
            least=_SHORTEST,
        )
    trust = make_tls_context(settings_file.parent / settings.ca_file if settings.ca_file else None)
    with httpx.Client(verify=trust, timeout=_SECONDS, trust_env=False, follow_redirects=False) as client:
        yield Webhook(get_https_origin_of_webhook_url(settings, settings_file), settings.url, key.encode(), client)


def compute_webhook_signature(secret: bytes, timestamp: str, body: bytes) -> str:
    """Return what a receiver compares with the header of a message."""
    return "v1=" + hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def post_message_to_webhook(webhook: Webhook, mail: Mail, body: bytes, now: Callable[[], float]) -> None:
    """Post one message; returns when the other side has said that it has it.

    Raises MailRefusal, MailServerUnreachable.
    """
    timestamp = str(int(now()))
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "luytre",
        TIMESTAMP: timestamp,
        SIGNATURE: compute_webhook_signature(webhook.secret, timestamp, body),
        DELIVERY: hashlib.sha256(body).hexdigest(),
    }
    with Deadline(_MESSAGE_SECONDS) as deadline:
        try:
            with webhook.client.stream(
                "POST",
                webhook.url,
                content=body,
                headers=headers,
                extensions={"trace": deadline.trace_httpx_connections},
            ) as answer:
                status = answer.status_code  # what else it says is of no use to anybody
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise MailServerUnreachable(f"{webhook.origin}: {deadline.explain_error_or_timeout(error)}") from None
    if 300 <= status < 400:
        raise MailRefusal(f"{webhook.origin}: {status}, and redirects are not followed", for_good=True)
    if not 200 <= status < 300:
        raise MailRefusal(f"{webhook.origin}: {status}", for_good=status < 500 and status not in _LATER)
