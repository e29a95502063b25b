"""Tell how people come in: sshd, homes, shells, records of logins.

- ``sshd``, ``sshd_confinement``, ``banners``: sshd in force.
- ``login_records``: who logged in last. ``homes``, ``root_path``, ``service_shells``: whom it lets in, and with what.
"""
