"""NukeViet, as the controller knows it."""

from auditor.models.applications.cms import CmsProfile

NUKEVIET = CmsProfile(
    kind="nukeviet",
    name="NukeViet",
    login_page="/admin/index.php",
    limited_page=None,
    facts_field="nukeviet",
    account_field=None,
    row_tables=("vi_news_rows", "vi_news_detail"),
    is_secret_renewed_by_a_person=True,
    mark_and_installer=("includes/mainfile.php", "install/index.php"),
)
