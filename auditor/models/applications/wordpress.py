"""WordPress, as the controller knows it."""

from auditor.models.applications.cms import CmsProfile

WORDPRESS = CmsProfile(
    kind="wordpress",
    name="WordPress",
    login_page="/wp-login.php",
    limited_page="/wp-login.php",
    facts_field="instances",
    account_field="administrators",
    guard_constants="ABSPATH|WPINC",
    never_empty_fields=("administrators", "hosts"),
    row_tables=("posts", "postmeta", "comments", "commentmeta", "options", "snippets"),
    named_tables=("options",),
    always_foreign=(
        r"wp-content/(?:mu-plugins/[^/]+\.php|(?:advanced-cache|db|db-error|install|maintenance|object-cache"
        r"|sunrise|php-error|fatal-error-handler)\.php)"
    ),
)
