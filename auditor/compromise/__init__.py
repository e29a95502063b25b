"""What an intruder leaves on a host, found and told: what is known good, and code that is judged where nothing explains it."""
