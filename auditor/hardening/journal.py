"""Hardenings as they go on, one file each, so that the next run can tell of one that was killed, and finish it.

Beside the history. Every step is on the disk before the next begins. One hardening at a time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pydantic import ValidationError

from auditor.errors import InputError, get_place_and_message_of_first_error
from auditor.history import database, runs
from auditor.models import Hardening
from auditor.system import files
from auditor.system.disk_reserve import DiskReserve
from auditor.system.lock import hold_lock

ROOM = 4 << 20
"""Bytes for the records of a hardening on a disk that has run full since it began."""


class Journal:
    """The hardenings kept in one folder."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or database.get_default_history_path().parent / "hardenings"
        self.reserve = DiskReserve(self.folder / "room", ROOM)

    def write_progress_of_hardening(self, hardening: Hardening) -> None:
        """Keep how far a hardening has got.

        Whole or not at all, also after a power cut. Raises InputError when it cannot.
        """
        self._make_journal_folder()
        path = self.folder / f"{hardening.id}.json"
        try:
            self.reserve.with_room(
                lambda: files.write_file_atomically(path, [hardening.model_dump_json(indent=1).encode()], 0o600)
            )
        except OSError as error:
            raise InputError(
                "cannot write {path}: {error}",
                mend="free some space there, or set LUYTRE_STATE",
                path=path,
                error=error.strerror,
            ) from error

    def list_hardenings(self, inventory: str) -> tuple[Hardening, ...]:
        """Return the hardenings of an inventory, newest first."""
        key = database.make_unique_inventory_key(inventory)
        paths = sorted(self.folder.glob("*.json"), reverse=True) if self.folder.is_dir() else []
        return tuple(
            hardening
            for path in paths
            if database.make_unique_inventory_key((hardening := _read_hardening_record(path)).inventory) == key
        )

    def find_hardening_by_id_or_last(self, inventory: str, run_id_or_beginning: str | None) -> Hardening:
        """Return the hardening with that id, or with a beginning that only one has; by default the last.

        Raises InputError when there is none.
        """
        hardenings = self.list_hardenings(inventory)
        matches = [
            hardening
            for hardening in hardenings
            if run_id_or_beginning is None or hardening.id.startswith(run_id_or_beginning)
        ]
        if not matches or (run_id_or_beginning and len(matches) > 1):
            raise InputError(
                "{run} does not match exactly one hardening run of the inventory {inventory}"
                if run_id_or_beginning
                else "no hardening run of the inventory {inventory} is known here",
                mend="see 'auditor history list'",
                guess=runs.find_run_id_with_most_similar_start(
                    run_id_or_beginning, [hardening.id for hardening in hardenings]
                )
                if run_id_or_beginning and not matches
                else None,
                run=repr(run_id_or_beginning),
                inventory=inventory,
            )
        return matches[0]

    def find_hardenings_of_unknown_end(self, inventory: str) -> tuple[Hardening, ...]:
        """Return hardenings of which we do not know how they ended on some host."""
        return tuple(
            hardening
            for hardening in self.list_hardenings(inventory)
            if hardening.select_by_state("applying", "armed", "lost")
        )

    @contextmanager
    def hold_lock_of_controller(self) -> Iterator[None]:
        """Hold the controller's lock. Raises InputError at once when another run has it."""
        self._make_journal_folder()
        path = self.folder / "lock"
        with ExitStack() as until_then:
            try:
                handle = until_then.enter_context(hold_lock(path, wait=False))
            except BlockingIOError:
                holder = path.read_bytes()[:100].decode("ascii", "replace").strip()
                raise InputError(
                    "another run that changes hosts is in progress here (process {process})",
                    mend="wait for it, or end that process: its hosts roll back by themselves",
                    process=holder,
                ) from None
            except OSError as error:
                raise InputError(
                    "cannot write {path}: {error}", mend="set LUYTRE_STATE", path=path, error=error.strerror
                ) from error
            os.truncate(handle, 0)
            os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
            yield

    def _make_journal_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise InputError(
                "cannot make the folder {folder}: {why}",
                mend="set LUYTRE_STATE",
                folder=self.folder,
                why=error.strerror,
            ) from error


def _read_hardening_record(path: Path) -> Hardening:
    try:
        return Hardening.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise InputError(
            "this record of a hardening run cannot be read: {why}",
            file=path,
            mend="a newer version may have written it: update Lũy Tre, or move the file away",
            why=get_place_and_message_of_first_error(error)[1],
        ) from error
