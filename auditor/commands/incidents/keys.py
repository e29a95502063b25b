"""``auditor incident key``: the key with which an office signs evidence, and whose signatures count."""

from __future__ import annotations

from auditor.commands.output import console
from auditor.commands.verbs.incidents.evidence import (
    IncidentKeyListOptions,
    IncidentKeyMakeOptions,
    IncidentKeyRevokeOptions,
)
from auditor.incidents.evidence import signatures
from auditor.inventory import exceptions
from auditor.models import clock
from auditor.text.translations import Words


def list_signing_keys(options: IncidentKeyListOptions) -> None:
    """Run ``auditor incident key list``."""
    words, own = Words(options.lang), signatures.get_own_signing_key_fingerprint()
    for key in signatures.list_keys(exceptions.get_office_folder_of_inventory(options.inventory)):
        marks = [words("incidents.key_own")] if key.fingerprint == own else []
        marks += [words("incidents.key_revoked")] if key.is_revoked else []
        console.out.print("  ".join([key.fingerprint, key.options, *marks]), markup=False, soft_wrap=True)


def make_signing_key(options: IncidentKeyMakeOptions) -> None:
    """Run ``auditor incident key make``."""
    office = exceptions.get_office_folder_of_inventory(options.inventory)
    fingerprint = signatures.make_and_allow_own_signing_key(office, clock.now(), options.days)
    console.out.print(
        Words(options.lang)("incidents.key_made", named=fingerprint, file=str(office / signatures.ALLOWED)),
        markup=False,
        soft_wrap=True,
    )


def revoke_signing_key(options: IncidentKeyRevokeOptions) -> None:
    """Run ``auditor incident key revoke``."""
    signatures.revoke_key(exceptions.get_office_folder_of_inventory(options.inventory), options.key)
    console.out.print(f"{options.key}  {Words(options.lang)('incidents.key_revoked')}", markup=False, soft_wrap=True)
