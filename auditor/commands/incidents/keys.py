"""``auditor incident key``: the key with which an office signs evidence, and whose signatures count."""

from __future__ import annotations

from typing import Annotated

import typer

from auditor.commands.given.options import DEFAULT_INVENTORY, DEFAULT_LANG, InventoryOption, LangOption

app = typer.Typer(help="Keys that evidence is signed with.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_keys(inventory: InventoryOption = DEFAULT_INVENTORY, lang: LangOption = DEFAULT_LANG) -> None:
    """List the keys whose signatures count or once did, as office/allowed_signers and office/revoked_signers have them.

    Example:
      auditor incident key list -i inventories/lab

    """
    from auditor.commands.shown import console
    from auditor.incidents.evidence import signing
    from auditor.inventory import papers
    from auditor.text.words import Words

    words, own = Words(lang), signing.own()
    for key in signing.keys(papers.folder(inventory)):
        marks = [words("incidents.key_own")] if key.fingerprint == own else []
        marks += [words("incidents.key_revoked")] if key.revoked else []
        console.out.print("  ".join([key.fingerprint, key.options, *marks]), markup=False, soft_wrap=True)


@app.command()
def make(
    days: Annotated[int, typer.Option("--days", metavar="DAYS", help="How long it may sign.", min=1, max=3_660)] = 366,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Make a key for this machine, which signs evidence from now on, and add it to office/allowed_signers.

    What the key before signed stays valid. The key itself never leaves this machine, and has no passphrase.

    Example:
      auditor incident key make -i inventories/lab

    """
    from auditor.commands.shown import console
    from auditor.incidents.evidence import signing
    from auditor.inventory import papers
    from auditor.models import clock
    from auditor.text.words import Words

    office = papers.folder(inventory)
    made = signing.make(office, clock.now(), days)
    console.out.print(
        Words(lang)("incidents.key_made", named=made, file=str(office / signing.ALLOWED)), markup=False, soft_wrap=True
    )


@app.command()
def revoke(
    key: Annotated[str, typer.Argument(metavar="SHA256:...", help="The key's fingerprint, as 'list' shows it.")],
    inventory: InventoryOption = DEFAULT_INVENTORY,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Have no signature of a key count any more, whenever it was made: it was lost, or somebody else had it.

    Example:
      auditor incident key revoke SHA256:AAAA -i inventories/lab

    """
    from auditor.commands.shown import console
    from auditor.incidents.evidence import signing
    from auditor.inventory import papers
    from auditor.text.words import Words

    signing.revoke(papers.folder(inventory), key)
    console.out.print(f"{key}  {Words(lang)('incidents.key_revoked')}", markup=False, soft_wrap=True)
