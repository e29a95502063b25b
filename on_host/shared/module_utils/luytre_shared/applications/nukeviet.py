"""NukeViet: its settings, the state of its site key, and its tables."""

from ansible.module_utils.luytre_shared.applications import interface, php_constants, php_settings
from ansible.module_utils.luytre_shared.applications.known_layouts import LAYOUT_BY_KIND
from ansible.module_utils.luytre_shared.applications.php_settings import (
    convert_to_php_truth,
    convert_to_short_plain_value,
    convert_to_whole_number,
    describe_secret,
    is_text_set,
)
from ansible.module_utils.luytre_shared.databases import site_database
from ansible.module_utils.luytre_shared.databases.site_database import MYSQL
from ansible.module_utils.luytre_shared.os.area_reader import read_text_below
from ansible.module_utils.luytre_shared.parsers import php_source

FILE, KEY_FILE = "data/config/config_global.php", "config.php"
PROTECTIONS = (
    *("XSSsanitize", "admin_XSSsanitize", "cookie_httponly"),
    *("crosssite_restrict", "crossadmin_restrict", "is_flood_blocker"),
)
"""What NukeViet has turned on by itself since 4.5; older versions know some of them only."""
NAMES = (
    *(
        "upload_checking_mode",
        "forbid_extensions",
        "is_login_blocker",
        "login_number_tracking",
        "two_step_verification",
    ),
    *("admfirewall", "block_admin_ip", "cookie_secure", "ftp_user_name", "ftp_user_pass", *PROTECTIONS),
)
LOGIN = tuple("db_config.%s" % name for name in ("dbuname", "dbpass", "dbhost", "dbname", "prefix", "dbport"))
MAX_ROWS = 200
MAX_REDIRECTED = 100
"""Posts whose address leads on to another, so that each costs two requests."""
_ADMINISTRATORS = """SELECT 'admin', a.admin_id, HEX(CAST(CONVERT(u.username USING utf8mb4) AS BINARY)), u.active = 1
  FROM `{db}`.`{p}authors` a
  JOIN `{db}`.`{p}users` u ON u.userid = a.admin_id WHERE a.is_suspend = 0 AND a.lev < 3"""
_POSTS = """SELECT * FROM (SELECT 'post', r.id, LEFT(r.alias, 250) AS alias, LEFT(c.alias, 100) AS category
  FROM `{db}`.`{p}vi_news_rows` r JOIN `{db}`.`{p}vi_news_cat` c ON c.catid = r.catid
  WHERE r.status = 1 ORDER BY r.id DESC LIMIT {most}) AS latest"""
_AUTHORS = """SELECT 'admin', GREATEST(a.addtime, u.regdate), LEFT(u.username, 100) FROM `{db}`.`{p}authors` a
  JOIN `{db}`.`{p}users` u ON u.userid = a.admin_id WHERE a.is_suspend = 0 AND a.lev < 3"""
"""Its administrators but for those of single modules."""


class NukeViet(interface.Cms):
    """NukeViet."""

    layout = LAYOUT_BY_KIND["nukeviet"]
    config_file = KEY_FILE
    administrators = {MYSQL: {"admin": (_ADMINISTRATORS, MAX_ROWS)}}
    hunted_accounts = {MYSQL: {"admin": (_AUTHORS, MAX_ROWS)}}
    lockout_cells = {
        MYSQL: [interface.LockoutCell("authors", "admin_id", "is_suspend", b"1".hex(), "admin_id = {number}")]
    }
    number_columns = frozenset({"is_suspend"})
    posts = {MYSQL: {"post": (_POSTS, MAX_REDIRECTED)}}
    # A visitor is shown a category's own copy of a page's row, beside the text in vi_news_detail.
    rows = {name: interface.DeletableRow(name, "id") for name in ("vi_news_rows", "vi_news_detail", "vi_news_#")}
    lacks = {
        "sessions": interface.Lack(
            "NukeViet xem bảng quản trị viên ở mỗi trang, nên khóa có hiệu lực ngay.",
            "NukeViet looks at its administrators' table with every page, so that a lock-out counts at once.",
        ),
        "secrets": interface.Lack(
            "Khóa của trang mã hóa dữ liệu, kể cả mật khẩu thư và xác thực hai bước: phải đổi thủ công.",
            "Its site key encrypts data, its mail's password and second factors among them: a person has to change it.",
            "by_a_person",
        ),
        "code_in_tables": interface.Lack(
            "NukeViet không chạy mã nằm trong bảng; mô-đun chạy mã như vậy chưa được đọc.",
            "NukeViet runs no code out of its tables; modules that do are not read.",
        ),
        "own_code": interface.Lack(
            "Không có gói Debian nào để đối chiếu; so với bản phát hành đã nhập (auditor known-good).",
            "There is no package of Debian's to compare it with; an imported release is (auditor known-good).",
        ),
        "postgresql": interface.Lack(
            "NukeViet chỉ chạy trên MariaDB và MySQL.", "NukeViet runs on MariaDB and MySQL alone."
        ),
        "sqlite": interface.Lack(
            "NukeViet chỉ chạy trên MariaDB và MySQL.", "NukeViet runs on MariaDB and MySQL alone."
        ),
    }

    def read_login(self, folder):
        """Return its account and prefix. Raises DatabaseUnanswered."""
        values = php_settings.read_settings_of_php_file(folder, KEY_FILE, php_source.GLOBAL, list(LOGIN))
        if values is None or all(values[name] is None for name in LOGIN):
            return None
        user, password, host, database, prefix, port = (values[name] for name in LOGIN)
        if port and isinstance(host, str) and host != php_source.UNKNOWN:
            host = "%s:%s" % (host, port)
        login = site_database.make_plain_login(user, password, host, database, prefix)
        return login, prefix + "_"

    def collect_instance(self, application, _reader):
        """Return ``auditor.facts.web._nukeviet.NukeVietInstance``."""
        return collect_nukeviet_instance(application)

    def build_post_addresses(self, rows, home):
        """Return the form of address that every NukeViet knows."""
        form = "%s/index.php?language=vi&nv=news&op=%s/%s-%s.html"
        return [form % (home, category, alias, number) for _, number, alias, category in rows if alias and category]

    def replace_password(self, content, password):
        """Return its configuration with another password. Raises ValueError."""
        return php_constants.change_assigned_setting_in_php_source(
            content, php_source.GLOBAL, "db_config.dbpass", password
        )


def collect_nukeviet_instance(application):
    """Return ``auditor.facts.web._nukeviet.NukeVietInstance``."""
    values = _read_nukeviet_global_config(application.path, FILE, NAMES)
    is_configured = values is not None
    values = values or dict.fromkeys(NAMES)
    key = (_read_nukeviet_global_config(application.path, KEY_FILE, ("sitekey",)) or {}).get("sitekey")
    text = read_text_below(application.path, FILE, php_settings.MAX_READ) or ""
    return {
        "path": application.path,
        "version": application.read_version(),
        "configured": is_configured,
        "settings": {
            "debug": convert_to_php_truth(
                php_source.read_php_constants(text.encode("utf-8", "replace"), ("NV_DEBUG",))["NV_DEBUG"]
            ),
            "upload_checking": convert_to_short_plain_value(values["upload_checking_mode"]),
            "forbidden_extensions": _convert_to_text_list(values["forbid_extensions"]),
            "login_blocker": convert_to_php_truth(values["is_login_blocker"]),
            "login_attempts": convert_to_whole_number(values["login_number_tracking"]),
            "two_step": convert_to_whole_number(values["two_step_verification"]),
            "admin_firewall": convert_to_php_truth(values["admfirewall"]),
            "admin_addresses": convert_to_php_truth(values["block_admin_ip"]),
            "cookie_secure": convert_to_php_truth(values["cookie_secure"]),
            # An empty password is not stored empty: it is encrypted, too.
            "ftp_password": values["ftp_user_name"] != "" and is_text_set(values["ftp_user_pass"]),
            "protections_off": [name for name in PROTECTIONS if convert_to_php_truth(values[name]) is False],
        },
        "secret": describe_secret(key, ()),
    }


def _read_nukeviet_global_config(path, file, names):
    values = php_settings.read_settings_of_php_file(
        path, file, php_source.GLOBAL, ["global_config.%s" % name for name in names]
    )
    return values and {name.partition(".")[2]: value for name, value in values.items()}


def _convert_to_text_list(value):
    """Return a list, also where it is one text with commas, as before 4.5."""
    if isinstance(value, str) and value != php_source.UNKNOWN:
        value = value.split(",")
    if isinstance(value, list):
        return [item.strip().lower()[:20] for item in value[:100]]
    return None if value is None else php_source.UNKNOWN
