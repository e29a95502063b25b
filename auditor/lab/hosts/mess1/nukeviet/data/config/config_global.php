<?php

if (!defined('NV_MAINFILE')) {
    exit('Stop!!!');
}

$global_config['version'] = '4.5.06';
$global_config['site_name'] = 'Cổng thông tin xã Khe Luồng';
$global_config['my_domains'] = 'kheluong.test';
