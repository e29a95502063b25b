"""SPIP, as the controller knows it."""

from auditor.models.applications.cms import CmsProfile

SPIP = CmsProfile(
    kind="spip",
    name="SPIP",
    login_page="/spip.php",
    limited_page=None,
    account_field="administrators",
    own_checks=("uploads_php",),
    guard_constants="_ECRIRE_INC_VERSION",
    never_empty_fields=("administrators",),
    row_tables=("articles", "forum", "rubriques"),
    loaded_unasked=r"(?:config/mes_options|squelettes/mes_fonctions)\.php",
)
