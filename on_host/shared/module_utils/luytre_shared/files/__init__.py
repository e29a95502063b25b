"""Judge who could change a file, and open, replace and protect files that others can swap.

- ``ownership`` alone judges; ``safe_open`` alone opens; ``names``: users and groups by number.
- ``atomic_file``: write files of ours whole; ``file_replacement``: replace content;
  ``immutable``: flags by which not even root changes a file.
"""
