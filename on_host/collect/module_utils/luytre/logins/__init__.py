"""Tell how people come in: sshd, homes, shells, administrators.

- ``sshd``, ``sshd_confinement``, ``banners``: sshd in force.
- ``homes``, ``root_path``, ``service_shells``: whom it lets in, and with what.
"""
