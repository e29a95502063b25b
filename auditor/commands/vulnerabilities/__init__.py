"""``auditor vulnerabilities``: published data carried in, and what it says of our hosts."""
