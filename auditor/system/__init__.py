"""Use this machine safely: files, databases, processes, memory.

- ``files``: files and folders written whole, for their owner only; ``lock``: locks between processes.
- ``disk_reserve``: room on disks, kept so that work in progress can end; ``disk_cache``: results kept between runs.
- ``sqlite_file``: SQLite files and their migrations; ``yaml_source``: YAML with line numbers.
- ``sandbox``: what a child process that reads foreign bytes may do; ``message_framing``: messages between processes.
- ``parallel``, ``memory``, ``deadline``: a second processor, garbage collection, connections that end in time.
- ``credentials``: secrets in files, and trusted certificates.
- ``resources``, ``runtime_dir``: where roles, playbooks and inventories are, and where a run's programs go.
- ``groups``: items gathered by what they have in common.
"""
