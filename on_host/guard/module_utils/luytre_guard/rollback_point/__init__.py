"""Take a snapshot of a host, and bring it back.

- ``snapshot``: what a host was before a run; ``steps``, ``sessions``: the steps of a run, and how its session ends.
- ``restore_plan``, ``restore``: bring a host back; ``verify``: whether it is back.
- ``rollback``, ``rollback_selection``: undo a confirmed run; ``timer``: systemd's part in it.
"""
