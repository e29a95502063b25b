<?php

if (!defined('NV_MAINFILE')) {
    exit('Stop!!!');
}

$array_site_ips = [];
