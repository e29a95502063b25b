"""What was seen of a site: looks, the traces in them, what visitors got, and the traces that an office accepts."""
