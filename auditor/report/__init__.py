"""A run as files, for people, spreadsheets and programs: ``files`` writes them, all else here only computes."""
