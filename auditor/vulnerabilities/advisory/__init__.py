"""Lists of vulnerabilities as authorities send them, and what each comes to on our hosts."""
