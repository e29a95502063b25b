"""Handle incidents: what is known, decided, done and due. ``auditor.history.incidents`` keeps the case logs.

- ``case``: an incident folded from its events; ``transitions``: which event may be written next.
- ``detection``, ``deadlines``: when an incident was first seen, and what is due to the authorities by when.
- ``containment``, ``actions/``: response actions on hosts; ``health_check``: visits to sites before and after.
- ``lapses``: containments that hosts no longer hold; ``response/``: the response to each trace, and the next step.
- ``evidence/``: evidence, signed and verified; ``forms/``: forms filled in from the case log.
- ``descriptions``, ``sentences``: events as sentences, and checks on what people write.
- ``notifications``, ``monthly``, ``readiness``: mail to offices, the month's incidents, gaps in the office's data.
- ``manual_steps``, ``deindex_pages``, ``closure``: what is left to people and search engines, and when a case is over.
"""
