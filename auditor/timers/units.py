"""The timers and services, as text. Pure but for reading their templates."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

FOLDER = Path("/etc/systemd/system")
_HOMES = ("/home", "/root", "/run/user")


@dataclass(frozen=True)
class Schedule:
    """A command that runs by itself, and when."""

    name: str
    description: str
    calendar: str
    """As ``OnCalendar=`` of systemd.time(7) has it."""
    delay: str = "0"
    """The longest random delay: not all offices ask at the same second."""


SCHEDULES = (
    Schedule("luytre-audit", "audit every night", "*-*-* 01:00:00 Asia/Ho_Chi_Minh", "20min"),
    Schedule("luytre-incidents", "tell the offices of incidents", "*:0/15"),
    Schedule("luytre-due", "fail while a report on an incident is overdue", "*:0/15"),
    Schedule("luytre-mail", "deliver mail", "*:0/5"),
)


@dataclass(frozen=True)
class TimerSettings:
    """For whom the units are written."""

    auditor: Path
    """The program, by its full path."""
    state: Path
    inventory: Path
    user: str
    home: Path

    def build_command_line_of_service(self, service_name: str) -> Sequence[str]:
        """Return the command line of a service: a service runs one alone, so that none waits for another to succeed."""
        program, inventory = str(self.auditor), ("-i", str(self.inventory))
        formats = ("--format", "html,json,junit,xlsx", "--fail-on", "high", "--baseline", "last")
        return {
            "luytre-audit": (program, "audit", *inventory, "--output", str(self.state / "out"), *formats),
            "luytre-incidents": (program, "incident", "notify", "--who", "Lũy Tre", *inventory),
            "luytre-due": (program, "incident", "due", *inventory),
            "luytre-mail": (program, "mail", "run"),
        }[service_name]


def render_units(settings: TimerSettings) -> Mapping[str, str]:
    """Return each unit's text by its file name."""
    texts = {}
    for schedule in SCHEDULES:
        context = {
            "schedule": schedule,
            "command": settings.build_command_line_of_service(schedule.name),
            **_build_unit_template_fields(settings),
        }
        texts[f"{schedule.name}.service"] = _load_unit_template_environment().get_template("service.j2").render(context)
        texts[f"{schedule.name}.timer"] = _load_unit_template_environment().get_template("timer.j2").render(context)
    return texts


def quote_word_for_systemd_unit(word: str) -> str:
    """Return a word as ``ExecStart=`` and ``Environment=`` take it (systemd.syntax(7)).

    Specifiers and variables mean nothing in it.
    """
    text = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{text}"'


def quote_argument_for_exec_start(word: str) -> str:
    """Return a word of a command line, in which ``$`` means nothing either."""
    return quote_word_for_systemd_unit(word.replace("$", "$$"))


def _build_unit_template_fields(settings: TimerSettings) -> Mapping[str, object]:
    paths = (settings.auditor, settings.state, settings.inventory, settings.home)
    at_home = any(path.is_relative_to(home) for path in paths for home in _HOMES)
    fields = {field.name: getattr(settings, field.name) for field in dataclasses.fields(settings)}
    return {**fields, "protect_home": "read-only" if at_home else "yes"}


@functools.cache
def _load_unit_template_environment() -> Environment:
    environment = Environment(  # noqa: S701  units, not pages
        loader=FileSystemLoader(Path(__file__).parent / "units"),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
    )
    environment.filters |= {
        "quote": lambda word: quote_word_for_systemd_unit(str(word)),
        "argument": lambda word: quote_argument_for_exec_start(str(word)),
    }
    return environment
