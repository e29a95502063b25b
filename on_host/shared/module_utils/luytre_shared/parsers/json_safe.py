"""What a module may answer: Ansible refuses an answer with a name that is not text, and lesser users name files."""


def make_json_safe(answer):
    """Return the same, with what is not text spelt out as ``\\udcff``."""
    if isinstance(answer, str):
        return answer.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(answer, dict):
        return {make_json_safe(key): make_json_safe(value) for key, value in answer.items()}
    if isinstance(answer, (list, tuple)):
        return [make_json_safe(item) for item in answer]
    return answer
