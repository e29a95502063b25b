"""The files that others publish, a module each: what tells one by its content, and what is kept of it."""
