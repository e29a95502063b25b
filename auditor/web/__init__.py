"""What opens HTTP: one bounded client, and pages read apart."""
