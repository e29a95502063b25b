"""Why a host was not hardened, or went back, in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auditor.fleet.error_messages import explain_ansible_or_ssh_message
from auditor.fleet.runner import CUT_SHORT, PlaybookRun
from auditor.hardening import guard_answers
from auditor.models import Text
from auditor.text.redact import redact_secrets_in_text
from auditor.text.sanitize import escape_text_to_one_line
from auditor.text.translations import make_text

UNKNOWN_REASON = make_text("for no known reason")
RUN_INTERRUPTED = make_text("the run was interrupted")
UNTIMELY = make_text("it was not finished in the time allowed")
END_REASONS = {"timeout": UNTIMELY, CUT_SHORT: RUN_INTERRUPTED}
"""Why no host has come to its end for certain, by the status of the run."""


def explain_stop_of_hardening(error: BaseException) -> Text:
    """Return why a hardening is ended from here."""
    if isinstance(error, KeyboardInterrupt):
        return RUN_INTERRUPTED
    message = escape_text_to_one_line(redact_secrets_in_text(str(error)), 300)
    return make_text("an error on this machine ended the run: {message}", message=message)


def explain_playbook_failure_on_host(run: PlaybookRun, host: str) -> Text | None:
    """Return why a host did not get through a playbook; None when it did.

    Tasks have no Vietnamese names: there the control is named.
    """
    task = run.find_failure(host)
    if task is not None:
        about, bar, _ = task.name.partition(" | ")
        why = explain_ansible_or_ssh_message(task.message)
        return Text(vi=f"{about}: {why.vi}" if bar else why.vi, en=f"{task.name}: {why.en}")
    return explain_ansible_or_ssh_message(run.complaint) if not run.list_tasks(host) else None


def add_cause_of_rollback(why: Text | None, answer: Mapping[str, Any]) -> Text:
    """Return why a host went back: what is known of it here, and that it did so by itself, if it did."""
    by_itself = _explain_rollback_by_itself(answer)
    if why is None or answer.get("cause") == "asked":
        return why or by_itself
    return Text.join((why, by_itself))


def _explain_rollback_by_itself(answer: Mapping[str, Any]) -> Text:
    if answer.get("cause") == "boot":
        return make_text("the host was restarted in between")
    return make_text("it was not confirmed in time")


def add_paths_left_by_rollback(why: Text, answer: Mapping[str, Any]) -> Text:
    """Add what others changed meanwhile, which the way back left or put aside."""
    left_paths = guard_answers.list_paths_left_or_put_aside_by_rollback(answer)
    if not left_paths:
        return why
    text = escape_text_to_one_line(
        "; ".join(path[:200] for path in left_paths[:10]) + (" …" if len(left_paths) > 10 else "")
    )
    return make_text("{why}; left to others who changed it meanwhile: {text}", why=why, text=text)


def add_packages_staying_upgraded(why: Text, answer: Mapping[str, Any]) -> Text:
    """Add which packages stay upgraded: what an upgrade closed is not opened again."""
    packages = guard_answers.list_packages_left_upgraded_by_rollback(answer)
    if not packages:
        return why
    text = escape_text_to_one_line(
        "; ".join(package[:200] for package in packages[:10]) + (" …" if len(packages) > 10 else "")
    )
    return make_text("{why}; packages stay upgraded: {text}", why=why, text=text)


def add_things_not_restored(why: Text, answer: Mapping[str, Any]) -> Text:
    """Add what the way back could not bring back."""
    text = escape_text_to_one_line(
        "; ".join(problem[:200] for problem in guard_answers.list_things_not_restored(answer)[:5])
    )
    if not text:
        return why
    return make_text("{why}; could not be rolled back: {text}", why=why, text=text)
