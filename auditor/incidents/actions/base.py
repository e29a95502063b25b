"""What there is to know of one means of containing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auditor.errors import InputError
from auditor.models import Host
from auditor.models.response_actions import Means
from auditor.system import resources

SECONDS = 50.0
"""For one connection: more than the host takes at most, with what is sent."""


def select_all_hosts(_target: str, hosts: tuple[Host, ...]) -> tuple[Host, ...]:
    """Return all of the incident's hosts."""
    return hosts


def select_only_host(_target: str, hosts: tuple[Host, ...]) -> tuple[Host, ...]:
    """Return the single host. Raises InputError when it is not said which."""
    if len(hosts) != 1:
        raise InputError("this action runs on one host", mend="name one of the incident's hosts with --host")
    return hosts


def build_empty_program_input(_host: Host, _target: str) -> Mapping[str, Any]:
    """Return no more than what every question has: the program needs to know nothing else."""
    return {}


@dataclass(frozen=True)
class ActionKind:
    """One means, of containing or of cleaning: ``registry`` finds it in any module of this package.

    What people read of it is in ``auditor/locale/response_actions.yml``.
    """

    means: Means
    """Its name: ``auditor.models.response_actions`` has it too."""
    program: str
    """A file of ``on_host/contain/``, run as root there by ``auditor.fleet.ssh_exec``.

    It is asked to ``plan``, ``contain``, ``confirm``, ``release``.
    """
    read: Callable[[str], str]
    """What was typed, written as one line, as entries have it. Raises InputError."""
    hosts: Callable[[str, tuple[Host, ...]], tuple[Host, ...]] = select_all_hosts
    """Which of these hosts of the incident's it concerns.

    Raises InputError for none, and where it is not said which.
    """
    build_question: Callable[[Host, str], Mapping[str, Any]] = build_empty_program_input
    """What the program is asked besides ``do``, ``id``, ``what`` and ``seconds``.

    Raises InputError for what must not be begun.
    """
    seconds: float = SECONDS
    """For one connection."""
    has_end: bool = False
    """Whether it has a time, after which the host ends it by itself."""
    may_break_site: bool = False
    """Whether a site may serve no more without what it takes away: then it is released."""
    needs_code_reset: bool = False
    """Whether PHP may run on with what it takes away until it is told to forget that."""
    release_is_whole: bool = True
    """Whether a release that the host refused left all as it was."""

    @property
    def program_path(self) -> Path:
        """Return where the program is."""
        return resources.get_resources_folder() / "on_host" / "contain" / self.program
