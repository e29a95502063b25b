"""Real releases of CMSs, installed on lab hosts by their own installers, and taken through an incident by ours.

``installers`` goes through their installers, ``plants`` has what an intruder leaves, ``login`` logs in as people do,
``__main__`` goes from the audit to the last trace:

    python -m benchmarks.releases FOLDER [NAME …]

FOLDER has ``nukeviet.tar.xz`` and ``joomla.tar.xz``, each a tar of one folder. Needs root and the lab.
"""
