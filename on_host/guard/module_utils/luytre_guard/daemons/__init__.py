"""Ask daemons and units: their state, their tests, and why one stopped."""
