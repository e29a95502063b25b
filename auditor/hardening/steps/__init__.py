"""Harden one batch of hosts, one module per step.

- ``batch``: a batch from its first health check to its end; ``rollout_state``: the state that all steps share.
- ``preview``: what a check run of the plan says it would change.
- ``renewal``: the plan compared with the hosts when their turn comes; ``apply``: the plan put in force by Ansible.
- ``health_check``: whether the batch serves as before, and whose change it was if not.
- ``commit``: commits or reverts the batch, and waits for it.
- ``related_hosts``: hosts that are checked because they need a host of the batch, or are reached through one.
- ``record``: the record in the journal; ``failure_reasons``: why a host was not hardened or was reverted.
"""
