"""The area of applications: a list of instances a CMS, by the model that its module defines."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest
from pydantic import ValidationError

from auditor.facts import load_fact_area_models
from auditor.facts.web import applications
from auditor.facts.web._cms import CmsInstance
from auditor.models.applications.registry import CMSS


def validate(**told: Any) -> Any:
    needed = {name: [] for name, field in applications.ApplicationsFacts.model_fields.items() if field.is_required()}
    return applications.ApplicationsFacts.model_validate({**needed, **told})


def test_every_cms_has_a_list_of_its_own_model() -> None:
    assert list(applications.INSTANCE_MODELS) == [cms.kind for cms in CMSS]
    assert len(set(applications.INSTANCE_MODELS.values())) == len(CMSS)
    for kind, model in applications.INSTANCE_MODELS.items():
        field = applications.ApplicationsFacts.model_fields[kind]
        assert issubclass(model, CmsInstance)
        assert field.annotation == list[model]  # type: ignore[valid-type]
        assert not field.is_required()


def test_it_is_the_area_of_that_name() -> None:
    assert load_fact_area_models()["applications"] is applications.ApplicationsFacts
    assert applications.ApplicationsFacts.__module__ == applications.__name__
    assert applications.ApplicationsFacts.__name__ == "ApplicationsFacts"


def test_a_host_without_any_has_empty_lists() -> None:
    facts = validate()
    assert [getattr(facts, cms.kind) for cms in CMSS] == [[] for _ in CMSS]


@pytest.mark.parametrize("kind", [cms.kind for cms in CMSS])
@pytest.mark.parametrize("instance", [{}, {"path": 7, "version": "1"}, "wordpress", None])
def test_an_instance_that_is_none_is_refused(kind: str, instance: Any) -> None:
    with pytest.raises(ValidationError):
        validate(**{kind: [instance]})


def test_a_cms_without_a_module_of_facts_is_named_with_the_file_to_write() -> None:
    with pytest.raises(LookupError, match=r"auditor/facts/web/_kite\.py: no model of kite's facts"):
        applications._get_instance_model("kite")


@pytest.mark.parametrize("number", [0, 2])
def test_a_module_defines_one_model(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "auditor.facts.web._kite"
    module = ModuleType(name)
    module.__dict__["CmsInstance"] = CmsInstance  # what it imports is not its own
    for index in range(number):
        module.__dict__[f"Kite{index}"] = type(f"Kite{index}", (CmsInstance,), {"__module__": name})
    monkeypatch.setitem(sys.modules, name, module)
    with pytest.raises(ValueError, match="values to unpack"):
        applications._get_instance_model("kite")
    module.__dict__.pop("Kite1", None)
    module.__dict__["Kite0"] = type("Kite0", (CmsInstance,), {"__module__": name})
    assert applications._get_instance_model("kite") is module.__dict__["Kite0"]
