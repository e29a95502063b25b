"""Run inside Ansible's processes, and hold the names that both sides share.

Light, because every task starts some of it.

- ``prefork``: Ansible loaded once; every play is a fork of it. ``ansible_internals``: what it uses of Ansible.
- ``ssh_wrapper``: stands between Ansible and ssh and enforces limits; ``remote_worker``: runs modules on a host.
- ``bounds``, ``response_quota``: how much a host may answer, and what is left of it in a run.
- ``payloads``: modules as Ansible sends them, kept from run to run.

Decisions: 27 (Ansible is loaded once), 34 (a Python stays on the host).
"""

EVENTS = "LUYTRE_EVENTS"
"""The variable with the path of the pipe over which the callback tells what hosts came to.

It is the callback's alone: what hosts print, and what Ansible prints about it, never comes this way.
"""
