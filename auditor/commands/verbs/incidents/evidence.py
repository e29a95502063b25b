"""Declare the verbs of ``auditor incident`` that collect and keep evidence."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from auditor.commands.options import completions
from auditor.commands.options.common import DEFAULT_INVENTORY, DEFAULT_LANG, InventoryOption, JsonOption, LangOption
from auditor.commands.verbs.base import Group, Verb
from auditor.commands.verbs.incidents.case_log import IncidentArgument, WhoOption

HowOption = Annotated[str | None, typer.Option("--how", metavar="TEXT", help="Medium, or document number.")]


NumberArgument = Annotated[int, typer.Argument(metavar="N", help="Number of the evidence within the incident.", min=1)]


@dataclass(frozen=True, kw_only=True)
class IncidentCollectOptions(Verb, runs="auditor.commands.incidents.evidence:collect_evidence_from_hosts"):
    """Collect evidence from the hosts of an incident: processes, sessions, autostart entries, file timestamps, logs.

    Nothing is written on the hosts; the collection takes at most a minute and 200 MB. No password, key or other secret
    leaves them. The most volatile data comes first, files with traces from the last hunt are included, and truncated or
    omitted items are listed.

    Each collection is stored in its own folder, signed with the office's key (created if missing), and its hash is
    recorded in the case log.

    Exit code: 0 complete from every host, 1 truncated or missing from a host.

    Example:
      auditor incident collect SC-20261127-1 --who "Văn phòng" -i inventories/lab

    """

    incident: IncidentArgument
    who: WhoOption
    host_names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[HOST]...",
            help="Only these hosts of the incident; default: all.",
            autocompletion=completions.complete_hosts_and_sites,
        ),
    ] = None
    paths: Annotated[
        list[str] | None,
        typer.Option(
            "--file",
            metavar="PATH",
            help="A file to include, by its full path on the host; repeat the option for more.",
        ),
    ] = None
    inventory: InventoryOption = DEFAULT_INVENTORY
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class IncidentVerifyOptions(Verb, runs="auditor.commands.incidents.evidence:verify_evidence_is_unchanged"):
    """Verify that evidence is unchanged since collection. Does not need a host or a network.

    Exit code: 0 unchanged, 1 changed items are listed.

    Example:
      auditor incident verify SC-20261127-1 /media/usb/web1-20261127T131500Z -i inventories/lab

    """

    incident: IncidentArgument
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="[FOLDER]", help="A copy of the evidence elsewhere; default: all evidence stored here."),
    ] = None
    who: Annotated[
        str | None,
        typer.Option(
            "--who", metavar="ROLE", help="Record the result of the check in the case log, under this office role."
        ),
    ] = None
    inventory: InventoryOption = DEFAULT_INVENTORY
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class IncidentTimestampOptions(Verb, runs="auditor.commands.incidents.evidence:request_or_store_evidence_timestamp"):
    """Write a timestamp request (RFC 3161) for evidence, or store the response of the authority.

    A signature proves who signed, not when. The request contains only a hash, and this command does not send anything.

    Examples:
      auditor incident timestamp SC-20261127-1 1 -i inventories/lab

      auditor incident timestamp SC-20261127-1 1 --answer tra-loi.tsr --authority ca.pem --who "Văn phòng" -i inventories/lab

    """  # noqa: E501  an example of a command stays on one line

    incident: IncidentArgument
    number: NumberArgument
    answer: Annotated[
        Path | None,
        typer.Option("--answer", metavar="FILE.tsr", help="The authority's response to the request, to be stored."),
    ] = None
    authority: Annotated[
        Path | None,
        typer.Option("--authority", metavar="FILE.pem", help="The authority's certificates, including its root."),
    ] = None
    who: Annotated[
        str | None, typer.Option("--who", metavar="ROLE", help="Office role that received the response.")
    ] = None
    inventory: InventoryOption = DEFAULT_INVENTORY
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class IncidentCustodyOptions(Verb, runs="auditor.commands.incidents.evidence:print_or_record_chain_of_custody"):
    """Print the chain of custody, with the hash at each step; with --to or --from, record a handover.

    Examples:
      auditor incident custody SC-20261127-1 -i inventories/lab

      auditor incident custody SC-20261127-1 1 --to "Công an tỉnh" --how "USB, biên bản 12/BB" --who "Văn phòng" -i inventories/lab

      auditor incident custody SC-20261127-1 1 --from "Công an tỉnh" --who "Văn phòng" -i inventories/lab

    """  # noqa: E501  an example of a command stays on one line

    incident: IncidentArgument
    number: Annotated[
        int | None, typer.Argument(metavar="[N]", help="Number of the evidence; default: all.", min=1)
    ] = None
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="ROLE", help="Record that evidence N was handed over to this office role."),
    ] = None
    sender: Annotated[
        str | None,
        typer.Option("--from", metavar="ROLE", help="Record that evidence N was received from this office role."),
    ] = None
    who: Annotated[
        str | None, typer.Option("--who", metavar="ROLE", help="With --to or --from: the office role that records it.")
    ] = None
    how: HowOption = None
    inventory: InventoryOption = DEFAULT_INVENTORY
    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class IncidentHandOverOptions(Verb, runs="auditor.commands.incidents.evidence:record_evidence_handover"):
    """Record that evidence was handed over to an office role."""

    incident: IncidentArgument
    number: NumberArgument
    to: Annotated[str, typer.Option("--to", metavar="ROLE", help="Office role that receives it.")]
    who: WhoOption
    how: HowOption = None
    inventory: InventoryOption = DEFAULT_INVENTORY
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class IncidentReceivedOptions(Verb, runs="auditor.commands.incidents.evidence:record_evidence_receipt"):
    """Record that an office role received evidence or got it back."""

    incident: IncidentArgument
    number: NumberArgument
    sender: Annotated[str, typer.Option("--from", metavar="ROLE", help="Office role that handed it over.")]
    who: WhoOption
    how: HowOption = None
    inventory: InventoryOption = DEFAULT_INVENTORY
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class IncidentKeyListOptions(Verb, runs="auditor.commands.incidents.keys:list_signing_keys"):
    """List the current and former signing keys, from office/allowed_signers and office/revoked_signers.

    Example:
      auditor incident key list -i inventories/lab

    """

    inventory: InventoryOption = DEFAULT_INVENTORY
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class IncidentKeyMakeOptions(Verb, runs="auditor.commands.incidents.keys:make_signing_key"):
    """Create a key for this machine to sign evidence from now on, and add it to office/allowed_signers.

    Signatures of the previous key stay valid. The private key never leaves this machine and has no passphrase.

    Example:
      auditor incident key make -i inventories/lab

    """

    days: Annotated[int, typer.Option("--days", metavar="DAYS", help="Validity of the key.", min=1, max=3_660)] = 366
    inventory: InventoryOption = DEFAULT_INVENTORY
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class IncidentKeyRevokeOptions(Verb, runs="auditor.commands.incidents.keys:revoke_signing_key"):
    """Revoke a key and all its signatures, whenever they were made, because it was lost or exposed.

    Example:
      auditor incident key revoke SHA256:AAAA -i inventories/lab

    """

    key: Annotated[str, typer.Argument(metavar="SHA256:...", help="Fingerprint of the key, as shown by 'list'.")]
    inventory: InventoryOption = DEFAULT_INVENTORY
    lang: LangOption = DEFAULT_LANG


KEY = Group(
    help="Keys for signing evidence.",
    entries={
        "list": IncidentKeyListOptions,
        "make": IncidentKeyMakeOptions,
        "revoke": IncidentKeyRevokeOptions,
    },
)
