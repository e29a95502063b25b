"""Judge hosts and sites by controls, and apply waivers to the findings.

- ``run``: one audit from reading the hosts to the finished run; ``judgement``: what of it comes after their answers.
- ``evaluate``: controls over facts, pure.
- ``controls``: the catalogue, a ``controls.yml`` beside each role's tasks; ``effects``: the effects of a fix.
- ``expressions``: the sandboxed Jinja2 language of checks; ``never_empty``: lists that always have a member.
- ``catalogue_check/``: whether expressions fit the models of facts.
- ``read_errors``: why a host does not report a fact; ``manners``: why a review did not see a site, and the fix.
- ``assessors/``: the list of what judges facts, vulnerabilities, indicators, scans, hunts and incidents.
- ``exceptions``: the office's exceptions on a day; ``waivers``: what waivers and attestations make of findings.
- ``inventory_fit``: whether an inventory names controls that exist.
- ``frameworks/``: standards and laws as data, and results by clause.
"""
