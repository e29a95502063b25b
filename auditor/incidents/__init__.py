"""Incidents: what is known, decided, done and owed. Ledgers are kept by ``auditor.history.incidents``."""
