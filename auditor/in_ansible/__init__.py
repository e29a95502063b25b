"""What runs in Ansible's processes for us, and what both sides know of each other. Light: every task starts some of it."""
