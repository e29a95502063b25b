"""Units of systemd that run the program by themselves: audits at night, notices of incidents, mail."""
