"""The verbs that need the lab."""
