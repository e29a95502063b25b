"""Explain a host's files by manifests of releases.

- ``manifest``: paths and digests of one release; ``manifest_file``: a manifest as a file, for another controller.
- ``archives``: manifests from release archives, Debian packages and trusted folders.
- ``mirror``: what is new, gone or changed in a folder of release archives.
- ``checksums``: manifests from the checksums that WordPress publishes.
- ``matcher``: which files of a host the manifests explain.
- ``file_diff``: the difference between a changed file and its release; ``originals``: the release's own files.
- ``generated_files``: files that an application generates, which no release has.
"""
