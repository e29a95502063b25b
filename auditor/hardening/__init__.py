"""Change hosts, and keep a rollback point for each change.

- ``plan``: the fixes that turn failing findings into passes; ``plan_facts``: a plan that knows what only visits tell.
- ``harden``: puts a plan in force; ``rollout``: the order and size of batches; ``steps/``: the steps of one batch.
- ``safety/``: why a change must not be made now; ``health/``: how hosts and sites serve before and after.
- ``change_scope``: what a control's ``touches`` cover; ``duration``: how long a hardening takes.
- ``journal``, ``interruption``: hardenings in progress on disk, and how an interrupted one ends.
- ``guard_answers``: what a host's guard answers; ``jump_hosts``: hosts that are reached through others.
- ``audit_after``, ``unapplied_controls``: the audit afterwards, and what the hardening did not put in force.
- ``rollback``, ``release``, ``drift``: undo a hardening, take back a control, find changes since.

Decisions: 5 (the controller confirms), 10 (lesser users cannot stop the way back), 60 (when a site serves).
"""
