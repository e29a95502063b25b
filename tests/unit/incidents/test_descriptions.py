"""What a plan says in the reader's language: no name that is for programs, and no English in Vietnamese."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from auditor.incidents import descriptions
from auditor.incidents.containment import ActionPlan, ActionRequest
from auditor.models.base import Lang
from auditor.models.response_actions import Means
from auditor.text.translations import Words

ON_HOST = Path(__file__).parents[3] / "on_host"
COMMANDS = ("nft ", "systemctl ", "SIGKILL ", "SIGSTOP ", "KILL ", "\n")
"""What steps begin with that are commands as they are typed."""


def plan(lang: Lang, *steps: str | tuple[str, ...], means: Means = "file") -> list[str]:
    return list(
        descriptions.describe_plan(ActionRequest(means, "/x", None), "web1", ActionPlan(steps, "", ""), Words(lang))
    )


@pytest.mark.parametrize("name", descriptions.STEPS)
def test_a_step_has_words_in_both_languages(name: str) -> None:
    step = (name, *("/a", "/b", "/c")[: descriptions.STEPS[name]])
    vietnamese, english = (plan(lang, step)[1] for lang in ("vi", "en"))
    assert vietnamese != english
    assert name not in vietnamese
    assert all(part in vietnamese for part in step[1:])


@pytest.mark.parametrize("means", get_args(Means))
def test_a_means_has_words_in_both_languages(means: Means) -> None:
    assert "_" not in plan("vi", means=means)[0]
    if means not in ("unit", "trigger", "cron"):  # which are called so in both
        assert f" {means} " not in plan("vi", means=means)[0]


def test_a_command_stays_as_it_is_typed() -> None:
    assert plan("vi", "nft -f -\ntable inet x")[1:] == ["  nft -f -", "  table inet x"]


def test_each_of_many_files_has_a_line() -> None:
    assert plan("en", ("replace", "a.php\nb.php"))[1:] == ["  replace a.php", "  replace b.php"]


@pytest.mark.parametrize("step", [("rename", "/a"), ("reboot", "/a"), ("write", "/a", "/b"), ("", "{host}")])
def test_what_a_host_made_up_is_told_as_it_says_it(step: tuple[str, ...]) -> None:
    assert "".join(plan("vi", step, ("write", "/z"))[1:]).endswith("ghi /z")


def steps_of_hosts() -> Iterator[tuple[str, ast.List]]:
    """Every list in what plans, which begins with a word."""
    places = [
        *(ON_HOST / "contain").rglob("*.py"),
        *(
            (ON_HOST / "shared/module_utils/luytre_shared/incidents" / name)
            for name in ("systemd_units.py", "auto_revert.py")
        ),
    ]
    for path in places:
        for function in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(function, ast.FunctionDef) and function.name.startswith(
                ("plan_", "list_planned_steps", "list_steps", "iter_planned_steps")
            ):
                for node in ast.walk(function):
                    if isinstance(node, ast.List) and len(node.elts) > 1:
                        yield path.name, node


def test_all_that_hosts_answer_are_steps_with_words_or_commands() -> None:
    named, said = set(), []
    for where, node in steps_of_hosts():
        first = node.elts[0]
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            if " " in first.value or where == "account.py":
                said.append(first.value)
            else:
                named.add(first.value)
    assert {"write", "remove", "rename", "link", "comment", "visit"} <= named
    assert named <= descriptions.STEPS.keys()
    assert [one for one in said if not one.startswith(COMMANDS)] == []
