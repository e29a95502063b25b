"""The words of the report, in both languages. English entries with ``|`` hold singular and plural, chosen by ``n``."""

from __future__ import annotations

import datetime
from typing import Any

from auditor.models import Lang

WORDS: dict[str, tuple[str, str]] = {
    # severities and statuses
    "severity.critical": ("Nghiêm trọng", "Critical"),
    "severity.high": ("Cao", "High"),
    "severity.medium": ("Trung bình", "Medium"),
    "severity.low": ("Thấp", "Low"),
    "status.pass": ("Đạt", "Pass"),
    "status.partial": ("Đạt một phần", "Partly met"),
    "status.fail": ("Chưa đạt", "Not met"),
    "status.not_applicable": ("Không áp dụng", "Not applicable"),
    "status.not_evaluated": ("Chưa đánh giá được", "Not evaluated"),
    "status.manual": ("Chờ người xác nhận", "Needs a person"),
    # standings
    "standing.urgent": ("Phải làm ngay", "Act now"),
    "standing.unread": ("Chưa đọc được", "Could not be read"),
    "standing.open": ("Còn việc", "Work left"),
    "standing.unsure": ("Chưa đủ dữ liệu", "Not sure yet"),
    "standing.clean": ("Không còn việc", "Nothing left"),
    # frame
    "product": ("Lũy Tre", "Lũy Tre"),
    "skip": ("Tới nội dung chính", "Skip to content"),
    "breadcrumb": ("Vị trí trang", "Breadcrumb"),
    "all_sites": ("Toàn bộ các trang", "All sites"),
    "report_of": ("Báo cáo rà soát an ninh mạng", "Security audit report"),
    "audited_at": ("Rà soát lúc {when}", "Audited {when}"),
    "took": ("trong {seconds} giây", "in {seconds} s"),
    "scope": ("{hosts}, {sites}", "{hosts}, {sites}"),
    "hosts_n": ("{n} máy chủ", "{n} host|{n} hosts"),
    "sites_n": ("{n} trang", "{n} site|{n} sites"),
    "purpose.before": ("Trước khi gia cố", "Before hardening"),
    "purpose.after": ("Sau khi gia cố", "After hardening"),
    "made_by": (
        "Lũy Tre {version}. Mã lần rà soát {id}. Bảng kiểm kê {inventory}.",
        "Lũy Tre {version}. Audit {id}. Inventory {inventory}.",
    ),
    "keep_safe": (
        "Báo cáo này nêu điểm yếu của hệ thống: chỉ gửi cho người có trách nhiệm.",
        "This report names weaknesses: share it only with those responsible.",
    ),
    # headline
    "headline.urgent": ("{n} trong {of} {what} có việc phải làm ngay", "{n} of {of} {what} need action now"),
    "headline.urgent_one": ("1 trong {of} {what} có việc phải làm ngay", "1 of {of} {what} needs action now"),
    "headline.urgent_all": ("Cả {of} {what} đều có việc phải làm ngay", "All {of} {what} need action now"),
    "headline.urgent_only": ("{What} này có việc phải làm ngay", "This {what} needs action now"),
    "headline.unread": (
        "Không có {what} nào phải xử lý ngay trong số đã đọc được",
        "No {what} that could be read needs action now",
    ),
    "headline.unread_all": (
        "Chưa đọc được {what} nào, nên chưa thể kết luận",
        "No {what} could be read, so nothing can be said yet",
    ),
    "headline.open": (
        "Không có việc phải làm ngay; {n} trong {of} {what} còn việc nên làm",
        "Nothing urgent; {n} of {of} {what} have work left",
    ),
    "headline.open_only": (
        "Không có việc phải làm ngay, nhưng {what} này còn việc nên làm",
        "Nothing urgent, but this {what} has work left",
    ),
    "headline.unsure_only": (
        "Không thấy việc phải làm, nhưng {what} này chưa đánh giá được hết",
        "Nothing to do was found, but this {what} could not be evaluated in full",
    ),
    "headline.unsure": (
        "Không thấy việc phải làm, nhưng {n} trong {of} {what} chưa đánh giá được hết",
        "Nothing to do was found, but {n} of {of} {what} could not be evaluated in full",
    ),
    "headline.clean": ("Không còn việc nào phải làm ở {of} {what}", "Nothing left to do on {of} {what}"),
    "headline.nothing": ("Bảng kiểm kê chưa có máy chủ nào", "The inventory holds no host"),
    "headline.unread_too": (
        "Ngoài ra, chưa đọc được {n} {what} nên chưa thể kết luận về những nơi đó.",
        "Besides, {n} {what} could not be read: nothing can be said about them.",
    ),
    "gist": (
        "{urgent} việc phải làm ngay và {rest} việc nên làm tiếp.",
        "{urgent} to do now and {rest} to do next.",
    ),
    "gist.urgent": ("{urgent} việc phải làm ngay.", "{urgent} to do now."),
    "gist.rest": ("{rest} việc nên làm tiếp.", "{rest} to do next."),
    "gist.auto_all": ("Máy tự làm được tất cả.", "All of it can be automated."),
    "gist.auto_some": (
        "Máy tự làm được {auto} việc, {hand} việc cần người làm.",
        "{auto} can be automated, {hand} need a person.",
    ),
    "gist.auto_none": ("Tất cả cần người làm.", "All of it needs a person."),
    "site": ("trang", "site"),
    "sites": ("trang", "sites"),
    "host": ("máy chủ", "host"),
    "hosts": ("máy chủ", "hosts"),
    # totals
    "totals": ("Tổng số điểm chưa đạt", "Open findings in total"),
    "totals.manual": (
        "Có {n} yêu cầu chờ người xác nhận.",
        "{n} requirement needs a person's confirmation.|{n} requirements need a person's confirmation.",
    ),
    "totals.not_applicable": ("{n} yêu cầu không áp dụng.", "{n} does not apply.|{n} do not apply."),
    "totals.note": (
        "Số điểm chưa đạt theo mức độ. Điểm của một máy chủ chỉ tính một lần, dù máy chủ phục vụ nhiều trang.",
        "Open findings by severity. A host's finding counts once, however many sites it serves.",
    ),
    # before and after
    "change": ("So với lần trước", "Since the last audit"),
    "change.after": ("Trước và sau khi gia cố", "Before and after hardening"),
    "change.since": ("So với lần rà soát {when}", "Against the audit of {when}"),
    "change.caption": ("Số điểm chưa đạt của từng trang, trước và sau", "Open findings of each site, before and after"),
    "before": ("Trước", "Before"),
    "after": ("Sau", "After"),
    "change.fixed": ("đã khắc phục", "fixed"),
    "change.still": ("vẫn còn", "still open"),
    "change.regressed": ("trước đạt, nay không", "passed before, open now"),
    "change.new": ("mới phát hiện", "newly found"),
    "change.unknown": ("nay không đánh giá được", "can no longer be evaluated"),
    "change.gone": ("không còn áp dụng", "no longer applies"),
    # sites
    "sites.title": ("Các trang", "Sites"),
    "sites.caption": (
        "Nơi cần làm trước xếp trên. Số điểm chưa đạt gồm cả điểm của máy chủ dùng chung.",
        "What matters first is on top. Open findings include those of the shared host.",
    ),
    "col.site": ("Trang", "Site"),
    "col.host": ("Máy chủ", "Host"),
    "col.certificate": ("Chứng chỉ", "Certificate"),
    "col.backup": ("Sao lưu", "Backup"),
    "col.unevaluated": ("Chưa đánh\u00a0giá", "Not evaluated"),
    "col.standing": ("Tình trạng", "State"),
    "col.os": ("Hệ điều hành", "Operating system"),
    "col.sites": ("Số trang", "Sites"),
    "certificate.left": ("còn {n} ngày", "{n} day left|{n} days left"),
    "certificate.today": ("hết hạn hôm nay", "expires today"),
    "certificate.expired": ("hết hạn {n} ngày trước", "expired {n} day ago|expired {n} days ago"),
    "backup.age": ("{n} ngày trước", "{n} day ago|{n} days ago"),
    "backup.today": ("hôm nay", "today"),
    "unknown": ("không rõ", "not known"),
    "hosts.title": ("Các máy chủ", "Hosts"),
    "hosts.caption": ("Số điểm chưa đạt của riêng từng máy chủ", "Each host's own open findings"),
    "outside": ("Chưa đọc được", "Could not be read"),
    "outside.note": (
        "Không có kết luận nào về những nơi sau. Xem như chưa an toàn cho tới khi đọc được.",
        "Nothing can be said about these. Treat them as unsafe until they can be read.",
    ),
    "areas.note": (
        "Những yêu cầu dựa vào các phần sau chưa đánh giá được.",
        "Requirements that rest on these areas could not be evaluated.",
    ),
    "areas": ("Phần không đọc được", "Areas that could not be read"),
    # work
    "work.title": ("Việc cần làm", "What to do"),
    "work.note": (
        "Mỗi dòng là một yêu cầu chưa đạt. Cùng một yêu cầu chưa đạt ở nhiều nơi là một việc: làm một lần cho tất cả.",
        "Each line is a requirement that is not met; in several places, it is one piece of work: do it once for all.",
    ),
    "work.once": ("làm một lần cho {n} trang", "once for {n} site|once for {n} sites"),
    "work.later": ("{n} việc nên làm tiếp", "{n} thing to do next|{n} things to do next"),
    "work.none": ("Không có việc nào còn mở.", "Nothing is open."),
    "auto": ("Tự động", "Automated"),
    "by_hand": ("Làm tay", "By hand"),
    "commands": ("Cho máy làm các việc tự động", "Have the automated ones done"),
    "commands.local": (
        "Đưa máy này vào bảng kiểm kê trước, rồi xem và làm từ đó:",
        "First put this machine into an inventory, then look and act from there:",
    ),
    "commands.site": ("Riêng trang này:", "This site alone:"),
    "commands.host": ("Máy chủ {host}, cho mọi trang ở đó:", "The host {host}, for every site there:"),
    "commands.note": (
        "Lệnh đầu chỉ cho xem sẽ đổi gì. Lệnh sau hỏi lại rồi mới đổi, và kiểm tra các trang vẫn chạy.",
        "The first only shows what would change. The second asks, changes it, and checks that the sites still serve.",
    ),
    # trend
    "trend": ("Diễn biến", "Trend"),
    "trend.caption": ("Số điểm chưa đạt qua các lần rà soát", "Open findings over the audits"),
    "trend.text": (
        "Lần đầu có {first} điểm chưa đạt, lần này còn {last}, qua {n} lần rà soát.",
        "{first} open in the first audit, {last} in this one, over {n} audits.",
    ),
    "trend.all": ("Tất cả", "All"),
    "trend.when": ("Lúc rà soát", "Audit"),
    "trend.figures": ("Xem số liệu", "Show the figures"),
    # a site's or host's page
    "verdict.urgent": ("Có {n} việc phải làm ngay.", "{n} thing has to be done now.|{n} things have to be done now."),
    "verdict.open": (
        "Không có việc phải làm ngay; còn {n} việc nên làm.",
        "Nothing urgent; {n} thing left to do.|Nothing urgent; {n} things left to do.",
    ),
    "verdict.unsure": (
        "Không thấy việc phải làm, nhưng {n} yêu cầu chưa đánh giá được.",
        "Nothing to do was found, but {n} requirement could not be evaluated.|"
        "Nothing to do was found, but {n} requirements could not be evaluated.",
    ),
    "verdict.clean": ("Không còn việc nào phải làm.", "Nothing left to do."),
    "verdict.unread": (
        "Không đọc được máy chủ, nên chưa có kết luận nào.",
        "The host could not be read, so nothing can be said.",
    ),
    "verdict.unevaluated_too": (
        "{n} yêu cầu chưa đánh giá được.",
        "{n} requirement could not be evaluated.|{n} requirements could not be evaluated.",
    ),
    "facts": ("Thông tin chung", "At a glance"),
    "application": ("Ứng dụng", "Application"),
    "application.static": ("Trang tĩnh", "Static pages"),
    "application.own": ("Tự phát triển", "Home-grown"),
    "site.level": ("Cấp độ", "Level"),
    "first": ("Làm trước tiên", "What to do first"),
    "first.more": ("và {n} việc khác bên dưới", "and {n} more below"),
    "own": ("Việc của trang này", "This site's findings"),
    "own.none": ("Không có việc nào còn mở ở riêng trang này.", "Nothing is open on this site itself."),
    "shared": ("Việc của máy chủ {host}", "Findings of the host {host}"),
    "shared.mark": (
        "dùng chung máy chủ {host} ({n} trang)",
        "shared host {host} ({n} site)|shared host {host} ({n} sites)",
    ),
    "shared.short": ("máy chủ", "host"),
    "shared.note": (
        "Sửa một lần ở máy chủ là xong cho mọi trang ở đó: {domains}.",
        "Mended once on the host, it is mended for every site there: {domains}.",
    ),
    "shared.none": ("Không có việc nào còn mở ở máy chủ.", "Nothing is open on the host."),
    "host.own": ("Việc của máy chủ này", "This host's findings"),
    "host.serves": ("Các trang trên máy chủ", "Sites on this host"),
    "members": ("{n} mục", "{n} member|{n} members"),
    "evidence": ("Đọc được gì", "What was read"),
    "violations": ("Chỗ chưa đạt", "Where it is not met"),
    "violations.of": ("{n} trong {of}", "{n} of {of}"),
    "violations.first": ("{n} chỗ đầu tiên", "the first {n}"),
    "violations.more": ("Xem thêm {n} chỗ", "Show {n} more"),
    "why": ("Vì sao cần làm", "Why it matters"),
    "fix": ("Cách khắc phục", "How to fix it"),
    "disruption": ("Ảnh hưởng khi làm", "While it is done"),
    "disruption.none": ("không gián đoạn", "no interruption"),
    "disruption.reload": ("nạp lại cấu hình, không gián đoạn", "configuration reloaded, no interruption"),
    "disruption.restart": ("khởi động lại dịch vụ, gián đoạn vài giây", "service restarted, down for seconds"),
    "disruption.reboot": ("phải khởi động lại máy chủ", "the host has to be rebooted"),
    "danger": ("Lưu ý", "Take care"),
    "references": ("Căn cứ", "References"),
    "reference.level": ("cấp độ {n}: {clauses}", "level {n}: {clauses}"),
    "reference.article": ("Điều {article}", "Article {article}"),
    "reference.clause": ("khoản {clause} Điều {article}", "Article {article}.{clause}"),
    "reference.point": ("điểm {point} khoản {clause} Điều {article}", "Article {article}.{clause}.{point}"),
    "reason": ("Lý do", "Reason"),
    "others": ("Các yêu cầu khác", "Other requirements"),
    "list.not_evaluated": ("Chưa đánh giá được", "Not evaluated"),
    "list.not_evaluated.note": (
        "Không phải là đạt: cần tìm nguyên nhân rồi rà soát lại.",
        "Not the same as met: find the cause and audit again.",
    ),
    "list.manual": ("Chờ người xác nhận", "Needs a person"),
    "list.pass": ("Đã đạt", "Met"),
    "list.not_applicable": ("Không áp dụng", "Not applicable"),
}

_REFERENCES: dict[str, tuple[str, str]] = {
    "tcvn14423": ("TCVN 14423:2026", "TCVN 14423:2026"),
    "tcvn11930": ("TCVN 11930:2017", "TCVN 11930:2017"),
    "nd331": ("Nghị định 331/2026/NĐ-CP", "Decree 331/2026/NĐ-CP"),
    "cis_debian12": ("CIS Debian 12", "CIS Debian 12"),
    "cis_debian13": ("CIS Debian 13", "CIS Debian 13"),
    "cis_nginx": ("CIS NGINX", "CIS NGINX"),
    "cis_apache": ("CIS Apache 2.4", "CIS Apache 2.4"),
    "cis_mariadb": ("CIS MariaDB", "CIS MariaDB"),
    "anssi_bp028": ("ANSSI-BP-028", "ANSSI-BP-028"),
}
_APPLICATIONS = {"wordpress": "WordPress", "nukeviet": "NukeViet", "joomla": "Joomla"}
_HOME = datetime.timedelta(hours=7)
"""Vietnam's offset from UTC, which goes without saying."""
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Words:
    """The words in one language."""

    def __init__(self, lang: Lang) -> None:
        self.lang = lang
        self._column = 0 if lang == "vi" else 1

    def __call__(self, key: str, **values: Any) -> str:
        """The phrase ``key`` with its values filled in; whole numbers are written the language's way."""
        phrase = WORDS[key][self._column]
        if "|" in phrase:
            one, many = phrase.split("|")
            phrase = one if values["n"] == 1 else many
        shown = {name: self.number(value) if isinstance(value, int) else value for name, value in values.items()}
        return phrase.format(**shown)

    def number(self, value: int) -> str:
        """1.024 in Vietnamese, 1,024 in English."""
        return f"{value:,}".replace(",", "." if self.lang == "vi" else ",")

    def decimal(self, value: float) -> str:
        """One digit after the decimal sign."""
        return f"{value:.1f}".replace(".", "," if self.lang == "vi" else ".")

    def moment(self, iso: str) -> str:
        """An ISO 8601 moment as people write it."""
        return self._written(datetime.datetime.fromisoformat(iso))

    def epoch(self, seconds: int, like: str) -> str:
        """An epoch second, in the time zone of the ISO 8601 moment ``like``."""
        return self._written(datetime.datetime.fromtimestamp(seconds, datetime.datetime.fromisoformat(like).tzinfo))

    def _written(self, moment: datetime.datetime) -> str:
        offset = moment.utcoffset()
        zone = "" if offset is None or offset == _HOME else f" ({moment.tzname()})"
        if self.lang == "vi":
            return f"{moment:%H:%M}{zone} ngày {moment:%d/%m/%Y}"
        return f"{moment.day} {_MONTHS[moment.month - 1]} {moment:%Y, %H:%M}{zone}"

    def framework(self, key: str) -> str:
        """A framework's name by its key in a control's references."""
        return _REFERENCES[key][self._column] if key in _REFERENCES else key

    def application(self, key: str) -> str:
        """An application's name."""
        return _APPLICATIONS.get(key) or self(f"application.{key}")
