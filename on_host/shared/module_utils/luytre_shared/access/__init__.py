"""Read sudo's policy, and tell which accounts are as good as root."""
