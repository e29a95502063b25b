"""Systemd units as systemd sees them: one question for many units."""

_PROPERTIES = "Id,Names,LoadState,ActiveState,UnitFileState"


def read_states_of_units(reader, names):
    """Name asked for to ``{name, loaded, active, enabled}``; all false for a unit that is not there or masked."""
    if reader.find_program("systemctl") is None:
        return {name: _describe_unit_state(name, {}) for name in names}
    answer = reader.run(["systemctl", "show", "--property", _PROPERTIES, "--", *list(names)], ok=None)
    fields_by_name = {}
    for block in answer.split("\n\n"):
        fields = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        for name in fields.get("Names", fields.get("Id", "")).split():
            fields_by_name[name] = fields
    return {name: _describe_unit_state(name, fields_by_name.get(name, {})) for name in names}


def _describe_unit_state(name, fields):
    return {
        "name": name,
        "loaded": fields.get("LoadState") == "loaded",
        "active": fields.get("ActiveState") in ("active", "activating", "reloading"),
        "enabled": fields.get("UnitFileState") in ("enabled", "enabled-runtime", "alias", "static", "generated"),
    }
