"""NukeViet, as the controller knows it."""

from auditor.models.applications.cms import CmsProfile

NUKEVIET = CmsProfile(
    kind="nukeviet",
    name="NukeViet",
    login_page="/admin/index.php",
    limited_page=None,
    account_field=None,
    guard_constants=r"NV_\w{2,40}",
    row_tables=("vi_news_rows", "vi_news_detail", "vi_news_#"),
    is_secret_renewed_by_a_person=True,
    needs_script_path=True,
    installer_beginning=(
        r"define\('NV_ADMIN', true\);\s*define\('NV_IS_INSTALL', true\);\s*require_once 'mainfile\.php';"
    ),
    mark_and_installer=("includes/mainfile.php", "install/index.php"),
)
