"""Run ``auditor incident``: record what was found, decided and done after an attack, and what is due by when.

- ``intake``: ``open``. ``case_log``: ``list``, ``show``, ``note``, ``waive``, ``reported``, ``due`` and ``export``.
- ``contain``, ``clean``: response actions on hosts. ``auto_contain``: ``open --contain``.
- ``evidence``: ``collect``, ``verify``, ``timestamp`` and ``custody``. ``keys``: ``key``, the keys that sign evidence.
- ``forms``: ``answer`` and ``form``. ``notify``: mail to the offices.
- ``aftercare``: ``todo`` and ``deindex``. ``conclusion``: ``next`` and ``close``.
- ``next_steps``, ``incident_view``: the next step and the obstacles to closing, for a terminal and as JSON.
- ``hosts``: the hosts that an incident is about. ``timing_warnings``: warnings about the moment that ``--when`` names.
"""
