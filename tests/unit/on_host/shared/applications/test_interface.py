"""Every CMS has each capability or says why not, and the controller knows the same of it as hosts."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from ansible.module_utils.luytre_shared.applications import interface, known_layouts, registry
from ansible.module_utils.luytre_shared.applications.layouts import CmsLayout
from ansible.module_utils.luytre_shared.databases import site_database

from auditor.facts.web import _cms, applications
from auditor.models.applications import registry as on_controller
from auditor.models.applications.cms import CmsProfile
from auditor.system.files import find_line_of_text

ROLES = Path(__file__).parents[5] / "roles"
AREAS = ROLES.parent / "playbooks/roles/areas/vars/main.yml"
ENGINES = {"mysql", "postgresql"}


def where(cms: interface.Cms) -> str:
    """Return the file and line in which a CMS is defined."""
    return f"{show(Path(inspect.getfile(type(cms))))}:{inspect.getsourcelines(type(cms))[1]}"


def show(path: Path) -> str:
    """Return a path as the checkout has it."""
    top = next(folder for folder in path.parents if (folder / "pyproject.toml").exists())
    return str(path.relative_to(top))


@pytest.mark.parametrize("cms", registry.CMSS, ids=lambda cms: cms.kind)
def test_each_capability_is_there_or_has_its_reason(cms: interface.Cms) -> None:
    has = {capability for capability in interface.CAPABILITIES if interface.has_capability(cms, capability)}
    both, neither = has & set(cms.lacks), set(interface.CAPABILITIES) - has - set(cms.lacks)
    assert not both, f"{where(cms)} has {', '.join(sorted(both))}, and says in lacks that it has not"
    assert not neither, f"{where(cms)} has no {', '.join(sorted(neither))}, and says in lacks no reason"
    unwritten = sorted(name for name, lack in cms.lacks.items() if not lack.vi or not lack.en or lack.vi == lack.en)
    assert not unwritten, f"{where(cms)}: write in both languages why it has no {', '.join(unwritten)}"
    assert "secrets" in has or cms.lacks["secrets"].refusal, "an action says it on the host, too"


@pytest.mark.parametrize("layout", known_layouts.LAYOUTS, ids=lambda layout: layout.kind)
@pytest.mark.parametrize("field", ["uploads", "caches", "configuration", "installers", "private", "program", "schemas"])
def test_a_layout_has_tuples_of_paths(layout: CmsLayout, field: str) -> None:
    paths, table = getattr(layout, field), Path(known_layouts.__file__ or "")
    assert isinstance(paths, tuple) and all(isinstance(path, str) for path in paths), (
        f"{show(table)}:{find_line_of_text(table, f'{chr(34)}{layout.kind}{chr(34)},')}: {field} of its layout is {paths!r}: write a tuple of paths, as ('img/',)"
    )


@pytest.mark.parametrize("cms", registry.CMSS, ids=lambda cms: cms.kind)
def test_whoever_has_tables_in_postgresql_has_all_of_them(cms: interface.Cms) -> None:
    by_engine = [cms.lockout_cells, cms.session_cells, cms.secret_users, cms.hunted_accounts]
    engines = set(cms.administrators) - {"sqlite"}
    assert "mysql" in engines and engines <= ENGINES
    assert all(set(some) == engines for some in by_engine if some), "what is in SQLite is read alone"
    assert not cms.posts or set(cms.posts) == set(cms.administrators)


@pytest.mark.parametrize("cms", registry.CMSS, ids=lambda cms: cms.kind)
def test_the_controller_knows_the_same_of_it(cms: interface.Cms) -> None:
    profiles = Path(on_controller.__file__)
    assert cms.kind in on_controller.CMS_BY_KIND, (
        f"{show(profiles)}:{find_line_of_text(profiles, 'CMSS: ')}: CMSS has no {cms.kind}: add its CmsProfile"
    )
    other = on_controller.CMS_BY_KIND[cms.kind]
    assert other.login_page == f"/{cms.layout.login}"
    assert set(other.row_tables) == set(cms.rows)
    assert set(other.named_tables) == {name for name, row in cms.rows.items() if row.is_named}
    assert other.is_secret_renewed_by_a_person == ("secrets" in cms.lacks)
    assert other.mark_and_installer is None or any(other.mark_and_installer[0] in marks for marks in cms.layout.marks)
    file_of_controls = ROLES / cms.kind / "controls.yml"
    controls = file_of_controls.read_text("utf-8") if file_of_controls.is_file() else ""
    for check in other.own_checks:
        assert f"- id: {cms.kind}.{check}\n" in controls, (
            f"roles/{cms.kind}/controls.yml: there is no {cms.kind}.{check}"
        )
    for file in ("controls.yml", "meta/main.yml"):
        assert (ROLES / cms.kind / file).is_file(), f"{where(cms)}: there is no roles/{cms.kind}/{file}: write it"
    assert cms.kind in yaml.safe_load(AREAS.read_text("utf-8"))["areas_in_order"], (
        f"{show(AREAS)}:{find_line_of_text(AREAS, 'areas_in_order')}: areas_in_order has no {cms.kind}: add it"
    )
    fields = applications.ApplicationsFacts.model_fields
    assert cms.kind in fields
    assert issubclass(applications.INSTANCE_MODELS[cms.kind], _cms.CmsInstance)


def test_every_cms_that_a_module_defines_stands_in_the_registry() -> None:
    for here, kind_of in ((registry, find_cms_on_hosts), (on_controller, find_profile)):
        table = Path(here.__file__ or "")
        for info in pkgutil.iter_modules([str(table.parent)]):
            module = importlib.import_module(f"{here.__package__}.{info.name}")
            for kind in kind_of(module):
                assert kind in here.CMS_BY_KIND, (
                    f"{show(table)}:{find_line_of_text(table, 'CMSS')}: CMSS has no {kind}, which {info.name}.py defines"
                )


def find_cms_on_hosts(module: ModuleType) -> list[str]:
    """Return the kinds that a module on hosts defines."""
    return [
        value.layout.kind
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, interface.Cms) and value is not interface.Cms
    ]


def find_profile(module: ModuleType) -> list[str]:
    """Return the kinds that a module of the controller defines."""
    return [value.kind for value in vars(module).values() if isinstance(value, CmsProfile)]


def test_the_same_cmss_are_known_on_hosts_and_on_the_controller() -> None:
    table = Path(inspect.getfile(registry))
    for kind in on_controller.CMS_BY_KIND:
        assert kind in registry.CMS_BY_KIND, (
            f"{show(table)}:{find_line_of_text(table, 'CMSS = ')}: CMSS has no {kind}: add its Cms"
        )
    assert set(known_layouts.KINDS) == {*on_controller.KINDS} - {"static", "own"}


@pytest.mark.parametrize(
    ("kind", "table", "found"),
    [
        ("nukeviet", "vi_news_12", "vi_news_12"),
        ("nukeviet", "vi_news_rows", "vi_news_rows"),
        ("nukeviet", "vi_news_#", None),
        ("nukeviet", "vi_news_012", None),
        ("nukeviet", "vi_news_12x", None),
        ("nukeviet", "vi_about_12", None),
        ("wordpress", "posts", "posts"),
        ("wordpress", "posts_2", None),
    ],
)
def test_a_table_of_a_number_is_named_by_it(kind: str, table: str, found: str | None) -> None:
    row = interface.find_deletable_row(registry.CMS_BY_KIND[kind], table)
    assert (row and row.table) == found


def test_what_a_cms_has_for_no_server_is_refused() -> None:
    login = site_database.Login("u", "p", "localhost", "d", "postgresql")
    with pytest.raises(site_database.DatabaseUnanswered, match="other_kind"):
        interface.choose_for_engine(registry.CMS_BY_KIND["wordpress"].posts, login)
