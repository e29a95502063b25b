"""A session of an administrator's that root makes for itself, to see whether the site lets it in before a change, and
no longer after it.
"""

from ansible.module_utils.luytre_contain.sites import http_check, own_server
from ansible.module_utils.luytre_shared.applications import interface


def open_session(application, config_content, user_number, root):
    """Return the context of a session that the site takes now, as the CMS makes one. Raises SessionUnavailable in it.

    ``config_content``: its configuration's bytes; ``root``: the site's files.
    """

    def visit(address, cookie=None):
        try:
            return http_check.fetch_page(address, cookie and http_check.Cookie(cookie, root))
        except own_server.Unproven:
            raise interface.SessionUnavailable("not_proven")

    return application.cms.open_session(application, config_content, user_number, visit)
