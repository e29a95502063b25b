"""What an incident contains on hosts, and by which program of ``on_host/contain/``: a module each, all in ``table``."""
