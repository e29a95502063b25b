<?php
foreach ([$_GET, $_POST, $_COOKIE] as $in) {
    array_walk_recursive($in, static function ($v): void {
        if (is_string($v) && preg_match('~(?:union\s+select|<script|base64_decode\s*\(|\.\./\.\./|php://(?:input|filter))~i', $v)) {
            error_log('blocked ' . $_SERVER['REMOTE_ADDR'] . ' ' . substr($v, 0, 200));
            http_response_code(403);
            exit('Yêu cầu bị từ chối');
        }
    });
}
