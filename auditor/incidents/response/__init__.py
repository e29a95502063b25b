"""Choose the response to each kind of trace, and the next step of an incident.

- ``response_rules``: the response to every kind of trace; ``located_trace``: a trace as a finding has it.
- ``alarms``: findings of a run that raise the alarm.
- ``auto_containment``: what findings name, contained at once.
- ``instructions``, ``commands``, ``as_root``: steps for a person, the commands in them, and one-line root programs.
- ``next_steps``: the next step, from the case log and the newest audit.
"""
