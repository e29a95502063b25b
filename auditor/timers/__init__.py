"""Write systemd units that run the program by themselves: audits at night, notices of incidents, mail.

- ``units``: the units as text; ``installation``: writes them, and checks those that are installed.
"""
