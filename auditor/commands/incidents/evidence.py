"""``auditor incident collect``, ``verify``, and ``custody``: evidence, and who had it when."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import typer

from auditor.commands.incidents.case_log import parse_office_role
from auditor.commands.incidents.hosts import require_hosts_of_incident, select_hosts
from auditor.commands.incidents.next_steps import show_next_step_of_open_incident
from auditor.commands.output import console
from auditor.commands.verbs.incidents.evidence import (
    IncidentCollectOptions,
    IncidentCustodyOptions,
    IncidentHandOverOptions,
    IncidentReceivedOptions,
    IncidentTimestampOptions,
    IncidentVerifyOptions,
)
from auditor.errors import InputError
from auditor.fleet.ssh_exec import NoAnswer
from auditor.history.hunts import HuntHistory
from auditor.history.incidents import IncidentStore, get_case_log_of_incident
from auditor.history.runs import RunHistory
from auditor.history.scans import ScanHistory
from auditor.incidents import descriptions, transitions
from auditor.incidents.case import IncidentCase, fold_case
from auditor.incidents.evidence import collector, signatures, timestamps, verification
from auditor.incidents.evidence.file_selection import select_evidence_paths_to_request
from auditor.incidents.evidence.sidecars import collect_scan_and_hunt_records_of_host
from auditor.incidents.evidence.verification import Damage
from auditor.incidents.sentences import validate_and_redact_user_sentence
from auditor.inventory import exceptions
from auditor.inventory import hosts as inventories
from auditor.inventory.reach import load_reach
from auditor.models import Inventory, clock
from auditor.models.incidents import CollectedEvent, CustodyEvent, TimestampedEvent
from auditor.models.ranks import Step
from auditor.text.translations import Words


def collect_evidence_from_hosts(options: IncidentCollectOptions) -> None:
    """Run ``auditor incident collect``."""
    inventory_data, words, ledgers = inventories.load_inventory(options.inventory), Words(options.lang), IncidentStore()
    case = fold_case(
        options.incident,
        get_case_log_of_incident(ledgers.load_case_logs_of_inventory(inventory_data.path), options.incident),
    )
    chosen_hosts = select_hosts(require_hosts_of_incident(inventory_data, case), options.host_names)
    office = exceptions.get_office_folder_of_inventory(options.inventory)
    hunts = HuntHistory()
    command = collector.EvidenceCollector(
        inventory_data.path,
        options.incident,
        parse_office_role(options.who),
        office,
        load_reach(options.inventory),
        ledgers,
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
                case, host.name, hunts.load_latest_hunt_by_host(inventory_data.path).get(host.name), options.paths or ()
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
            str(collector.get_evidence_folder_of_incident(options.incident) / deed.folder), markup=False, soft_wrap=True
        )
        whole = whole and not deed.stopped
    show_next_step_of_open_incident(inventory_data, options.incident, options.inventory, options.lang)
    raise typer.Exit(0 if whole else 1)


def verify_evidence_is_unchanged(options: IncidentVerifyOptions) -> None:
    """Run ``auditor incident verify``."""
    inventory_data, words = inventories.load_inventory(options.inventory), Words(options.lang)
    by = parse_office_role(options.who) if options.who is not None else None
    case = fold_case(options.incident, IncidentStore().load_case_log_of_incident(inventory_data.path, options.incident))
    broken_link = RunHistory().verify().broken
    if broken_link is not None:
        console.err.print(
            words("incidents.damage.chain", what=f"{broken_link.position}: {broken_link.why.get(options.lang)}"),
            markup=False,
        )
    sound = broken_link is None
    for place, collection_event in _iter_evidence_folders(case, options.folder):
        damages = list(_find_damages(case, place, collection_event, options.inventory))
        for damage in damages:
            console.err.print(
                f"{place.name}: {descriptions.describe_damage(damage, words)}", markup=False, soft_wrap=True
            )
        if not damages:
            console.out.print(words("incidents.evidence_sound", name=place.name), markup=False)
        if by is not None and collection_event is not None:
            _record_evidence_check_in_case_log(
                inventory_data, options.incident, by, collection_event, len(damages) + (broken_link is not None)
            )
        sound = sound and not damages
    raise typer.Exit(0 if sound else 1)


def _iter_evidence_folders(case: IncidentCase, folder: Path | None) -> Iterator[tuple[Path, CollectedEvent | None]]:
    """Yield the folders to check, each with what the ledger says of it."""
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
    deed = CustodyEvent(
        number=collection_event.number, step="checked", sha256=collection_event.sha256, damages=damage_count
    )
    IncidentStore().write(inventory_data.path, who, transitions.make_custody_recording_decision(incident, deed))


def request_or_store_evidence_timestamp(options: IncidentTimestampOptions) -> None:
    """Run ``auditor incident timestamp``."""
    inventory_data = inventories.load_inventory(options.inventory)
    collection_event = transitions.get_collection(
        fold_case(options.incident, IncidentStore().load_case_log_of_incident(inventory_data.path, options.incident)),
        options.number,
    )
    place = collector.get_evidence_folder_of_incident(options.incident) / collection_event.folder
    if options.answer is None and options.authority is None:
        console.out.print(str(timestamps.write_timestamp_request_for_manifest(place)), markup=False, soft_wrap=True)
        return
    if options.answer is None or options.authority is None or options.who is None:
        raise InputError(
            "a response is stored together with its authority", mend="give --answer, --authority and --who"
        )
    by = parse_office_role(options.who)
    response_digest = timestamps.store_timestamp_answer_and_certificates(place, options.answer, options.authority)
    deed = TimestampedEvent(number=options.number, sha256=collection_event.sha256, answer=response_digest)
    IncidentStore().write(inventory_data.path, by, transitions.make_custody_recording_decision(options.incident, deed))
    console.out.print(Words(options.lang)("incidents.written", incident=options.incident), markup=False)


def print_or_record_chain_of_custody(options: IncidentCustodyOptions) -> None:
    """Run ``auditor incident custody``."""
    if options.to is not None or options.sender is not None:
        _record_custody_change_from_options(options)
        return
    words = Words(options.lang)
    case = fold_case(
        options.incident,
        IncidentStore().load_case_log_of_incident(inventories.load_inventory(options.inventory).path, options.incident),
    )
    collection_events = (
        [transitions.get_collection(case, options.number)]
        if options.number is not None
        else list(case.collections.values())
    )
    if options.as_json:
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


def record_evidence_handover(options: IncidentHandOverOptions) -> None:
    """Run ``auditor incident hand-over``."""
    _record_custody_step("handed_over", options.number, options.to, options.who, options)


def record_evidence_receipt(options: IncidentReceivedOptions) -> None:
    """Run ``auditor incident received``."""
    _record_custody_step("received", options.number, options.sender, options.who, options)


def _record_custody_change_from_options(options: IncidentCustodyOptions) -> None:
    """Check that the options say which evidence changed hands, in which direction and who records it.

    Raises InputError.
    """
    if options.to is not None and options.sender is not None:
        raise InputError("--to and --from are used together", mend="record one handover at a time")
    if options.number is None:
        raise InputError("the evidence number is missing", mend="give its number: auditor incident custody ID N")
    if options.who is None:
        raise InputError("--who is missing", mend="give the office role with --who")
    step: Step = "handed_over" if options.to is not None else "received"
    _record_custody_step(step, options.number, options.to or options.sender or "", options.who, options)


def _record_custody_step(
    step: Step,
    number: int,
    other_role: str,
    who: str,
    options: IncidentCustodyOptions | IncidentHandOverOptions | IncidentReceivedOptions,
) -> None:
    incident, how = options.incident, options.how
    inventory_data = inventories.load_inventory(options.inventory)
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
    console.out.print(Words(options.lang)("incidents.written", incident=incident), markup=False)
