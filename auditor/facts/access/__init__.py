"""Define the facts about who comes in and what they may do.

- ``accounts``: local accounts and keys; ``pam``: what the PAM stacks do; ``sudo``: grants and defaults in force.
- ``ssh``: settings of sshd in force; ``ways``: recent logins, and what sshd offers to whom.
- ``bans``: fail2ban as it runs, and the logs that it reads.
"""
