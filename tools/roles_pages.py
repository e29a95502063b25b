"""``roles/<area>/README.md``: what a role does and never does, from its controls and its argument specification."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from auditor.audit import controls
from auditor.audit.controls import Control, Fix
from auditor.system import resources
from tools import variables_page
from tools.controls_pages import list_inventory_variables
from tools.markdown import code, of_ansible, plain, table

_HEAD = """\
# {area}

{short}.

[Controls](../../docs/controls/en/{area}.md) · [Các yêu cầu](../../docs/controls/vi/{area}.md) ·
[Use the roles in a playbook](../../docs/en/roles.md) · [Dùng role trong playbook của mình](../../docs/vi/roles.md)

`make docs` writes this page from `roles/{area}/controls.yml` and `roles/{area}/meta/argument_specs.yml`: change those.
"""
_EXAMPLE = """\
## Use in your own playbook

```yaml
- name: Harden the web servers
  hosts: web
  become: true
  gather_facts: false
  tasks:
    - name: Play Lũy Tre's {area}
      ansible.builtin.include_role:
        name: {area}
      tags: [{area}]
```

This way there is no snapshot and no timer. With them, and what else differs: [the roles in a playbook of
yours](../../docs/en/roles.md).
"""
_NEVER = """\
## What it never does

- It loosens nothing: a value that is stricter than asked for stays.
- It makes no deferred change of the table above unless `luytre_accept` names the control for the host.
"""


def pages() -> dict[str, str]:
    """Return each page by its path below ``roles``."""
    by_area = groupby(controls.load_catalogue().controls, key=lambda control: control.area)
    return {
        f"{area}/README.md": _page(area, list(own))
        for area, own in by_area
        if (resources.get_roles_folder() / area / "tasks").is_dir()
    }


def _page(area: str, own: list[Control]) -> str:
    specification = variables_page.specification(area)
    parts = [_HEAD.format(area=area, short=of_ansible(specification["short_description"]).rstrip("."))]
    parts.append("## What it does\n")
    if description := "".join(f"- {of_ansible(line)}\n" for line in _lines(specification.get("description", []))):
        parts.append(description)
    rows = [
        (code(control.id), plain(control.title.en), control.severity.value, _waits(control.fix))
        for control in own
        if control.fix
    ]
    parts.append(table(("control", "result", "severity", "deferred, because"), rows))
    parts.append("## Variables\n\n" + _variables(area, own))
    parts.append(_EXAMPLE.format(area=area))
    parts.append(_NEVER + "".join(_never(own)))
    return "\n".join(parts)


def _lines(description: str | list[str]) -> list[str]:
    return [description] if isinstance(description, str) else description


def _waits(fix: Fix) -> str:
    """Return why plain Ansible holds a fix; the role ``consent`` decides it by the same."""
    if any(touch.startswith("found:") for touch in fix.touches):
        return "the play has no list of the files: use `auditor harden`, which audits first"
    if fix.danger:
        return plain(fix.danger.en)
    return "it restarts a service" if fix.disruption in ("restart", "reboot") else ""


def _variables(area: str, own: list[Control]) -> str:
    read = sorted({name for control in own for name in list_inventory_variables(control)})
    parts = [f"Its checks read {', '.join(map(code, read))} of the inventory.\n"] if read else []
    own_rows = list(variables_page.rows_of_area(area, "."))
    if own_rows:
        cells = [(code(name), kind, default, of_ansible(english)) for name, kind, default, english in own_rows]
        parts.insert(0, table(("variable", "type", "default", "meaning"), cells))
        parts.append(f"In Vietnamese: [Các biến](../../docs/variables.md#{area}).\n")
    return "\n".join(parts or ["It has none.\n"])


def _never(own: list[Control]) -> Iterator[str]:
    touches = dict.fromkeys(touch for control in own if control.fix for touch in control.fix.touches)
    yield f"- It changes nothing but {', '.join(code(touch) for touch in touches)}.\n"
    if by_hand := [control for control in own if not control.fix]:
        yield f"- It does not fix {', '.join(code(control.id) for control in by_hand)}, which audits report.\n"
