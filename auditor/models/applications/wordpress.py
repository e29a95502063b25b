"""WordPress, as the controller knows it."""

from auditor.models.applications.cms import CmsProfile

WORDPRESS = CmsProfile(
    kind="wordpress",
    name="WordPress",
    login_page="/wp-login.php",
    limited_page="/wp-login.php",
    account_field="administrators",
    own_checks=("uploads_php", "core_writable"),
    guard_constants="ABSPATH|WPINC",
    never_empty_fields=("administrators", "hosts"),
    row_tables=("posts", "postmeta", "comments", "commentmeta", "options", "snippets"),
    named_tables=("options",),
    core_component="core/wordpress",
    extension_kinds={"plugins": "plugin", "themes": "theme"},
    security_plugins=(
        *("wordfence", "better-wp-security", "all-in-one-wp-security", "stop-bad-bots", "stopbadbots"),
        *("blackhole-bad-bots", "cleantalk", "ninjafirewall", "crowdsec", "sucuri-scanner", "wp-cerber"),
        *("shield-security", "wp-simple-firewall"),
    ),
    secret_keeping_plugins=frozenset(
        {
            *("wp-mail-smtp", "post-smtp", "easy-wp-smtp", "fluent-smtp", "updraftplus", "backwpup", "duplicator"),
            *("jetpack", "akismet", "woocommerce", "google-site-kit", "wordfence", "wp-file-manager"),
            *("mailchimp-for-wp", "all-in-one-wp-migration", "advanced-google-recaptcha"),
            *("miniorange-login-openid", "nextend-facebook-connect"),
        }
    ),
    always_foreign=(
        r"wp-content/(?:mu-plugins/[^/]+\.php|(?:advanced-cache|db|db-error|install|maintenance|object-cache"
        r"|sunrise|php-error|fatal-error-handler)\.php)"
    ),
)
