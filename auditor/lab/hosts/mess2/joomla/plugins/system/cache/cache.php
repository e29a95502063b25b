<?php

defined('_JEXEC') or die;

$cache = true;
