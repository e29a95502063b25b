"""Evidence of incidents: collected from hosts, signed, checked years later, and who had it when."""
