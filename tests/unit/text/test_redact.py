from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.audit.evaluate import evaluate_control
from auditor.fleet import error_messages
from auditor.hardening import guard_answers
from auditor.hardening.health import probes
from auditor.models import Finding, Subject
from auditor.text import secret_blocks, secret_spans
from auditor.text.redact import (
    REDACTION_MARK,
    is_path_of_file_with_secrets,
    redact_secrets_in_json_data,
    redact_secrets_in_text,
    redact_secrets_in_unified_diff,
)
from tests.unit.audit.test_evaluate import control
from tests.unit.secret_syntaxes import HARMLESS, ON_ONE_LINE, OVER_LINES

WORDPRESS = [
    f"{prefix}{kind}" for prefix in ("AUTH", "SECURE_AUTH", "LOGGED_IN", "NONCE") for kind in ("_KEY", "_SALT")
]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("+define( 'DB_PASSWORD', 'abc def;ghi' );", "+define( 'DB_PASSWORD', '•••' );"),
        (r"define('DB_PASSWORD', 'it\'s \" mine');", "define('DB_PASSWORD', '•••');"),
        *((f"define('{name}', 'k;K,x)y\"{{3}} z');", f"define('{name}', '•••');") for name in WORDPRESS),
        ("password=ab", "password=•••"),
        ("-password = two words", "-password = •••"),
        ("password: abc # why", "password: •••"),
        ('$dbpasswd = "a,b";', '$dbpasswd = "•••";'),
        ("'DB_PWD' => 'hunter2', 'DB_USER' => 'u',", "'DB_PWD' => '•••', 'DB_USER' => 'u',"),
        ("$config['db']['password'] = 'hunter2'; // live", "$config['db']['password'] = '•••'; // live"),
        ('{"user": "u", "api_key": "hunter2", "n": 1}', '{"user": "u", "api_key": "•••", "n": 1}'),
        ("env[DB_PASSWORD] = hunter2", "env[DB_PASSWORD] = •••"),
        ("DB_PASSWORD_TEST=hunter2", "DB_PASSWORD_TEST=•••"),
        ("PASSWORD_OF_BACKUPS=hunter2", "PASSWORD_OF_BACKUPS=•••"),
        ("mat_khau: hunter2", "mat_khau: •••"),
        ("<password>hunter2</password>", "<password>•••"),
        ("password = 'never closed; and on", "password = '•••"),
        ("fastcgi_param DB_PASSWORD hunter2;", "fastcgi_param DB_PASSWORD •••;"),
        ("requirepass hunter2", "requirepass •••"),
        ("machine h login u password hunter2", "machine h login u password •••"),
        ("CREATE USER a@b identified by 'hunter2' REQUIRE SSL;", "CREATE USER a@b identified by '•••' REQUIRE SSL;"),
        ("IDENTIFIED BY PASSWORD '*94BDCEBE' WITH x", "IDENTIFIED BY PASSWORD '•••' WITH x"),
        ("IDENTIFIED VIA mysql_native_password USING 'it''s'", "IDENTIFIED VIA mysql_native_password USING '•••'"),
        ("SELECT PASSWORD('hunter2'), 1", "SELECT PASSWORD('•••'), 1"),
        ("dsn mysql://user:hunter22@db/x", "dsn mysql://user:•••@db/x"),
        ("dsn mysql://user:hun@ter:22@db/x", "dsn mysql://user:•••@db/x"),
        ("git https://ghp_x1@host/x", "git https://•••@host/x"),
        ("root:$6$rounds=5000$salt$abcdefghijklmnopqrstuvwxyz0123:1::", "root:•••:1::"),
        ("u:$2y$10$abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyza", "u:•••"),
        ("password_pbkdf2 root grub.pbkdf2.sha512.10000.AB.CD", "password_pbkdf2 root •••"),
        (
            f"-----BEGIN PRIVATE KEY-----\n+{'Ab+/' * 16}\n+Ab0=\n",
            f"-----BEGIN PRIVATE KEY-----\n+{REDACTION_MARK}\n+{REDACTION_MARK}\n",
        ),
        (f" {'Ab+/' * 16}\n+Ab0=\n x: y", f" {REDACTION_MARK}\n+{REDACTION_MARK}\n x: y"),
    ],
)
def test_a_secret_is_hidden_and_no_more(line: str, shown: str):
    assert redact_secrets_in_text(line) == shown


@pytest.mark.parametrize(
    "line",
    [
        "+PasswordAuthentication no",
        "-PermitEmptyPasswords yes",
        "PubkeyAuthentication yes",
        "# the password must be long enough",
        "password\t[success=1 default=ignore]\tpam_unix.so obscure use_authtok try_first_pass yescrypt",
        "password requisite pam_pwquality.so retry=3",
        "@include common-password",
        "PASS_MAX_DAYS\t365",
        "passwd:         files systemd",
        "shadow:         files [NOTFOUND=return] sss",
        "luytre ALL=(ALL:ALL) NOPASSWD: ALL",
        "Defaults passwd_tries=3",
        "-w /etc/passwd -p wa -k identity",
        "-w /etc/security/opasswd -p wa",
        "proxy_pass http://127.0.0.1:8080;",
        "fastcgi_pass unix:/run/php/php8.4-fpm.sock;",
        "fastcgi_cache_bypass $cookie;",
        "server_tokens off;",
        "ServerTokens Prod",
        "ssl_certificate_key /etc/ssl/private/a.key;",
        "ssl_password_file /etc/keys/global.pass;",
        "auth_basic_user_file /etc/nginx/.htpasswd;",
        "default_password_lifetime = 90",
        "validate_password.policy = MEDIUM",
        "session.use_trans_sid = 0",
        "old_passwords=0",
        "disable_functions = exec,passthru,system",
        "$password = '';",
        "rewrite ^/(.*)$ /$1$2/index.php?q=$3 last;",
        "git ssh://git@host/x and http://host:80/a@b",
        "net.ipv4.conf.all.accept_redirects = 0",
        "+++ after",
        "# nginx.server_tokens: antruc.test, lang.test",
        '"apache.server_tokens": ["antruc.test"]',
        "Password-Type: Primary",
        "+Password:\n+\trequisite\tpam_pwhistory.so use_authtok remember=5 enforce_for_root",
        " Password:\n+\t[success=end default=ignore]\tpam_unix.so obscure yescrypt",
    ],
)
def test_an_ordinary_setting_stays(line: str):
    assert redact_secrets_in_text(line) == line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("server_tokens: hunter2", "server_tokens: •••"),
        ("my.nginx.server_tokens: hunter2", "my.nginx.server_tokens: •••"),
        ("cors_credentials: hunter2", "cors_credentials: •••"),
        ("Password: Primary", "Password: •••"),
        ("Password:\n\trequired pam_mysql.so passwd=hunter2", "Password:\n\t•••"),
        ("Password:\n\trequired pam_x.so hunter2", "Password:\n\t•••"),
        ("Password:\n\trequired pam_unix.so\n\thunter2", "Password:\n\trequired pam_unix.so\n\t•••"),
    ],
)
def test_what_only_looks_like_an_ordinary_setting_is_hidden(text: str, shown: str):
    assert redact_secrets_in_text(text) == shown


HOSTILE = [
    "password",
    "password=",
    "password ",
    "password='",
    "password /",
    "passwd:files ",
    "token=1 ",
    "token=1,",
    "'",
    "\\",
    " ",
    "a",
    "1",
    "pass1",
    "auth_",
    "identified by ",
    "identified by 'x' ",
    "://a:",
    "http://a",
    "a:b@",
    "$1$a",
    "$6$aaaaaaaaaaaaaaaaaaaaa$",
    "$P$",
    "-----BEGIN ",
    "/x",
    "ALL",
    "[",
    "mysql -p",
    "new PDO('",
    "auth(",
    "'p']",
    "curl -u a:",
    "htpasswd -b -a ",
    "echo '",
    "https://hooks.",
    "?token=",
    "a b c ",
    "a:12:b:c:",
    "eyJaaaaaaaa.",
    "<<EOF",
    "getenv(",
    "\u0301",
]


@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.parametrize("frame", ["{}", "password = x{}\x00 password"])
def test_time_grows_with_the_text_alone(piece: str, frame: str):
    def seconds(size: int) -> float:
        line = frame.format(piece * (size // len(piece)))
        began = time.process_time()
        redact_secrets_in_text(line)
        return time.process_time() - began

    usual = max(min(seconds(2_000) for _ in range(3)), 0.001)
    assert seconds(16_000) < 30 * usual, "eight times the text may take eight times as long, not sixty-four"


@pytest.mark.parametrize(
    "line",
    [
        "an:§",
        "  an@xa.test:§",
        "an:§:Nguyen Van A",
        "an:§\r",
        "+an:§",
        '- "an:§"',
        "traefik.http.middlewares.x.basicauth.users=an:§",
        "HTPASSWD=an:§",
    ],
)
@pytest.mark.parametrize("digest", ["rqXexS6ZhobKA", "aZ.Qw3rT5yU1o"])
def test_digests_of_13_characters_are_hidden(line: str, digest: str):
    assert digest not in redact_secrets_in_text(line.replace("§", digest))


def test_digests_of_htdigest_are_hidden():
    assert (
        redact_secrets_in_text("an:Khu vuc quan tri:5f4dcc3b5aa765d61d8327deb882cf99")
        == f"an:Khu vuc quan tri:{REDACTION_MARK}"
    )


@pytest.mark.parametrize("secret", ["Hk3nTr2zQ9x", "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC"])
@pytest.mark.parametrize("text", [*ON_ONE_LINE.strip("\n").split("\n"), *OVER_LINES])
def test_no_way_of_writing_a_secret_shows_it(text: str, secret: str):
    written = text.replace("§", secret)
    assert secret not in redact_secrets_in_text(written)
    assert redact_secrets_in_text(written).count("\n") == written.count("\n")


def test_lines_that_hold_no_secret_stay_alone_and_together():
    lines = HARMLESS.strip("\n").split("\n")
    assert len(lines) > 100
    for line in lines:
        assert redact_secrets_in_text(line) == line
    assert redact_secrets_in_text("\n".join(lines)).split("\n") == lines


@given(st.text('ab ;,)(="#{}<>|', min_size=1))
def test_whatever_stands_between_its_quotes_is_hidden(secret: str):
    assert redact_secrets_in_text(f"define('DB_PASSWORD', '{secret}'); x") == "define('DB_PASSWORD', '•••'); x"


@given(st.lists(st.sampled_from([*HOSTILE, "x", "\n", "=", ":", '"', "•"])).map("".join))
def test_no_line_is_lost_whatever_the_text(text: str):
    assert redact_secrets_in_text(text).count("\n") == text.count("\n")


SECRET_FILES = (
    "/etc/shadow", "/etc/gshadow-", "/var/www/a.test/wp-config.php", "/etc/wordpress/config-a.test.php", "/srv/a/.env",
    "/srv/a/.env.production", "/etc/mysql/debian.cnf", "/root/.my.cnf", "/etc/mysql/my.cnf", "/etc/ssl/private/a.pem",
    "/etc/nginx/a.key", "/etc/ssh/ssh_host_rsa_key", "/root/.ssh/id_ed25519", "/etc/nginx/.htpasswd", "/root/.pgpass",
    "/etc/postfix/sasl_passwd", "/etc/wireguard/wg0.conf", "/etc/ppp/chap-secrets", "/srv/joomla/configuration.php",
    "/srv/a/mat_khau.txt",
)  # fmt: skip
OTHER_FILES = (
    "/etc/ssh/sshd_config", "/etc/nginx/nginx.conf", "/etc/pam.d/sshd", "/etc/php/8.4/fpm/php.ini",
    "/etc/apache2/apache2.conf", "/etc/mysql/mariadb.conf.d/90-luytre.cnf", "/etc/login.defs", "/etc/sysctl.d/90-luytre.conf",
)  # fmt: skip


def test_of_a_file_that_holds_secrets_only_lines_that_change_are_shown():
    diff = "--- a\n+++ b\n@@ -1,3 +1,3 @@\n a_secret_of_no_known_form\n-user = a\n+user = b\n another"
    for path in SECRET_FILES:
        assert is_path_of_file_with_secrets(path), path
        assert redact_secrets_in_unified_diff(diff, path) == "--- a\n+++ b\n@@ -1,3 +1,3 @@\n-user = a\n+user = b"
    for path in OTHER_FILES:
        assert not is_path_of_file_with_secrets(path), path
        assert redact_secrets_in_unified_diff(diff, path) == diff


SECRET = "Hk3nTr2zQ9x"  # noqa: S105  nobody's


@pytest.mark.parametrize(
    "shown",
    [
        lambda said: error_messages.explain_ansible_or_ssh_message(f"cannot start:\n{said}").en,
        lambda said: error_messages.explain_ansible_or_ssh_message(said).vi,
        lambda said: guard_answers.redact_to_printable_text(said),
        lambda said: " ".join(guard_answers.list_members_as_redacted_text([said])),
        lambda said: (
            probes.parse_probes_in_ssh_output(f"luytre: ssh 0\nluytre: root 0\nluytre: nginx 1 {said}\n".encode(), b"")[
                2
            ].detail
        ),
        lambda said: probes.parse_probes_in_ssh_output(b"", said.encode())[0].detail,
        lambda said: str(redact_secrets_in_json_data({"jobs": [{"user": "root", "command": said}]})),
        lambda said: str(judged({"sudo": {"jobs": [{"path": "/etc/cron.d/x", "command": said}]}})),
    ],
)
@pytest.mark.parametrize(
    "said", [f"0 3 * * * mysqldump -p{SECRET} x", f"DB_PASSWORD={SECRET}", f"https://u:{SECRET}@h/"]
)
def test_what_a_host_says_passes_no_door_with_a_secret(shown: Callable[[str], str], said: str):
    assert SECRET not in shown(said)
    assert REDACTION_MARK in shown(said)


def judged(data: dict[str, Any]) -> Finding:
    """A finding whose evidence and violations are these facts."""
    return evaluate_control(control("sudo.x", violations="sudo.jobs"), Subject(kind="host", id="h"), "h", data, {})


def test_paths_by_which_fixes_go_stay_as_they_are():
    assert redact_secrets_in_json_data({"path": "/opt/token=abcdef/x"}) == {"path": "/opt/token=abcdef/x"}


def test_data_without_end_is_hidden_unread():
    said = redact_secrets_in_json_data(
        [{"path": "/x y", "word": "alone", "said": f"a = {number}"} for number in range(50_000)]
    )
    assert said[0] == {"path": "/x y", "word": "alone", "said": "a = 0"}
    assert said[-1] == {"path": "/x y", "word": "alone", "said": REDACTION_MARK}


WORDS = (
    *HOSTILE,
    f"github_pat_{'a' * 22}",
    *(line for text in (ON_ONE_LINE, HARMLESS) for line in text.split("\n")),
    *OVER_LINES,
)


@pytest.mark.parametrize("upper", [False, True])
def test_the_quick_no_says_nothing_else_than_the_patterns(monkeypatch: pytest.MonkeyPatch, upper: bool):
    texts = [word.replace("§", "hunter2-\u00e9") for word in WORDS] + [word.replace("§", "hunter22") for word in WORDS]
    texts = [text.upper() for text in texts] if upper else texts
    quick = [secret_spans.find_secret_spans_in_text(text) for text in texts]
    for module in (secret_spans, secret_blocks):
        monkeypatch.setattr(module, "has_none_of_words_in_text", lambda _text, _words: False)
    assert [secret_spans.find_secret_spans_in_text(text) for text in texts] == quick
    assert sum(map(bool, quick)) > 100
