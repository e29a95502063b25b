"""Joomla, as the controller knows it."""

from auditor.models.applications.cms import CmsProfile

JOOMLA = CmsProfile(
    kind="joomla",
    name="Joomla",
    login_page="/administrator/index.php",
    limited_page="/administrator/index.php",
    account_field="super_users",
    guard_constants=r"_JEXEC|JPATH_\w{2,20}|FOF_INCLUDED|F0F_INCLUDED",
    never_empty_fields=("super_users",),
    row_tables=("content", "modules", "menu"),
    loaded_unasked=r"plugins/system/[^/]+/[^/]+\.php",
)
