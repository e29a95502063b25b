<?php

if (!defined('NV_MAINFILE')) {
    exit('Stop!!!');
}

$theme_config = ['name' => 'default'];
