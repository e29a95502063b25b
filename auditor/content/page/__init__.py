"""What one document holds, read from hostile bytes: text, pointers, what is hidden, what scripts do."""
