"""``auditor incident clean``.

What an intruder left in sites and hosts is taken out of them, step by step, each of which can be undone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import typer

from auditor.commands.incidents.contain import ResponseCommand, parse_action_requests
from auditor.commands.verbs.incidents.response import IncidentCleanOptions
from auditor.compromise.known_good import originals
from auditor.errors import InputError
from auditor.history.known_good import KnownGoodStore
from auditor.incidents.actions import core
from auditor.incidents.actions.file import FILE
from auditor.incidents.actions.registry import ERADICATION_KINDS
from auditor.incidents.containment import ActionRequest
from auditor.text import paths


def clean_intruder_leftovers(options: IncidentCleanOptions) -> None:
    """Run ``auditor incident clean``."""
    request = ResponseCommand.from_options(options)
    inventory_data = request.load_validated_inventory()
    requests = _attach_release_files_to_core_requests(
        options.release, list(parse_action_requests(options.words_typed, ERADICATION_KINDS, inventory=inventory_data))
    )
    raise typer.Exit(
        0
        if request.carry_out_actions_on_hosts(
            inventory_data, requests, dry_run=options.dry_run, besides=_iter_removal_requests_for_found_files
        )
        else 1
    )


def _attach_release_files_to_core_requests(
    release: Path | None, requests: Sequence[ActionRequest]
) -> Sequence[ActionRequest]:
    """Return the steps with what is sent along.

    Raises InputError for a release that is not given, is of no use, or is not known to be good.
    """
    wants = any(request.means == "core" for request in requests)
    if release is None:
        if wants:
            raise InputError("'core' requires the release archive", mend="give it with --from")
        return requests
    if not wants:
        raise InputError("--from works only with 'core'", mend="omit it, or write 'core SITE'")
    release_archive = originals.open_vouched_release_archive(release, KnownGoodStore().load_manifests())
    return [
        replace(request, files=core.build_release_files_for_core_restore(release_archive, request.what))
        if request.means == "core"
        else request
        for request in requests
    ]


def _iter_removal_requests_for_found_files(found_paths: Iterable[str]) -> Iterator[ActionRequest]:
    """Yield files that a host found, to be taken away; what is no path is nothing."""
    for path in found_paths:
        with suppress(InputError):
            yield ActionRequest("file", FILE.read(paths.percent_decode_path(path)), None)
