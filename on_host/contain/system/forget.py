"""Has PHP forget the code that it keeps in memory: a question of JSON as argument, an answer of JSON out.

Run as root by a controller, over a connection of its own, once files of sites have been taken away: until then PHP runs
on what it has read of them, and whoever visits a site sees what was.
"""

from ansible.module_utils.luytre_contain.sites import php_code
from ansible.module_utils.luytre_shared.incidents import action_runner

SECONDS = 60


def clear_php_code_cache(_request, _connection):
    """Have PHP forget the code in its memory; a service that would not start again goes on with what it has."""
    return (
        {"state": "confirmed"}
        if php_code.reload_php_services_to_clear_code_cache()
        else {"state": "unknown", "why": "still_runs"}
    )


def main(arguments):
    """Answer what is asked."""
    action_runner.answer_question({"forget": clear_php_code_cache}, arguments, SECONDS)
