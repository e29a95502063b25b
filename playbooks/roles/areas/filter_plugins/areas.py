"""What may be given to the areas of a run."""

from __future__ import annotations

from pathlib import Path

import yaml


def options(areas, roles):
    """Return the options of these areas, by name, from their argument specs below a folder of roles.

    What is not given needs no value.
    """
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    specs = (Path(str(roles), area, "meta", "argument_specs.yml").read_text("utf-8") for area in areas)
    result = {}
    for spec in specs:
        specification = yaml.load(spec, Loader=loader)  # noqa: S506  both are safe loaders
        result.update(specification["argument_specs"]["main"]["options"])
    return result


class FilterModule:
    """Found by Ansible in any play that uses the role."""

    def filters(self):
        return {"areas_options": options}
