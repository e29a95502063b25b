"""Audit and harden the servers behind the websites of wards and communes (Lũy Tre).

``docs/architecture.md`` maps the packages; each package's docstring maps its modules.
"""

__version__ = "0.1.0"
