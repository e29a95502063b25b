"""What incidents contain on the hosts of a run, in sentences: what is seen there is seen past that. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import get_args

from auditor.errors import InputError
from auditor.models import Site, Text
from auditor.models import response_actions as actions
from auditor.models.incidents import ActiveContainment, OpenIncident, UnrecordedContainment
from auditor.models.response_actions import ActionTexts, Means, TextsByAction
from auditor.system.files import find_line_of_text
from auditor.system.groups import group_by
from auditor.system.yaml_source import YamlPlace, load_own_yaml_files_cached, validate_yaml_data_as_model
from auditor.text.translations import LOCALE, Words

TEXTS = LOCALE / "response_actions.yml"


@cache
def load_action_texts() -> Mapping[str, ActionTexts]:
    """Return what people read of each response action.

    Raises InputError with file and line for a mistake in a text, and for an action without texts.
    """
    (data,) = load_own_yaml_files_cached("response_actions", [TEXTS]).values()
    texts = validate_yaml_data_as_model(
        TextsByAction,
        data,
        "{where}: {why}",
        mend="write each text in vi and en, as those of the other actions",
        place=YamlPlace(TEXTS),
    ).root
    for means in get_args(Means):
        if means not in texts:
            table = Path(actions.__file__)
            raise InputError(
                "the response action {means} has no texts",
                means=means,
                mend="write them in {texts}, as those of the others",
                texts=TEXTS,
                file=table,
                line=find_line_of_text(table, f'"{means}"'),
            )
    return {str(means): action_texts for means, action_texts in texts.items()}


def list_action_usages(*, for_good: bool) -> Text:
    """Return an example of each action that cleans, or of each other one, and what it does, after a comma each."""
    texts = load_action_texts()
    return Text.join(
        (texts[means].usage for means in get_args(Means) if (means in actions.FOR_GOOD) == for_good), between=", "
    )


def get_action_name(means: str, words: Words) -> str:
    """Return what an action is about, before the name of that."""
    return load_action_texts()[means].name.get(words.lang)


def describe_action_in_force(means: str, words: Words, /, **values: str) -> str:
    """Return what an action has in force."""
    return load_action_texts()[means].now.get(words.lang).format(**values)


def format_containment_lines(actions: Iterable[ActiveContainment], words: Words) -> tuple[str, ...]:
    """Return each thing that is contained, by which incident."""
    return tuple(f"{action.incident}: {format_containment_line(action, words)}" for action in actions)


def describe_containment_target(means: str, target: str, words: Words) -> str:
    """Return what an action is about, as people read it.

    Of a process its number and program, of a job its line and file.
    """
    if means.startswith("process"):
        number, slash, program = target.partition("/")
        return f"{number.partition('@')[0]} ({slash}{program})" if slash else target
    if means == "job":
        path, _, line_there = target.rpartition(":")
        return words("incidents.job_line", path=path, line=line_there.partition("@")[0]) if path else target
    return target


def format_containment_lines_by_incident(actions: Iterable[ActiveContainment], words: Words) -> dict[str, list[str]]:
    """Return what each incident contains, a line each."""
    return {
        incident: [format_containment_line(action, words) for action in incident_actions]
        for incident, incident_actions in group_by(actions, lambda incident_action: incident_action.incident).items()
    }


def select_containments_changing_site_answers(
    actions: Iterable[ActiveContainment], site: Site
) -> Iterator[ActiveContainment]:
    """Return what visitors of a site get another answer for."""
    return (
        action
        for action in actions
        if action.host == site.host and action.closed_site_domain in (site.domain, *site.aliases)
    )


def select_containments_by_site_and_incidents(
    actions: Iterable[ActiveContainment], site: Site, incidents: Iterable[OpenIncident]
) -> tuple[ActiveContainment, ...]:
    """Return what changes a site's answers, and what else its incidents contain on its host.

    The incidents are those that touch the site.
    """
    of, there = {incident.id for incident in incidents}, [action for action in actions if action.host == site.host]
    theirs = set(select_containments_changing_site_answers(there, site))
    return tuple(
        active_action
        for active_action in there
        if active_action in theirs or (active_action.incident in of and active_action.closed_site_domain is None)
    )


def format_containment_line(action: ActiveContainment, words: Words) -> str:
    """Return one thing that is contained, or perhaps; and that its host does not have it on record."""
    until = words.format_iso_moment(action.until) if action.until else ""
    values = {
        "number": str(action.number),
        "host": action.host,
        "what": describe_containment_target(action.means, action.what, words),
        "until": until,
    }
    text = (
        describe_action_in_force(action.means, words, **values)
        if action.known
        else words("incidents.contained_perhaps", means=get_action_name(action.means, words), **values)
    )
    if action.there is not False:
        return text
    command = f"auditor incident release {action.incident} {action.number}"
    return f"{text}: {words('incidents.not_on_record', host=action.host, command=command)}"


def describe_unrecorded_containments_by_host(
    unrecorded_containments: Iterable[UnrecordedContainment], words: Words
) -> Iterator[str]:
    """Yield what hosts have on record that the case log does not have in force, in a sentence for each host."""
    for host, group in group_by(unrecorded_containments, lambda record: record.host).items():
        yield words(
            "incidents.unrecorded",
            host=host,
            actions=", ".join(dict.fromkeys(host_record.action for host_record in group)),
        )
