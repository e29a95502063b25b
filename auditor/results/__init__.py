"""What runs mean, as numbers and lists. No I/O."""
