"""Read nginx's and Apache's configuration, and what it does with a request."""
