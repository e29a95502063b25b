"""Of this machine: files, databases, processes, processors and memory."""
