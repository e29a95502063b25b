"""Every CMS has each capability or says why not, and the controller knows the same of it as hosts."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
from ansible.module_utils.luytre_shared.applications import interface, registry
from ansible.module_utils.luytre_shared.databases import site_database

from auditor.facts.web import _cms, applications
from auditor.models.applications import registry as on_controller

ROLES = Path(__file__).parents[5] / "roles"
ENGINES = {"mysql", "postgresql"}


def where(cms: interface.Cms) -> str:
    """Return the file and line in which a CMS is defined."""
    path = Path(inspect.getfile(type(cms)))
    return f"{path.relative_to(path.parents[5])}:{inspect.getsourcelines(type(cms))[1]}"


@pytest.mark.parametrize("cms", registry.CMSS, ids=lambda cms: cms.kind)
def test_each_capability_is_there_or_has_its_reason(cms: interface.Cms) -> None:
    has = {capability for capability in interface.CAPABILITIES if interface.has_capability(cms, capability)}
    both, neither = has & set(cms.lacks), set(interface.CAPABILITIES) - has - set(cms.lacks)
    assert not both, f"{where(cms)} has {', '.join(sorted(both))}, and says in lacks that it has not"
    assert not neither, f"{where(cms)} has no {', '.join(sorted(neither))}, and says in lacks no reason"
    assert all(lack.vi and lack.en and lack.vi != lack.en for lack in cms.lacks.values())
    assert "secrets" in has or cms.lacks["secrets"].refusal, "an action says it on the host, too"


@pytest.mark.parametrize("cms", registry.CMSS, ids=lambda cms: cms.kind)
def test_whoever_has_tables_in_postgresql_has_all_of_them(cms: interface.Cms) -> None:
    by_engine = [cms.administrators, cms.lockout_cells, cms.posts, cms.secret_users, cms.hunted_accounts]
    engines = set(cms.administrators)
    assert "mysql" in engines and engines <= ENGINES
    assert all(set(some) == engines for some in by_engine if some)


@pytest.mark.parametrize("cms", registry.CMSS, ids=lambda cms: cms.kind)
def test_the_controller_knows_the_same_of_it(cms: interface.Cms) -> None:
    other = on_controller.CMS_BY_KIND[cms.kind]
    assert other.login_page == f"/{cms.layout.login}"
    assert set(other.row_tables) == set(cms.rows)
    assert set(other.named_tables) == {name for name, row in cms.rows.items() if row.is_named}
    assert other.is_secret_renewed_by_a_person == ("secrets" in cms.lacks)
    assert other.mark_and_installer is None or any(other.mark_and_installer[0] in marks for marks in cms.layout.marks)
    assert (ROLES / cms.kind / "controls.yml").is_file()
    fields = applications.ApplicationsFacts.model_fields
    assert cms.kind in fields
    assert issubclass(applications.INSTANCE_MODELS[cms.kind], _cms.CmsInstance)


def test_the_same_cmss_are_known_on_hosts_and_on_the_controller() -> None:
    assert set(on_controller.CMS_BY_KIND) == set(registry.CMS_BY_KIND)
    assert set(registry.KINDS) == {*on_controller.KINDS} - {"static", "own"}


def test_what_a_cms_has_for_no_server_is_refused() -> None:
    login = site_database.Login("u", "p", "localhost", "d", "postgresql")
    with pytest.raises(site_database.DatabaseUnanswered, match="other_kind"):
        interface.choose_for_engine(registry.CMS_BY_KIND["wordpress"].posts, login)
