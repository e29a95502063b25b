"""Words in both languages, and what makes any text fit to be shown."""
