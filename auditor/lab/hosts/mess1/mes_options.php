<?php
// PHP 8.2 chưa có hàm này, mà gói SPIP của Debian 13 cần tới.
if (!function_exists('array_any')) {
	function array_any(array $array, callable $callback): bool {
		foreach ($array as $key => $value) {
			if ($callback($value, $key)) {
				return true;
			}
		}
		return false;
	}
}
