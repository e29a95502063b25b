<?php

defined('_JEXEC') or die;

$locale = 'vi';
