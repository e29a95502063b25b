"""``auditor incident key``: the key with which an office signs evidence, and whose signatures count."""

from __future__ import annotations

from typing import Annotated

import typer

from auditor.commands.options.common import DEFAULT_INVENTORY, DEFAULT_LANG, InventoryOption, LangOption

app = typer.Typer(help="Keys for signing evidence.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_signing_keys(inventory: InventoryOption = DEFAULT_INVENTORY, lang: LangOption = DEFAULT_LANG) -> None:
    """List the current and former signing keys, from office/allowed_signers and office/revoked_signers.

    Example:
      auditor incident key list -i inventories/lab

    """
    from auditor.commands.output import console
    from auditor.incidents.evidence import signatures
    from auditor.inventory import exceptions
    from auditor.text.translations import Words

    words, own = Words(lang), signatures.get_own_signing_key_fingerprint()
    for key in signatures.list_keys(exceptions.get_office_folder_of_inventory(inventory)):
        marks = [words("incidents.key_own")] if key.fingerprint == own else []
        marks += [words("incidents.key_revoked")] if key.is_revoked else []
        console.out.print("  ".join([key.fingerprint, key.options, *marks]), markup=False, soft_wrap=True)


@app.command("make")
def make_signing_key(
    days: Annotated[int, typer.Option("--days", metavar="DAYS", help="Validity of the key.", min=1, max=3_660)] = 366,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Create a key for this machine to sign evidence from now on, and add it to office/allowed_signers.

    Signatures of the previous key stay valid. The private key never leaves this machine and has no passphrase.

    Example:
      auditor incident key make -i inventories/lab

    """
    from auditor.commands.output import console
    from auditor.incidents.evidence import signatures
    from auditor.inventory import exceptions
    from auditor.models import clock
    from auditor.text.translations import Words

    office = exceptions.get_office_folder_of_inventory(inventory)
    fingerprint = signatures.make_and_allow_own_signing_key(office, clock.now(), days)
    console.out.print(
        Words(lang)("incidents.key_made", named=fingerprint, file=str(office / signatures.ALLOWED)),
        markup=False,
        soft_wrap=True,
    )


@app.command("revoke")
def revoke_signing_key(
    key: Annotated[str, typer.Argument(metavar="SHA256:...", help="Fingerprint of the key, as shown by 'list'.")],
    inventory: InventoryOption = DEFAULT_INVENTORY,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Revoke a key and all its signatures, whenever they were made, because it was lost or exposed.

    Example:
      auditor incident key revoke SHA256:AAAA -i inventories/lab

    """
    from auditor.commands.output import console
    from auditor.incidents.evidence import signatures
    from auditor.inventory import exceptions
    from auditor.text.translations import Words

    signatures.revoke_key(exceptions.get_office_folder_of_inventory(inventory), key)
    console.out.print(f"{key}  {Words(lang)('incidents.key_revoked')}", markup=False, soft_wrap=True)
