"""Tell which changes are a run's own: files below /etc, packages, MariaDB's accounts."""
