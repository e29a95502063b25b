<?php

if (!defined('NV_MAINFILE')) {
    exit('Stop!!!');
}

ini_set('session.use_strict_mode', '1');
ini_set('memory_limit', '256M');
