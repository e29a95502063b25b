"""Lũy Tre: hardening and audit for the servers behind the websites of wards and communes."""

__version__ = "0.1.0"
