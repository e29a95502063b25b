"""``auditor incident collect``, ``verify``, and ``custody``: evidence, and who had it when."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.commands.incidents.case_log import IncidentArgument, WhoOption, parse_office_role
from auditor.commands.incidents.hosts import require_hosts_of_incident, select_hosts
from auditor.commands.incidents.next_steps import show_next_step_of_open_incident
from auditor.commands.options import completions
from auditor.commands.options.common import DEFAULT_INVENTORY, DEFAULT_LANG, InventoryOption, JsonOption, LangOption
from auditor.errors import InputError
from auditor.models.ranks import Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.incidents.case import IncidentCase
    from auditor.incidents.evidence.verification import Damage
    from auditor.models import Inventory, Lang
    from auditor.models.incidents import CollectedEvent

HowOption = Annotated[str | None, typer.Option("--how", metavar="TEXT", help="Medium, or document number.")]
NumberArgument = Annotated[int, typer.Argument(metavar="N", help="Number of the evidence within the incident.", min=1)]


def collect_evidence_from_hosts(
    incident: IncidentArgument,
    who: WhoOption,
    host_names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[HOST]...",
            help="Only these hosts of the incident; default: all.",
            autocompletion=completions.complete_hosts_and_sites,
        ),
    ] = None,
    paths: Annotated[
        list[str] | None,
        typer.Option(
            "--file",
            metavar="PATH",
            help="A file to include, by its full path on the host; repeat the option for more.",
        ),
    ] = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    lang: LangOption = DEFAULT_LANG,
) -> None:
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
    from auditor.commands.output import console
    from auditor.fleet.ssh_exec import NoAnswer
    from auditor.history.hunts import HuntHistory
    from auditor.history.incidents import IncidentStore, get_case_log_of_incident
    from auditor.history.scans import ScanHistory
    from auditor.incidents import descriptions
    from auditor.incidents.case import fold_case
    from auditor.incidents.evidence import collector, signatures
    from auditor.incidents.evidence.file_selection import select_evidence_paths_to_request
    from auditor.incidents.evidence.sidecars import collect_scan_and_hunt_records_of_host
    from auditor.inventory import exceptions
    from auditor.inventory import hosts as inventories
    from auditor.inventory.reach import load_reach
    from auditor.models import clock
    from auditor.text.translations import Words

    inventory_data, words, ledgers = inventories.load_inventory(inventory), Words(lang), IncidentStore()
    case = fold_case(
        incident, get_case_log_of_incident(ledgers.load_case_logs_of_inventory(inventory_data.path), incident)
    )
    chosen_hosts = select_hosts(require_hosts_of_incident(inventory_data, case), host_names)
    office = exceptions.get_office_folder_of_inventory(inventory)
    hunts = HuntHistory()
    command = collector.EvidenceCollector(
        inventory_data.path, incident, parse_office_role(who), office, load_reach(inventory), ledgers
    )
    if signatures.get_own_signing_key_fingerprint() is None:
        fingerprint = signatures.make_and_allow_own_signing_key(office, clock.now(), signatures.DAYS)
        console.out.print(
            words("incidents.key_made", named=fingerprint, file=str(office / signatures.ALLOWED)), soft_wrap=True
        )
    whole = True
    for host in chosen_hosts:
        try:
            named_files = select_evidence_paths_to_request(
                case, host.name, hunts.load_latest_hunt_by_host(inventory_data.path).get(host.name), paths or ()
            )
            deed = command.collect_from_host(
                host,
                named_files,
                collect_scan_and_hunt_records_of_host(inventory_data.path, host, ScanHistory(), hunts),
            )
        except NoAnswer as no:
            console.err.print(console.escape_markup(words("incidents.no_evidence", host=host.name, why=str(no)[:300])))
            whole = False
            continue
        console.out.print(console.escape_markup(descriptions.describe_case_log_event(deed, words)), soft_wrap=True)
        console.out.print(
            str(collector.get_evidence_folder_of_incident(incident) / deed.folder), markup=False, soft_wrap=True
        )
        whole = whole and not deed.stopped
    show_next_step_of_open_incident(inventory_data, incident, inventory, lang)
    raise typer.Exit(0 if whole else 1)


def verify_evidence_is_unchanged(
    incident: IncidentArgument,
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="[FOLDER]", help="A copy of the evidence elsewhere; default: all evidence stored here."),
    ] = None,
    who: Annotated[
        str | None,
        typer.Option(
            "--who", metavar="ROLE", help="Record the result of the check in the case log, under this office role."
        ),
    ] = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Verify that evidence is unchanged since collection. Does not need a host or a network.

    Exit code: 0 unchanged, 1 changed items are listed.

    Example:
      auditor incident verify SC-20261127-1 /media/usb/web1-20261127T131500Z -i inventories/lab

    """
    from auditor.commands.output import console
    from auditor.history.incidents import IncidentStore
    from auditor.history.runs import RunHistory
    from auditor.incidents import descriptions
    from auditor.incidents.case import fold_case
    from auditor.inventory import hosts as inventories
    from auditor.text.translations import Words

    inventory_data, words = inventories.load_inventory(inventory), Words(lang)
    by = parse_office_role(who) if who is not None else None
    case = fold_case(incident, IncidentStore().load_case_log_of_incident(inventory_data.path, incident))
    broken_link = RunHistory().verify().broken
    if broken_link is not None:
        console.err.print(
            words("incidents.damage.chain", what=f"{broken_link.position}: {broken_link.why.get(lang)}"), markup=False
        )
    sound = broken_link is None
    for place, collection_event in _iter_evidence_folders(case, folder):
        damages = list(_find_damages(case, place, collection_event, inventory))
        for damage in damages:
            console.err.print(
                f"{place.name}: {descriptions.describe_damage(damage, words)}", markup=False, soft_wrap=True
            )
        if not damages:
            console.out.print(words("incidents.evidence_sound", name=place.name), markup=False)
        if by is not None and collection_event is not None:
            _record_evidence_check_in_case_log(
                inventory_data, incident, by, collection_event, len(damages) + (broken_link is not None)
            )
        sound = sound and not damages
    raise typer.Exit(0 if sound else 1)


def _iter_evidence_folders(case: IncidentCase, folder: Path | None) -> Iterator[tuple[Path, CollectedEvent | None]]:
    """Yield the folders to check, each with what the ledger says of it."""
    from auditor.incidents.evidence import collector, verification

    if folder is not None:
        if not folder.is_dir():
            raise InputError(
                "the folder does not exist", file=folder, mend="give the folder that contains manifest.json"
            )
        yield folder, verification.identify_collection(folder, case.collections.values())
        return
    incident_folder = collector.get_evidence_folder_of_incident(case.id)
    collections_by_folder = {collection.folder: collection for collection in case.collections.values()}
    others = (
        {path.name for path in incident_folder.iterdir() if not path.name.startswith(".")}
        if incident_folder.is_dir()
        else set()
    )
    if not collections_by_folder and not others:
        raise InputError(
            "{incident} has no evidence", incident=case.id, mend="collect evidence with 'auditor incident collect'"
        )
    for name in sorted({*collections_by_folder, *others}):
        yield incident_folder / name, collections_by_folder.get(name)


def _find_damages(
    case: IncidentCase, evidence_folder: Path, collection_event: CollectedEvent | None, inventory: Path
) -> Iterator[Damage]:
    from auditor.incidents.evidence import verification
    from auditor.inventory import exceptions

    chain_record = (
        verification.load_case_log_record_of_collection(case, collection_event)
        if collection_event is not None
        else None
    )
    yield from verification.find_damages_of_evidence_collection(
        evidence_folder, exceptions.get_office_folder_of_inventory(inventory), chain_record
    )


def _record_evidence_check_in_case_log(
    inventory_data: Inventory, incident: str, who: str, collection_event: CollectedEvent, damage_count: int
) -> None:
    from auditor.history.incidents import IncidentStore
    from auditor.incidents import transitions
    from auditor.models.incidents import CustodyEvent

    deed = CustodyEvent(
        number=collection_event.number, step="checked", sha256=collection_event.sha256, damages=damage_count
    )
    IncidentStore().write(inventory_data.path, who, transitions.make_custody_recording_decision(incident, deed))


def request_or_store_evidence_timestamp(
    incident: IncidentArgument,
    number: NumberArgument,
    answer: Annotated[
        Path | None,
        typer.Option("--answer", metavar="FILE.tsr", help="The authority's response to the request, to be stored."),
    ] = None,
    authority: Annotated[
        Path | None,
        typer.Option("--authority", metavar="FILE.pem", help="The authority's certificates, including its root."),
    ] = None,
    who: Annotated[
        str | None, typer.Option("--who", metavar="ROLE", help="Office role that received the response.")
    ] = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Write a timestamp request (RFC 3161) for evidence, or store the response of the authority.

    A signature proves who signed, not when. The request contains only a hash, and this command does not send anything.

    Examples:
      auditor incident timestamp SC-20261127-1 1 -i inventories/lab

      auditor incident timestamp SC-20261127-1 1 --answer tra-loi.tsr --authority ca.pem --who "Văn phòng" -i inventories/lab

    """  # noqa: E501  an example of a command stays on one line
    from auditor.commands.output import console
    from auditor.history.incidents import IncidentStore
    from auditor.incidents import transitions
    from auditor.incidents.case import fold_case
    from auditor.incidents.evidence import collector, timestamps
    from auditor.inventory import hosts as inventories
    from auditor.models.incidents import TimestampedEvent
    from auditor.text.translations import Words

    inventory_data = inventories.load_inventory(inventory)
    collection_event = transitions.get_collection(
        fold_case(incident, IncidentStore().load_case_log_of_incident(inventory_data.path, incident)), number
    )
    place = collector.get_evidence_folder_of_incident(incident) / collection_event.folder
    if answer is None and authority is None:
        console.out.print(str(timestamps.write_timestamp_request_for_manifest(place)), markup=False, soft_wrap=True)
        return
    if answer is None or authority is None or who is None:
        raise InputError(
            "a response is stored together with its authority", mend="give --answer, --authority and --who"
        )
    by = parse_office_role(who)
    response_digest = timestamps.store_timestamp_answer_and_certificates(place, answer, authority)
    deed = TimestampedEvent(number=number, sha256=collection_event.sha256, answer=response_digest)
    IncidentStore().write(inventory_data.path, by, transitions.make_custody_recording_decision(incident, deed))
    console.out.print(Words(lang)("incidents.written", incident=incident), markup=False)


def print_or_record_chain_of_custody(
    incident: IncidentArgument,
    number: Annotated[
        int | None, typer.Argument(metavar="[N]", help="Number of the evidence; default: all.", min=1)
    ] = None,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="ROLE", help="Record that evidence N was handed over to this office role."),
    ] = None,
    sender: Annotated[
        str | None,
        typer.Option("--from", metavar="ROLE", help="Record that evidence N was received from this office role."),
    ] = None,
    who: Annotated[
        str | None, typer.Option("--who", metavar="ROLE", help="With --to or --from: the office role that records it.")
    ] = None,
    how: HowOption = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    as_json: JsonOption = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Print the chain of custody, with the hash at each step; with --to or --from, record a handover.

    Examples:
      auditor incident custody SC-20261127-1 -i inventories/lab

      auditor incident custody SC-20261127-1 1 --to "Công an tỉnh" --how "USB, biên bản 12/BB" --who "Văn phòng" -i inventories/lab

      auditor incident custody SC-20261127-1 1 --from "Công an tỉnh" --who "Văn phòng" -i inventories/lab

    """  # noqa: E501  an example of a command stays on one line
    if to is not None or sender is not None:
        _record_custody_change_from_options(incident, number, to, sender, who, how, inventory, lang)
        return
    from auditor.commands.output import console
    from auditor.history.incidents import IncidentStore
    from auditor.incidents import descriptions, transitions
    from auditor.incidents.case import fold_case
    from auditor.inventory import hosts as inventories
    from auditor.text.translations import Words

    words = Words(lang)
    case = fold_case(
        incident, IncidentStore().load_case_log_of_incident(inventories.load_inventory(inventory).path, incident)
    )
    collection_events = (
        [transitions.get_collection(case, number)] if number is not None else list(case.collections.values())
    )
    if as_json:
        typer.echo(
            json.dumps(
                [descriptions.build_chain_of_custody_json(case, event, words) for event in collection_events],
                ensure_ascii=False,
                indent=1,
            )
        )
        return
    for collection_event in collection_events:
        for line in descriptions.format_chain_of_custody_lines(case, collection_event, words):
            console.out.print(line, markup=False, soft_wrap=True)


def record_evidence_handover(
    incident: IncidentArgument,
    number: NumberArgument,
    to: Annotated[str, typer.Option("--to", metavar="ROLE", help="Office role that receives it.")],
    who: WhoOption,
    how: HowOption = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Record that evidence was handed over to an office role."""
    _record_custody_step("handed_over", incident, number, to, who, how, inventory, lang)


def record_evidence_receipt(
    incident: IncidentArgument,
    number: NumberArgument,
    sender: Annotated[str, typer.Option("--from", metavar="ROLE", help="Office role that handed it over.")],
    who: WhoOption,
    how: HowOption = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Record that an office role received evidence or got it back."""
    _record_custody_step("received", incident, number, sender, who, how, inventory, lang)


def _record_custody_change_from_options(
    incident: str,
    number: int | None,
    to: str | None,
    sender: str | None,
    who: str | None,
    how: str | None,
    inventory: Path,
    lang: Lang,
) -> None:
    """Check that the options say which evidence changed hands, in which direction and who records it.

    Raises InputError.
    """
    if to is not None and sender is not None:
        raise InputError("--to and --from are used together", mend="record one handover at a time")
    if number is None:
        raise InputError("the evidence number is missing", mend="give its number: auditor incident custody ID N")
    if who is None:
        raise InputError("--who is missing", mend="give the office role with --who")
    step: Step = "handed_over" if to is not None else "received"
    _record_custody_step(step, incident, number, to or sender or "", who, how, inventory, lang)


def _record_custody_step(
    step: Step, incident: str, number: int, other_role: str, who: str, how: str | None, inventory: Path, lang: Lang
) -> None:
    from auditor.commands.output import console
    from auditor.history.incidents import IncidentStore
    from auditor.incidents import transitions
    from auditor.incidents.case import fold_case
    from auditor.incidents.sentences import validate_and_redact_user_sentence
    from auditor.inventory import hosts as inventories
    from auditor.models.incidents import CustodyEvent
    from auditor.text.translations import Words

    inventory_data = inventories.load_inventory(inventory)
    collection_event = transitions.get_collection(
        fold_case(incident, IncidentStore().load_case_log_of_incident(inventory_data.path, incident)), number
    )
    method = validate_and_redact_user_sentence("--how", how) if how is not None else None
    deed = CustodyEvent(
        number=number, step=step, sha256=collection_event.sha256, to=parse_office_role(other_role), how=method
    )
    IncidentStore().write(
        inventory_data.path, parse_office_role(who), transitions.make_custody_recording_decision(incident, deed)
    )
    console.out.print(Words(lang)("incidents.written", incident=incident), markup=False)
