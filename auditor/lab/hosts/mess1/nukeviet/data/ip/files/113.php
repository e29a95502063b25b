<?php

if (!defined('NV_MAINFILE')) {
    exit('Stop!!!');
}

$ranges = ['113.0.0.0' => 'VN'];
