"""Systemd units as systemd sees them: one question for many units."""

_PROPERTIES = "Id,Names,LoadState,ActiveState,UnitFileState"


def read_units(reading, names):
    """Name asked for to ``{name, loaded, active, enabled}``; all false for a unit that is not there or masked."""
    if reading.find_program("systemctl") is None:
        return {name: _unit(name, {}) for name in names}
    answer = reading.run(["systemctl", "show", "--property", _PROPERTIES, "--", *list(names)], ok=None)
    fields_by_name = {}
    for block in answer.split("\n\n"):
        fields = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        for name in fields.get("Names", fields.get("Id", "")).split():
            fields_by_name[name] = fields
    return {name: _unit(name, fields_by_name.get(name, {})) for name in names}


def _unit(name, fields):
    return {
        "name": name,
        "loaded": fields.get("LoadState") == "loaded",
        "active": fields.get("ActiveState") in ("active", "activating", "reloading"),
        "enabled": fields.get("UnitFileState") in ("enabled", "enabled-runtime", "alias", "static", "generated"),
    }
