"""What is known to be good: manifests of releases, and what of a host's files they explain."""
