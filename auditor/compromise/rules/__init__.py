"""Rules over a file's bytes: our own, and sets of others'.

- ``engine``: our rules and sets of others' over a file.
- ``folder``: a folder of rules as somebody downloads it; ``compilation``: its rules, each that is wrong left out.
- ``compiler``: compiles and tries a set in a child; ``rule_set``: a compiled set, and how it lies ready for a hunt.
"""
