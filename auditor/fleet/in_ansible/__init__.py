"""What runs in Ansible's processes for us, and what both sides know of each other.

Light: every task starts some of it.
"""

EVENTS = "LUYTRE_EVENTS"
"""The variable with the path of the pipe over which the callback tells what hosts came to.

It is the callback's alone: what hosts print, and what Ansible prints about it, never comes this way.
"""
