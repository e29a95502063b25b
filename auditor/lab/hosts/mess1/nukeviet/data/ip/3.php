<?php

if (!defined('NV_MAINFILE')) {
    exit('Stop!!!');
}

$ranges = [];
