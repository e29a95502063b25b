<?php

if (!defined('NV_MAINFILE')) {
    exit('Stop!!!');
}

$ranges = ['42.0.0.0' => 'VN'];
