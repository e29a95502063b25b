"""Declare and understand options that verbs share.

- ``common``: options that mean the same in every verb; ``selection``: the hosts and sites that they name.
- ``completions``: what the shell offers for a value; ``choices/``: where it comes from.
- ``baseline``: the run, the last runs or the file that ``--baseline`` names.
- ``lab_hosts``: whether the lab's own inventories lead to the lab.
"""
