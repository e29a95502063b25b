"""Hunt for what an intruder leaves on a host.

- ``fleet``: hunts on many hosts; ``scan_cache``: what a hunt keeps of one host for the next.
- ``file_listing``, ``autoruns``: a host's answers on files below web roots and on places outside them, parsed.
- ``file_triage``: the verdict on each file, known good first; ``known_good/``: manifests of releases.
- ``classifier``: child processes that judge code; ``php/``: taint analysis; ``rules/``: YARA rules.
- ``confidence``: how certain it is that a file is an intruder's, from verdicts and location.
- ``persistence``: traces outside the web roots; ``autorun_weights``: what speaks against each thing there;
  ``suspicious_commands``, ``script_signs``: signs in commands, paths and whole scripts.
- ``scripts``, ``settings``: scripts that a web server runs, and directives in web roots.
- ``snippets``, ``applications``: code and administrators in the databases of sites.

Decisions: 32 (independent judges), 39 (two signs outside web roots), 54 (how judges are measured).
"""
