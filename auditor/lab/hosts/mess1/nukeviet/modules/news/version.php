<?php

if (!defined('NV_MAINFILE')) {
    exit('Stop!!!');
}

$module_version = ['name' => 'News', 'version' => '4.5.06'];
