"""Systemd units as systemd sees them: one question for many units."""

_WANTED = "Id,Names,LoadState,ActiveState,UnitFileState"


def units(reading, names):
    """Name asked for to ``{name, loaded, active, enabled}``; all false for a unit that is not there or masked."""
    if reading.installed("systemctl") is None:
        return {name: _unit(name, {}) for name in names}
    answer = reading.run(["systemctl", "show", "--property", _WANTED, "--", *list(names)], ok=None)
    found = {}
    for block in answer.split("\n\n"):
        fields = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        for name in fields.get("Names", fields.get("Id", "")).split():
            found[name] = fields
    return {name: _unit(name, found.get(name, {})) for name in names}


def _unit(name, fields):
    return {
        "name": name,
        "loaded": fields.get("LoadState") == "loaded",
        "active": fields.get("ActiveState") in ("active", "activating", "reloading"),
        "enabled": fields.get("UnitFileState") in ("enabled", "enabled-runtime", "alias", "static", "generated"),
    }
