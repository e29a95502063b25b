"""Mail to the offices: what is written, kept until it is delivered, and delivered over verified TLS or not at all."""
