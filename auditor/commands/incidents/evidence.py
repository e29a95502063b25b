"""``auditor incident collect``, ``verify``, and ``custody``: evidence, and who had it when."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.commands.given import completions
from auditor.commands.given.options import DEFAULT_INVENTORY, DEFAULT_LANG, InventoryOption, JsonOption, LangOption
from auditor.commands.incidents.hosts import chosen, hosts_there
from auditor.commands.incidents.ledger import IncidentArgument, WhoOption, role
from auditor.commands.incidents.then import show_then
from auditor.errors import InputError
from auditor.models.ranks import Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.incidents.case import Case
    from auditor.incidents.evidence.verifying import Damage
    from auditor.models import Inventory, Lang
    from auditor.models.incidents import Collected

HowOption = Annotated[str | None, typer.Option("--how", metavar="TEXT", help="Medium, or document number.")]
NumberArgument = Annotated[int, typer.Argument(metavar="N", help="Number of the evidence within the incident.", min=1)]


def collect(
    incident: IncidentArgument,
    who: WhoOption,
    named: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[HOST]...",
            help="Only these hosts of the incident; default: all.",
            autocompletion=completions.hosts_and_sites,
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
    from auditor.commands.shown import console
    from auditor.fleet.fresh import NoAnswer
    from auditor.history.hunts import Hunts
    from auditor.history.incidents import Incidents, of
    from auditor.history.looks import Looks
    from auditor.incidents import told
    from auditor.incidents.case import fold
    from auditor.incidents.evidence import collecting, signing
    from auditor.incidents.evidence.beside import beside
    from auditor.incidents.evidence.flagged import flagged
    from auditor.inventory import hosts as inventories
    from auditor.inventory import papers
    from auditor.inventory.reach import reach
    from auditor.models import clock
    from auditor.text.words import Words

    known, words, ledgers = inventories.load(inventory), Words(lang), Incidents()
    case = fold(incident, of(ledgers.all(known.path), incident))
    concerned = chosen(hosts_there(known, case), named)
    office = papers.folder(inventory)
    hunts = Hunts()
    command = collecting.Collecting(known.path, incident, role(who), office, reach(inventory), ledgers)
    if signing.own() is None:
        made = signing.make(office, clock.now(), signing.DAYS)
        console.out.print(words("incidents.key_made", named=made, file=str(office / signing.ALLOWED)), soft_wrap=True)
    whole = True
    for host in concerned:
        try:
            named_files = flagged(case, host.name, hunts.latest(known.path).get(host.name), paths or ())
            deed = command.collect(host, named_files, beside(known.path, host, Looks(), hunts))
        except NoAnswer as no:
            console.err.print(console.escape(words("incidents.no_evidence", host=host.name, why=str(no)[:300])))
            whole = False
            continue
        console.out.print(console.escape(told.deed(deed, words)), soft_wrap=True)
        console.out.print(str(collecting.folder(incident) / deed.folder), markup=False, soft_wrap=True)
        whole = whole and not deed.stopped
    show_then(known, incident, inventory, lang)
    raise typer.Exit(0 if whole else 1)


def verify(
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
    from auditor.commands.shown import console
    from auditor.history.incidents import Incidents
    from auditor.history.runs import History
    from auditor.incidents import told
    from auditor.incidents.case import fold
    from auditor.inventory import hosts as inventories
    from auditor.text.words import Words

    known, words = inventories.load(inventory), Words(lang)
    by = role(who) if who is not None else None
    case = fold(incident, Incidents().one(known.path, incident))
    broken = History().verify().broken
    if broken is not None:
        console.err.print(
            words("incidents.damage.chain", what=f"{broken.position}: {broken.why.get(lang)}"), markup=False
        )
    sound = broken is None
    for place, collected in _places(case, folder):
        found = list(_damages(case, place, collected, inventory))
        for damage in found:
            console.err.print(f"{place.name}: {told.damage(damage, words)}", markup=False, soft_wrap=True)
        if not found:
            console.out.print(words("incidents.evidence_sound", name=place.name), markup=False)
        if by is not None and collected is not None:
            _keep_check(known, incident, by, collected, len(found) + (broken is not None))
        sound = sound and not found
    raise typer.Exit(0 if sound else 1)


def _places(case: Case, folder: Path | None) -> Iterator[tuple[Path, Collected | None]]:
    """The folders to check, each with what the ledger says of it."""
    from auditor.incidents.evidence import collecting, verifying

    if folder is not None:
        if not folder.is_dir():
            raise InputError(
                "the folder does not exist", file=folder, mend="give the folder that contains manifest.json"
            )
        yield folder, verifying.meant(folder, case.collections.values())
        return
    kept = collecting.folder(case.id)
    known = {one.folder: one for one in case.collections.values()}
    others = {path.name for path in kept.iterdir() if not path.name.startswith(".")} if kept.is_dir() else set()
    if not known and not others:
        raise InputError(
            "{incident} has no evidence", incident=case.id, mend="collect evidence with 'auditor incident collect'"
        )
    for name in sorted({*known, *others}):
        yield kept / name, known.get(name)


def _damages(case: Case, place: Path, collected: Collected | None, inventory: Path) -> Iterator[Damage]:
    from auditor.incidents.evidence import verifying
    from auditor.inventory import papers

    known = verifying.known(case, collected) if collected is not None else None
    yield from verifying.damages(place, papers.folder(inventory), known)


def _keep_check(known: Inventory, incident: str, who: str, collected: Collected, damages: int) -> None:
    from auditor.history.incidents import Incidents
    from auditor.incidents import deciding
    from auditor.models.incidents import Custody

    deed = Custody(number=collected.number, step="checked", sha256=collected.sha256, damages=damages)
    Incidents().write(known.path, who, deciding.keeping(incident, deed))


def timestamp(
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

    """
    from auditor.commands.shown import console
    from auditor.history.incidents import Incidents
    from auditor.incidents import deciding
    from auditor.incidents.case import fold
    from auditor.incidents.evidence import collecting, stamping
    from auditor.inventory import hosts as inventories
    from auditor.models.incidents import Stamped
    from auditor.text.words import Words

    known = inventories.load(inventory)
    collected = deciding.collection(fold(incident, Incidents().one(known.path, incident)), number)
    place = collecting.folder(incident) / collected.folder
    if answer is None and authority is None:
        console.out.print(str(stamping.request(place)), markup=False, soft_wrap=True)
        return
    if answer is None or authority is None or who is None:
        raise InputError(
            "a response is stored together with its authority", mend="give --answer, --authority and --who"
        )
    by = role(who)
    kept = stamping.keep(place, answer, authority)
    deed = Stamped(number=number, sha256=collected.sha256, answer=kept)
    Incidents().write(known.path, by, deciding.keeping(incident, deed))
    console.out.print(Words(lang)("incidents.written", incident=incident), markup=False)


def custody(
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

    """
    if to is not None or sender is not None:
        _record_change(incident, number, to, sender, who, how, inventory, lang)
        return
    from auditor.commands.shown import console
    from auditor.history.incidents import Incidents
    from auditor.incidents import deciding, told
    from auditor.incidents.case import fold
    from auditor.inventory import hosts as inventories
    from auditor.text.words import Words

    words = Words(lang)
    case = fold(incident, Incidents().one(inventories.load(inventory).path, incident))
    wanted = [deciding.collection(case, number)] if number is not None else list(case.collections.values())
    if as_json:
        typer.echo(json.dumps([told.custody_data(case, one, words) for one in wanted], ensure_ascii=False, indent=1))
        return
    for collected in wanted:
        for line in told.custody(case, collected, words):
            console.out.print(line, markup=False, soft_wrap=True)


def hand_over(
    incident: IncidentArgument,
    number: NumberArgument,
    to: Annotated[str, typer.Option("--to", metavar="ROLE", help="Office role that receives it.")],
    who: WhoOption,
    how: HowOption = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Record that evidence was handed over to an office role."""
    _changed_hands("handed_over", incident, number, to, who, how, inventory, lang)


def received(
    incident: IncidentArgument,
    number: NumberArgument,
    sender: Annotated[str, typer.Option("--from", metavar="ROLE", help="Office role that handed it over.")],
    who: WhoOption,
    how: HowOption = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Record that an office role received evidence or got it back."""
    _changed_hands("received", incident, number, sender, who, how, inventory, lang)


def _record_change(
    incident: str,
    number: int | None,
    to: str | None,
    sender: str | None,
    who: str | None,
    how: str | None,
    inventory: Path,
    lang: Lang,
) -> None:
    """Check that the options say which evidence changed hands, in which direction and who records it. Raises InputError."""
    if to is not None and sender is not None:
        raise InputError("--to and --from are used together", mend="record one handover at a time")
    if number is None:
        raise InputError("the evidence number is missing", mend="give its number: auditor incident custody ID N")
    if who is None:
        raise InputError("--who is missing", mend="give the office role with --who")
    step: Step = "handed_over" if to is not None else "received"
    _changed_hands(step, incident, number, to or sender or "", who, how, inventory, lang)


def _changed_hands(
    step: Step, incident: str, number: int, other: str, who: str, how: str | None, inventory: Path, lang: Lang
) -> None:
    from auditor.commands.shown import console
    from auditor.history.incidents import Incidents
    from auditor.incidents import deciding
    from auditor.incidents.case import fold
    from auditor.incidents.sentences import sentence
    from auditor.inventory import hosts as inventories
    from auditor.models.incidents import Custody
    from auditor.text.words import Words

    known = inventories.load(inventory)
    collected = deciding.collection(fold(incident, Incidents().one(known.path, incident)), number)
    said = sentence("--how", how) if how is not None else None
    deed = Custody(number=number, step=step, sha256=collected.sha256, to=role(other), how=said)
    Incidents().write(known.path, role(who), deciding.keeping(incident, deed))
    console.out.print(Words(lang)("incidents.written", incident=incident), markup=False)
