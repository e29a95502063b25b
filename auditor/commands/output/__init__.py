"""What a terminal shows, by subject."""
