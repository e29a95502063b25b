/*
  Which files are read as a syntax tree: reading one costs a hundred times what these rules cost. What matters here is to miss nothing.
*/

private rule said {
  strings:
    $a = /_(GET|POST|REQUEST|COOKIE|FILES|SERVER)\b/
    $b = "php://input" nocase
    $c = /getallheaders|apache_request_headers|http_get_request|filter_input|get_defined_vars|import_request_variables/ nocase
    $d = /HTTP_(GET|POST|COOKIE|RAW_POST|POST_FILES|SERVER|REQUEST)_?(VARS|DATA)?\b/
    $e = /\$GLOBALS\s{0,3}[\[{]\s{0,3}['"]?[^a-z'"\s]/
    $f = /\$\{\s{0,3}['"($\\]/
    $g = /['"]_['"]\s{0,3}\./
    $h = /['"]_?(GE|PO|G|P|RE|REQ|CO)['"]\s{0,3}\.\s{0,3}['"]/
    $i = /\$\$[a-z_]/ nocase
    $j = /getenv\s{0,3}\(\s{0,3}['"]HTTP_/
    $k = /putenv\s{0,3}\(\s{0,3}['"]LD_|\bFFI::|new\s{1,3}COM\b/
  condition: any of them
}

private rule runs {
  strings:
    $a = /\b([e]val|[a]ssert|[c]reate_function|shell_[e]xec|pcntl_[e]xec|pass[t]hru|[p]open|proc_[o]pen|ssh2_[e]xec)\s{0,20}(\/\*[^*]{0,100}\*\/\s{0,10})?\(/ nocase
    $b = /[^\w>:$][e]xec\s{0,20}\(/ nocase
    $c = /[^\w>:$][s]ystem\s{0,20}\(/ nocase
    $d = /['"]([a]ssert|[s]ystem|(shell_)?[e]xec|pass[t]hru|[p]open|proc_[o]pen)['"]/ nocase
    $e = /(^|[=;({.,]|echo|print|return)\s{0,20}`[^`\n]{0,200}\$/
    $f = /\b(preg_[r]eplace|preg_filter)\s{0,20}\([^,\n]{0,200}e[a-zA-Z]{0,5}['"]\s{0,5},/ nocase
    $g = /\bmb_[e]reg/ nocase
    $h = /wp_(create|insert)_user|wp_set_auth_cookie/ nocase
    $i = /\$[a-z0-9_]{1,30}(\[[^\]\n]{1,20}\])?\s?\(\s?\$[a-z0-9_]{1,30}\s?\(/ nocase
    $j = /\$_{1,20}\s?[(\[]/
    $m = /\breturn\s{1,3}@?\$[a-z0-9_]{1,20}\s?\(\s?[a-z'"$@\\]/ nocase
    $k = /[;{}>]\s{0,3}(@|\$[a-z0-9_]{1,20}\s{0,3}=\s{0,3}@?)?\$[a-z0-9_]{1,20}\s?\(\s?['")$@]/ nocase
    $l = /set_save_handler|_data_handler|autoload_register|callbackfilteriterator|createfunction/ nocase
  condition: any of them
}

private rule said_to_framework {
  strings:
    $a = /(request|input)\s{0,2}(\(\s{0,2}\))?\s{0,2}(->|::)\s{0,2}((query|request|headers|cookies)\s{0,2}->\s{0,2})?(get|post|input|cookie|query|header|all|param|server|raw|json)/ nocase
    $b = /\brequest\s{0,2}\(\s{0,2}['"]/ nocase
    $c = /request::(capture|createFromGlobals)/ nocase
  condition: any of them
}

private rule includes_or_writes {
  strings:
    $a = /\b([i]nclude|[r]equire)(_once)?\b[^;\n]{0,80}\$/ nocase
    $b = /\bfile_put_[c]ontents\s{0,3}\(\s{0,3}\$/ nocase
  condition: any of them
}

private rule hides {
  strings:
    $a = /base64_decode|gzinflate|gzuncompress|gzdecode|str_rot13|strrev|hex2bin|convert_uudecode|rawurldecode|urldecode|openssl_decrypt|hexdec/ nocase
    $b = /\\x[0-9a-f]{2}\\x[0-9a-f]{2}/ nocase
    $c = /\b(chr|pack)\s{0,3}\(/ nocase
    $d = /['")]\s{0,3}\^|\^\s{0,3}['"$]|~\s{0,3}['"\x80-\xff]/
    $e = /wp_remote_get|[c]url_exec|fsockopen|file_get_contents|fread|socket_create|stream_socket_client|https?:\/\/|data:|\/dev\/tcp|exif_read_data/ nocase
    $f = /['"]\s{0,3}\.\s{0,3}['"]/
    $g = /(str_replace|substr|implode|sprintf|strtr)\s{0,3}\(/ nocase
    $h = /set_role|administrator/
    $i = /get_option|apcu?_fetch|fetch_(assoc|row|array)|->(query|fetchColumn|get_var)\s{0,3}\(|\bnew\s{1,3}\\?(Memcached?|Redis)\b|imagecolorat/ nocase
    $j = /\b(add_(shortcode|filter|action)|register_rest_route)\s{0,3}\(|\b(Route|Router)::/
  condition: any of them
}

private rule faint {
  strings:
    $a = /\b([i]nclude|[r]equire)(_once)?\b[^;\n]{0,80}(\\x|\.(jpe?g|png|gif|ico|bmp|webp)\b|data:|php:|https?:|\/tmp\/|\/dev\/shm|base64_|pack\s?\(|chr\s?\(|hex2bin|str_rot13|sys_get_temp|zip:|phar:|['"][a-z][a-z0-9.+-]{2,20}:\/\/)/ nocase
    $k = /\b(tmpfile|tempnam)\s?\([^?]{0,600}([i]nclude|[r]equire)/ nocase
    $b = /\bcopy\s{0,3}\(\s{0,3}['"]https?:/ nocase
    $c = /(file_put_[c]ontents|fwrite)\s{0,3}\([^;]{0,200}(base64_decode|file_get_contents|[c]url_exec)/ nocase
    $d = /\(\s{0,3}['"][^'"\n]{1,40}['"]\s{0,3}\^/
    $e = /(\$[A-Za-z0-9_]{1,20}[\[{]\d{1,3}[\]}]\s{0,2}\.\s{0,2}){3}/
    $f = /(googlebot|bingbot|coccocbot)/ nocase
    $l = /\.(jpe?g|png|gif|ico|bmp|webp)['"][^?]{0,200}\b([i]nclude|[r]equire)/ nocase
    $m = /\b(apply_filters|do_action)\s{0,3}\(\s{0,3}\$_|call_user_func(_array)?\s{0,3}\(\s{0,3}(get_option|base64_decode)/
    $h = /symlink\s{0,3}\(\s{0,3}['"]\/(home|etc)?['"]/
    $i = /sqlite:[^'"\s]{1,80}\.ph|\bfile_put_[c]ontents\s{0,3}\(\s{0,3}__FILE__/ nocase
    $j = /\b(file_put_[c]ontents|[f]open)\s?\([^;\n]{0,80}\.(php|phtml|htaccess)['"]/
    $g = /sys_get_temp_dir\s{0,3}\(\)[^;]{0,60};[^?]{0,300}[i]nclude/ nocase
  condition: any of them
}

rule worth_a_tree {
  condition: said or (runs and (hides or said_to_framework)) or (said_to_framework and includes_or_writes) or faint
}
