"""Show results on a terminal, one module per subject.

- ``console``: the two streams, the activity display, and colours with one meaning.
- ``progress``: what happens on hosts now, and questions to the person; ``timeline``: a whole hardening on one screen.
- ``run``, ``history``: one run, kept runs and their differences.
- ``plans``, ``hardenings``: what a hardening would do, and its results, rollback and drift.
- ``reviews``, ``hunts``, ``incidents``, ``mails``: the subjects of those names;
  ``containments``: what incidents hold on hosts, beside a run.
- ``exceptions``: waivers and attestations, and which of them need attention.
- ``deferred_errors``: errors on this machine, printed last so that no report is lost.
- ``faults``: unexpected errors in one line; the traceback is kept.
"""
