<?php

if (!defined('NV_MAINFILE')) {
    exit('Stop!!!');
}

$ranges = ['27.0.0.0' => 'VN'];
