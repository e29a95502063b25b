<?php

if (!defined('NV_MAINFILE')) {
    exit('Stop!!!');
}

$editor_config = ['language' => 'vi'];
