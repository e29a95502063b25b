/*
  Shapes of code that an intruder leaves, read as text: they do not rest on the syntax tree. What they look for is written with classes
  of one letter, so that no scanner takes this file for what it finds. Each rule has: what = its name in findings.
*/

rule request_evaluated {
  meta: what = "request_evaluated"
  strings:
    $a = /\b[e]val\s{0,20}\(\s{0,20}[@(\s]{0,10}(stripslashes|base64_decode|gzinflate|str_rot13|trim|urldecode|rawurldecode|strrev|hex2bin|gzuncompress|join|implode)?[\s(@]{0,8}\$\{?['"]?_?(GET|POST|REQUEST|COOKIE|SERVER|_GET|_POST|_REQUEST|_COOKIE)\b/ nocase
    $b = /\b[a]ssert\s{0,20}\(\s{0,20}[@(\s]{0,10}(stripslashes|base64_decode|str_rot13|trim|urldecode|strrev)?[\s(@]{0,8}\$_(GET|POST|REQUEST|COOKIE|SERVER)\b/ nocase
    $c = /\b[c]reate_function\s{0,20}\([^;]{0,60}\$_(GET|POST|REQUEST|COOKIE)\b/ nocase
    $d = /\b[e]val\s{0,20}\([^;]{0,80}(php:\/\/input|getallheaders|apache_request_headers|HTTP_RAW_POST)/ nocase
    $e = /\b[e]val\s{0,4}\/\*[^*]{0,80}\*\/\s{0,4}\(/ nocase
  condition: any of them
}

rule request_commanded {
  meta: what = "request_commanded"
  strings:
    $a = /\b([s]ystem|shell_[e]xec|pass[t]hru|[p]open|proc_[o]pen|pcntl_[e]xec)\s{0,20}\(\s{0,20}[@("'\s{]{0,10}(stripslashes|base64_decode|trim|urldecode)?[\s(@]{0,5}\$\{?_(GET|POST|REQUEST|COOKIE)\b/ nocase
    $b = /[^>\w_][e]xec\s{0,20}\(\s{0,20}[@("'\s{]{0,10}(stripslashes|base64_decode|trim|urldecode)?[\s(@]{0,5}\$\{?_(GET|POST|REQUEST|COOKIE)\b/ nocase
    $c = /`\s{0,5}\{?\$\{?_(GET|POST|REQUEST|COOKIE)\s{0,3}[\[{]/
    $d = /\$_(GET|POST|REQUEST|COOKIE|SERVER)\s?\[[^\]\n]{1,30}\]\s{0,3}\(\s{0,3}\$_(GET|POST|REQUEST|COOKIE|SERVER)/
    $e = /\$_(GET|POST|REQUEST|COOKIE)\s?[\[{][^\]\n]{1,30}[\]}]\s{0,3}\(\s{0,3}[@$'"]/
    $f = /\b([s]ystem|shell_[e]xec|pass[t]hru|[p]open|proc_[o]pen)\s{0,5}\(\s{0,5}(\$(cmd|command|comm|komut|perintah|c|exe|shell)\b)[^;]{0,60};/ nocase
    $g = /\$_(GET|POST|REQUEST|COOKIE)\s?\[\s?['"](cmd|c0md|command|exec|shell|komut|perintah|pass|z0|ant|cmdl|execute)['"]\s?\]/ nocase
  condition: $a or $b or $c or $d or $e or ($f and $g)
}

rule callback_runs {
  meta: what = "callback_runs"
  strings:
    $a = /\b(array_map|array_filter|array_walk|array_walk_recursive|array_reduce|uasort|usort|uksort|array_udiff|array_udiff_assoc|array_diff_ukey|array_uintersect|array_intersect_ukey|call_user_func|call_user_func_array|register_shutdown_function|register_tick_function|forward_static_call|forward_static_call_array|preg_replace_callback|mb_ereg_replace_callback|filter_var|filter_var_array|iterator_apply|ob_start|set_error_handler|xml_set_\w{1,40}_handler|session_set_save_handler|spl_autoload_register|CallbackFilterIterator|createFunction|fromCallable)\s{0,4}\([^;]{0,120}['"](a[s]sert|s[y]stem|e[x]ec|shell_e[x]ec|p[a]ssthru|e[v]al|create_f[u]nction|p[o]pen)['"]/ nocase
    $b = /\b(array_map|array_filter|array_walk|uasort|usort|uksort|call_user_func|call_user_func_array|register_shutdown_function|forward_static_call|array_udiff|array_reduce|ob_start)\s{0,4}\(\s{0,4}(base64_decode|str_rot13|strrev)\b/ nocase
    $h = /\b(array_map|call_user_func|call_user_func_array|register_shutdown_function|forward_static_call|ob_start)\s{0,4}\(\s{0,4}@?\$_(GET|POST|REQUEST|COOKIE)\s?[\[{]/ nocase
    $c = /\bcall_user_func(_array)?\s{0,4}\(\s{0,4}\$_?\w{1,30}\s{0,3},[^;]{0,40}\$_(GET|POST|REQUEST|COOKIE)\s?\[/ nocase
    $d = /\bReflection(Function|Method)\s{0,3}\(\s{0,3}(\$_(GET|POST|REQUEST|COOKIE)|['"](a[s]sert|s[y]stem|e[x]ec|shell_e[x]ec|p[a]ssthru)['"])/ nocase
    $e = /\b(array_map|array_filter|array_walk|uasort|usort|uksort|array_udiff|array_diff_ukey|register_shutdown_function)\s{0,4}\([^;]{0,50}\$_(GET|POST|REQUEST|COOKIE)\s?\[[^;]{0,40}\$_(GET|POST|REQUEST|COOKIE)\s?\[/ nocase
    $f = /(create[F]unction|create_[a]ggregate)\s{0,3}\([^;]{0,60}['"](a[s]sert|s[y]stem|e[x]ec)['"]/ nocase
  condition: any of them
}

rule decoded_and_run {
  meta: what = "decoded_and_run"
  strings:
    $a = /\b([e]val|[a]ssert)\s{0,20}\(\s{0,20}[@"'?>.\s]{0,10}(\(\s{0,3})?(gzinflate|gzuncompress|gzdecode|base64_decode|str_rot13|strrev|rawurldecode|urldecode|hex2bin|convert_uudecode|openssl_decrypt|htmlspecialchars_decode|unserialize|pack|zlib_decode)\s{0,4}\(/ nocase
    $b = /\b(gzinflate|gzuncompress|gzdecode)\s{0,4}\(\s{0,4}(base64_decode|str_rot13|strrev)\s{0,4}\(\s{0,4}(base64_decode|str_rot13|strrev|['"][A-Za-z0-9+\/]{60})/ nocase
    $c = /(['"]\s{0,2}\.\s{0,2}['"][a-z0-9_]{1,4}){4,20}/ nocase
    $d = /\b[e]val\s{0,4}\(\s{0,4}("|')(\\x[0-9a-f]{2}|\\[0-7]{2,3}){6}/ nocase
    $e = /\bpreg_[r]eplace\s{0,4}\(\s{0,4}['"](.)[^'"\n]{0,60}[\/#~|@!][imsxuADSU]{0,4}e[imsxuADSU]{0,4}['"]\s{0,4},\s{0,4}(\$_(GET|POST|REQUEST|COOKIE)|['"]\\x|['"][e]val|[a-z_]{3,30}\(|\$)/ nocase
    $f = /\b[e]val\s{0,20}\(\s{0,20}\$[A-Za-z0-9_]{1,40}\s{0,4}\(\s{0,4}(\$[A-Za-z0-9_]{1,40}\s{0,4}\(|['"])/ nocase
    $h = /\b[e]val\s{0,4}\(\s{0,4}\$\{?['"\\$]/ nocase
    $i = /\b[c]reate_function\s{0,4}\(\s{0,4}(''|""|null|['"]\$?\w{0,10}['"])\s{0,4},\s{0,4}(gzinflate|base64_decode|str_rot13|strrev|\$_|['"]\\x|\$\w{1,30}\s{0,3}[(\[])/ nocase
    $k = /\b[p]reg_replace\s{0,4}\(\s{0,4}['"]\\x/ nocase
    $l = /chr\s?\(\s?\(?\s?ord\s?\([^;]{1,80}\^/ nocase
    $m = /\b[e]val\s{0,4}\(/ nocase
    $n = /chr\s?\(\s?(hexdec|bindec|octdec)\s?\(/ nocase
    $o = /\b[e]val\s{0,4}\(\s{0,4}(['"]\?>['"]\s{0,3}\.\s{0,3})?[a-z_]\w{0,24}\s{0,3}(::\s{0,2}\w{1,24}\s{0,3})?\(\s{0,4}(['"][A-Za-z0-9+\/=]{40}|[a-z_]{3,24}\s{0,3}\(|\$\w{1,24}\s{0,3}[,)])/ nocase
    $q = /\b[e]val\s{0,4}\(\s{0,4}(['"]\?>['"]\s{0,3}\.\s{0,3})?\$[a-z0-9_]{1,24}\s{0,3}[.)]/ nocase
    $r = /\.=\s{0,4}(\$\w{1,24}\s{0,2}[\[{][^\];]{1,24}[\]}]\s{0,3}\^|pack\s{0,3}\(\s{0,3}['"]H|chr\s{0,3}\(\s{0,3}\$|chr\s{0,3}\(\s{0,3}(ord|bindec|hexdec)\s{0,3}\()/ nocase
    $sink = /\b([e]val|[a]ssert|[c]reate_function)\b|\$[a-z0-9_]{1,40}(\[[^\]]{1,20}\])?\s?\(/ nocase
  condition: $a or $b or $d or $e or $f or $h or $i or $k or (#c > 3 and $sink) or (($l or $n) and $m) or ($o and filesize < 60000) or ($q and $r)
}

rule name_put_together {
  meta: what = "name_put_together"
  strings:
    $a = /['"](a|as|ass|asse|asser)['"]\s{0,3}\.\s{0,3}['"](s?s?e?r?t?)['"]/ nocase
    $b = /['"](s|sy|sys|syst|syste)['"]\s{0,3}\.\s{0,3}['"](y?s?t?e?m)['"]/ nocase
    $c = /['"](bas|base|base6|base64|base64_|base64_d|base64_de|b|ba)['"]\s{0,3}\.\s{0,3}['"][a-z0-9_]{1,12}['"]\s{0,3}(\.\s{0,3}['"][a-z0-9_]{1,12}['"]\s{0,3}){0,12};/ nocase
    $d = /['"](cr|crea|creat|create|create_|create_f|create_fun|create_func)['"]\s{0,3}\.\s{0,3}['"][a-z_]{1,15}['"]/ nocase
    $e = /['"](_|_P|_PO|_POS|_G|_GE|_R|_RE|_REQ|_REQU|_C|_COO)['"]\s{0,3}\.\s{0,3}['"](P?O?S?T|G?E?T|REQUEST|[REQU]{0,5}EST|C?O?OKIE)['"]/
    $f = /str_replace\s{0,3}\(\s{0,3}['"]([^'"]{1,6})['"]\s{0,3},\s{0,3}(''|""|null|NULL)\s{0,3},\s{0,3}['"][a-z_0-9]{0,30}[^'"]{6,80}['"]\s{0,3}\)\s{0,3};?[^\n]{0,200}\$[a-z0-9_]{1,30}\s{0,3}\(/ nocase
    $g = /(\$[A-Za-z0-9_]{1,20}[\[{]\d{1,3}[\]}]\s{0,2}\.\s{0,2}){4}/
    $h = /(chr\s{0,2}\(\s{0,2}[0-9a-fx]{2,5}\s{0,2}([-+^]\s{0,2}\d{1,4}\s{0,2})?\)\s{0,2}\.\s{0,2}){4}/ nocase
    $i = /\$\{\s{0,3}['"](\\x[0-9a-f]{2}|\\[0-7]{2,3}|[_A-Z]){4,16}['"]\s{0,3}\}/ nocase
    $k = /\$GLOBALS\s?[\[{]\s?['"]?(\\x[0-9a-f]{2}|\\[0-7]{2,3}|[_A-Z]\\x){2}/ nocase
    $l = /['"](\\x[0-9a-f]{2}|\\[0-7]{2,3}){4,24}['"]\s{0,3}[;)][^\n]{0,120}\$[A-Za-z0-9_]{1,30}\s{0,2}\(/ nocase
    $m = /\(\s{0,2}['"][^'"\n]{2,24}['"]\s{0,2}\^\s{0,2}['"][^'"\n]{2,24}['"]\s{0,2}\)\s{0,2}[;(.]/
    $n = /=\s{0,2}['"][^'"\n]{1,24}['"]\s{0,2}\^\s{0,2}['"][^'"\n]{1,24}['"]\s{0,2};/
    $o = /[=(]\s{0,2}~\s{0,2}['"(]{0,2}[\x80-\xff]{3,20}/
    $p = /(strrev|str_rot13)\s{0,3}\(\s{0,3}['"](tressa|metsys|cexe_llehs|urhtssap|edoced_46esab|lave|nepop|noitcnuf_etaerc|etalfnizg|nffreg|flfgrz|riny|cnffgueh|furyy_rkrp|onfr64_qrpbqr|tmvasyngr|pheingr_shapgvba)['"]/ nocase
    $q = /(base64_decode|hex2bin|pack)\s{0,3}\(\s{0,3}['"](YXNzZXJ0|c3lzdGVt|ZXZhbA|c2hlbGxfZXhlYw|cGFzc3RocnU|ZXhlYw|Y3JlYXRlX2Z1bmN0aW9u|617373657274|73797374656d|6576616c|H\*['\"],\s{0,3}['\"][67][0-9a-f])/ nocase
    $r = /\$\{?\$[a-z0-9_]{1,30}\}?\s?\[[^\]\n]{1,30}\]\s{0,3}\(\s{0,3}(\$|@)/ nocase
    $s = /\$_{2,30}\s?=\s?|\$_\s?=\s?(''|""|\[\]|\(\))/
    $t = /\$_{1,30}\s?(\[\s?[$'"_+.\d]{1,12}\s?\])?\s?\(\s?\$_{1,30}/
    $u = /\(\s?\$\$_{1,3}[\[{]/
    $call = /[\]})'"\w]\s?\(\s?(@?\$|['"]|\()/
  condition: $a or $b or $d or $e or $f or $i or $k or $m or $n or $o or $p or $r or $u or ($s and $t) or (($c or $g or $h or $l or $q) and $call)
}

rule uploader {
  meta: what = "uploader"
  strings:
    $a = /\b(move_uploaded_[f]ile|[c]opy)\s{0,3}\(\s{0,3}\$_FILES\s?\[[^\]]{1,30}\]\s?\[\s?['"]tmp_name['"]\s?\]\s{0,3},\s{0,3}[^;]{0,60}(\$_FILES|\$_(POST|GET|REQUEST)|['"][^'"]{0,40}\.ph)/ nocase
    $b = /<form[^>]{0,200}multipart\/form-data/ nocase
    $c = /\b(move_uploaded_[f]ile|[c]opy)\s{0,3}\(/ nocase
    $d = /\b(file_put_[c]ontents|[f]writ[e]|[f]puts)\s{0,3}\([^;]{0,80}\$_(GET|POST|REQUEST|COOKIE)\s?\[[^;]{0,120}\$_(GET|POST|REQUEST|COOKIE)\s?\[/ nocase
    $e = /\bfile_put_[c]ontents\s{0,3}\(\s{0,3}['"][^'"]{1,60}\.(php|phtml|php5|phar|htaccess)['"]\s{0,3},\s{0,3}[^;]{0,60}(\$_(GET|POST|REQUEST|COOKIE)|base64_decode|file_get_contents\s?\(\s?['"]https?:|php:\/\/input)/ nocase
    $f = /\b[f]open\s{0,3}\(\s{0,3}['"][^'"]{1,60}\.(php|phtml|php5|phar|htaccess)['"]\s{0,3},\s{0,3}['"][wa][^;]{0,6};[^}]{0,200}[f](write|puts)\s{0,3}\([^;]{0,60}\$_(GET|POST|REQUEST|COOKIE)/ nocase
    $g = /\bcopy\s{0,3}\(\s{0,3}(['"]https?:|\$_(GET|POST|REQUEST))/ nocase
    $h = /\b(file_put_[c]ontents|[f]writ[e]|[f]puts)\s{0,3}\(\s{0,3}\$\w{1,30}\s{0,3},\s{0,3}\$\w{1,30}\s{0,3}\)/ nocase
    $i = /\$_(POST|REQUEST|COOKIE)\b/
    $j = /\bfile_put_[c]ontents\s{0,3}\([^;]{1,120}(file_get_contents|[c]url_exec)\s{0,3}\(/ nocase
    $small = /<\?/
    $k = /\b(move_uploaded_[f]ile|[c]opy|rename)\s{0,3}\(\s{0,3}\$\w{1,20}(\[['"]?tmp_name['"]?\](\[[^\]]{1,12}\])?)?\s{0,3},/ nocase
    $l = /\$_FILES\b|\$HTTP_POST_FILES\b/
    $m = /\b(move_uploaded_[f]ile|[c]opy|rename)\s{0,3}\(\s{0,3}\$_FILES/ nocase
    $n = /pathinfo|mime|getimagesize|extension|in_array|preg_match|strrchr|finfo|is_allowed|valid|wp_handle_upload/ nocase
    $o = /extractTo\s{0,3}\(|unpack_zip/ nocase
    $q = /fopen\s{0,3}\(\s{0,3}(\$_(GET|POST|REQUEST|COOKIE)|\$\w{1,20}\s{0,3},\s{0,3}['"][wax])/ nocase
    $r = /\b(f[w]rite|f[p]uts|stream_copy_to_stream)\s{0,3}\(|CURLOPT_FILE\b/ nocase
    $s = /\$_(GET|POST|REQUEST|COOKIE)\b|php:\/\/input/
  condition: (($k or $m) and $l and not $n and filesize < 8000) or ($o and $l and not $n and filesize < 4000) or ($q and $r and $s and filesize < 2500) or $a or $d or $e or $f or $g or ($h and $i and filesize < 3000) or ($j and filesize < 8000) or ($b and $c and $small and filesize < 3000 and for any i in (1..#c): (@c[i] < 3000))
}

rule included_from_elsewhere {
  meta: what = "included_from_elsewhere"
  strings:
    $a = /\b([i]nclude|[r]equire)(_once)?\s{0,3}\(?\s{0,3}["'](data:|php:\/\/(input|filter|temp|memory)|https?:\/\/|expect:|ssh2\.|compress\.|ftps?:\/\/|\\x2f|\\57|zip:|phar:)/ nocase
    $b = /\b([i]nclude|[r]equire)(_once)?\s{0,3}\(?\s{0,3}@?\$_(GET|POST|REQUEST|COOKIE|SERVER|FILES)\b/ nocase
    $c = /@[i]nclude(_once)?\s{0,3}\(?\s{0,3}["'][^"'\n]{0,60}(\\x[0-9a-f]{2}|\\[0-7]{2,3})[^"'\n]{0,120}["']/ nocase
    $d = /\b([i]nclude|[r]equire)(_once)?\s{0,3}\(?\s{0,3}["'][^"'\n]{1,100}\.(jpe?g|png|gif|ico|bmp|webp|log|zip)["']/ nocase
    $e = /\b([i]nclude|[r]equire)(_once)?\s{0,3}\(?\s{0,3}(base64_decode|str_rot13|hex2bin|strrev|pack|chr|urldecode|gzinflate)\s?\(/ nocase
    $g = /['"]\.?(ico|jpe?g|png|gif|bmp)['"]/ nocase
    $h = /@?\b([i]nclude|[r]equire)(_once)?\s{0,3}\(?\s{0,3}(\$\w{1,20}|stream_get_meta_data[^;]{1,60})\s{0,3}\)?;/ nocase
    $i = /readdir|scandir|glob\s?\(/ nocase
    $f = /\b([i]nclude|[r]equire)(_once)?\s{0,3}\(?\s{0,3}["']\/(tmp|var\/tmp|dev\/shm)\//  nocase
  condition: any of ($a, $b, $c, $d, $e, $f) or ($g and $h and $i and filesize < 3000)
}

rule shell_interface {
  meta: what = "shell_interface"
  strings:
    $a1 = "php_uname" nocase
    $a2 = /disable_functions|safe_mode|open_basedir/ nocase
    $a3 = /\b(posix_getpwuid|posix_getuid|get_current_user|getmyuid|posix_getegid)\b/ nocase
    $a4 = /\bfileperms\b|\bdisk_free_space\b|\bdiskfreespace\b|\bdisk_total_space\b/ nocase
    $b1 = /\b(shell_[e]xec|pass[t]hru|[p]roc_open|[s]ystem)\b/ nocase
    $b2 = /\b[e]val\s?\(/ nocase
    $b3 = /\bmove_uploaded_[f]ile\b/ nocase
    $b4 = /\bchmod\s?\(/ nocase
    $b5 = /\bunlink\s?\(/ nocase
    $b6 = /\b[f](write|puts)\s?\(|file_put_[c]ontents/ nocase
    $b7 = /\brmdir\s?\(/ nocase
    $c1 = /\/etc\/passwd/ nocase
    $c2 = /\b(bind|back|reverse)[ _-]?(port|connect|shell)/ nocase
    $c3 = /\b(web\s?shell|b374k|wso\s?\d|c99|r57|FilesM[a]n|alfa\s?team|indoxploit|mini\s?shell|backdoor|priv8|0day|uploader by|hacked by|anonymousfox|gecko\s?shell|marijuana|tinyfilemanager|p0wny|weevely|antsword|behinder|godzilla)/ nocase
    $c4 = /<(input|textarea|select|button)\b/ nocase
    $d1 = /\b(root|cmd|exec|shell|command|komut|perintah)\b.{0,10}(>|\$|#)\s{0,2}</ nocase
    $req = /\$_(GET|POST|REQUEST|COOKIE|FILES)\b|\$HTTP_(POST|GET)_VARS/
  condition: $req and filesize < 900000 and (
    ($c3 and 3 of ($b*)) or
    (2 of ($a*) and 3 of ($b*) and $c4) or
    (3 of ($a*) and 2 of ($b*)) or
    ($c1 and 1 of ($a*) and 2 of ($b*)) or
    ($c2 and 2 of ($b*)) or
    ($d1 and $b1 and 2 of ($b*))
  )
}

rule connects_back {
  meta: what = "connects_back"
  strings:
    $a = /\b[f]sockopen\s?\(|socket_[c]reate\s?\(|stream_socket_[c]lient\s?\(/ nocase
    $b = /\b[p]roc_open\s?\(|\b[p]open\s?\(|shell_[e]xec\s?\(|[^>\w_][e]xec\s?\(|\b[s]ystem\s?\(/ nocase
    $c = /\/bin\/(ba|da|z|k)?sh|cmd\.exe/ nocase
    $d = /stream_select|socket_read|fread|fgets/ nocase
    $e = /\/dev\/tcp\/|\bbash -i\b|\bnc -e\b|mkfifo \/tmp/ nocase
    $f = /\b(posix_setsid|pcntl_fork|daemoni[sz]e)\b/ nocase
    $k = /=\s?`\s?\$\w{1,20}/
    $l = /socket_read\s?\(|\bfgets\s?\(|\bfread\s?\(/ nocase
    $g = /socket_[a]ccept\s?\(|stream_socket_[s]erver\s?\(/ nocase
    $h = /fsockopen\s?\(\s?['"]udp:\/\// nocase
    $i = /str_repeat|65\d\d\d|\brand\s?\(/
    $p = /<\?/
  condition: $p and ($g and $b or ($a and $k and $l and filesize < 20000) or ($h and $i and filesize < 30000) or ($a and $b and $c and ($d or filesize < 8000)) or ($a and $f and $c) or ($e and ($a or $b)))
}

rule hidden_script {
  meta: what = "hidden_script"
  strings:
    $p = /<\?/
    $name = /\b_0x[0-9a-f]{4,6}\b/
    $shown = /wp_(footer|head)|<\/(body|head)>|\becho\b|<script/
  condition: $p and #name > 40 and $shown and filesize < 200000
}

rule program_in_disguise {
  meta: what = "program_in_disguise"
  strings:
    $p = /<\?(php|=)/ nocase
    $long = /['"][A-Za-z0-9+\/=]{1500}/
    $hex = /['"]([0-9a-f]{2}){800}/ nocase
    $esc = /(\\x[0-9a-f]{2}){100}/ nocase
    $goto = /\bgoto\s{1,3}[A-Za-z0-9_]{4,12};/
    $run = /\b[e]val\s?\(|\b[a]ssert\s?\(|[c]reate_function|\$[A-Za-z0-9_{}\[\]'"]{1,40}\s?\(\s?\$[A-Za-z0-9_]{1,40}\s?[(\[,)]/ nocase
    $dec = /base64_decode|gzinflate|str_rot13|strrev|hex2bin|chr\s?\(|ord\s?\(|pack\s?\(|gzuncompress|\\x62\\x61|\^/ nocase
    $image = /^(\xff\xd8\xff|\x89PNG|GIF8[79]a|BM|\x00\x00\x01\x00|%PDF|PK\x03\x04)/
    $danger = /\b([e]val|[a]ssert|[s]ystem|shell_[e]xec|pass[t]hru|move_uploaded_[f]ile|file_put_[c]ontents|[p]open|[c]url_exec)\s?\(|\$_(GET|POST|REQUEST|COOKIE)|\b[c]opy\s?\(\s?(\$|['"]https?:)/ nocase
  condition: $p and (
    (($long or $hex) and $run and $dec) or
    ($esc and $run) or
    (#goto > 20 and ($esc or $danger)) or
    ($image at 0 and $danger)
  )
}

rule cloaks {
  meta: what = "cloaks"
  strings:
    $a = /HTTP_(USER_AGENT|REFERER)/
    $b = /(googlebot|bingbot|yandexbot|baiduspider|coccocbot|slurp|google\.co)/ nocase
    $c = /(file_get_contents|curl_init|fsockopen|[c]url_exec)\s?\(\s?(['"]https?:|\$|base64_decode|['"]\\x)/ nocase
    $d = /\b(echo|print|exit|die)\s?\(?\s?(str_replace\s?\(|trim\s?\(|substr\s?\(|[^;$\n]{0,40},\s?)?\$/ nocase
    $e = /header\s?\(\s?['"]Location:\s?['"]?\s?\.?\s?(\$|https?:)/ nocase
    $w = /gambl|slot|casino|togel|judi|bet\d|nhacai|nha-cai|keo-nha|viagra|\bbot(s|_|\b)|spider|is_?crawler|doorway|gacor/ nocase
    $f = /\b(echo|print)\s?\(?\s?@?(file_get_contents|[c]url_exec|wp_remote_retrieve_body)\s?\(|\breadfile\s?\(\s?['"]https?:/ nocase
    $g = /(google|bing|coccoc|yandex)/ nocase
    $h = /(header\s?\(\s?['"](Location|Refresh):|location(\.href)?\s?=\s?\\?['"]|location\.replace\(\\?['"]).{0,12}https?:\/\//  nocase
    $i = /['"][&?](ua|a|agent|u|uri|url|d|host|domain|h|r|ref)=['"]\s?\.\s?(urlencode\s?\(\s?|base64_encode\s?\(\s?|rawurlencode\s?\(\s?)?@?\$_SERVER\s?\[/
    $k = /(file_get_contents|[c]url_init|[c]url_exec|wp_remote_get|fsockopen)\s?\(/ nocase
    $x = /slot[ _-]?gacor|casino|togel|nha[ -]?cai|ca[ -]?cuoc|tai[ -]?xiu/ nocase
  condition: (filesize < 60000 and $a and $b and (($c and $d) or ($e and $c) or $f) and ($w or $f))
    or (filesize < 12000 and $a and $g and $h) or (filesize < 30000 and $i and $k and $d) or (filesize < 20000 and $a and $b and $x)
}

rule runs_what_is_fetched {
  meta: what = "runs_what_is_fetched"
  strings:
    $a = /\b[e]val\s{0,4}\([^;]{0,40}(file_get_contents|[c]url_exec|fread|stream_get_contents|gzinflate\(file)\s?\(/ nocase
    $b = /\b[e]val\s{0,4}\(/ nocase
    $c = /[c]url_exec\s?\(|fsockopen\s?\(|file_get_contents\s?\(\s?['"]https?:|stream_socket_[c]lient/ nocase
    $d = /exif_read_data|iptcparse|wp_remote_retrieve_body|get_option\s?\(|->get_var\s?\(/ nocase
  condition: $a or (filesize < 20000 and $b and ($c or $d))
}

rule makes_administrator {
  meta: what = "makes_administrator"
  strings:
    $a = /wp_(create|insert)_user\s?\(/ nocase
    $b = /set_role\s?\(\s?['"]administrator['"]|['"]role['"]\s{0,3}=>\s{0,3}['"]administrator['"]/ nocase
    $c = /\$_(GET|POST|REQUEST|COOKIE)\s?\[|username_exists\s?\(\s?['"]|pre_user_query|pre_get_users|add_action\s?\(\s?['"](init|wp_head|wp_footer)['"]/ nocase
    $d = /wp_set_auth_cookie\s?\(\s?(\$_(GET|POST|REQUEST|COOKIE)|1\b)/ nocase
    $e = /wp_set_auth_cookie\s?\(/ nocase
    $f = /(get_users|get_user_by|WP_User_Query|get_super_admins)\s?\([^;]{0,80}(administrator|['"](id|login)['"]\s?,\s?['"]?\w{1,30}['"]?\s?\))/ nocase
    $g = /\$_(GET|REQUEST|COOKIE)\s?\[/
  condition: filesize < 60000 and (($a and $b and $c) or $d or ($e and $f and $g and filesize < 20000))
}

rule preloads {
  meta: what = "preloads"
  strings:
    $a = /putenv\s{0,3}\(\s{0,3}['"](LD_(PRELOAD|AUDIT)|GCONV_PATH)=/ nocase
    $b = /\bdl\s{0,3}\(\s{0,3}\$_(GET|POST|REQUEST|COOKIE)/ nocase
    $f = /putenv\s{0,3}\(/ nocase
    $g = /['"](LD_PRELOAD|GCONV_PATH)['"]/
    $h = /\bFFI::load\s{0,3}\(/
    $i = /\$_(GET|POST|REQUEST|COOKIE)\b/
    $c = /FFI::cdef\s{0,3}\([^;]{0,200}\b([s]ystem|[p]open|[e]xec\w{0,4})\s?\(/ nocase
    $d = /new\s{1,3}COM\s{0,3}\(\s{0,3}['"]w?script\.shell/ nocase
    $e = /\b(pcntl|ssh2)_[e]xec\s{0,3}\([^;]{0,80}\$_(GET|POST|REQUEST|COOKIE)/ nocase
  condition: $a or $b or $c or $d or $e or ($f and $g) or ($h and $i and filesize < 20000)
}

rule mails_anybody {
  meta: what = "mails_anybody"
  strings:
    $a = /\b(mb_send_)?mail\s{0,3}\(/ nocase
    $b = /explode\s{0,3}\(\s{0,3}["'](\\r)?\\n["']\s{0,3},\s{0,3}(trim\s?\(\s?)?(\$_POST|\$_REQUEST|\$(email|mail|to)\w{0,12}\b)/ nocase
    $c = /(base64_decode|str_rot13|json_decode|unserialize)\s{0,3}\(\s{0,3}((base64_decode|str_rot13|stripslashes|urldecode)\s{0,3}\(\s{0,3}){0,2}\$_(POST|REQUEST|COOKIE)/ nocase
    $d = /[l]eaf\s?(php)?\s?mailer|[a]lexus\s?mailer|[i]nbox\s?mass|[m]ass\s?mailer|[p]riv8 mailer/ nocase
  condition: filesize < 100000 and (($a and ($b or $c)) or $d)
}

rule takes_credentials {
  meta: what = "takes_credentials"
  strings:
    $a = /\bmail\s{0,3}\([^;]{0,200}\$(_POST\s?\[\s?['"](pwd|pass\w{0,10}|log|user\w{0,10}|card\w{0,10}|cvv?)|\w{0,12}pass(w(or)?d)?\b)/ nocase
    $b = /\$_POST\s?\[\s?['"](pwd|pass(word|wd)?|card_?num\w{0,6}|cc_?num\w{0,6}|cvv2?)['"]\s?\]/ nocase
    $c = /(file_get_contents|[c]url_init|fopen|wp_remote_(get|post))\s?\(\s?['"]https?:\/\/[^;]{1,200}(\$_POST|\$\w{0,12}pass)/ nocase
    $d = /(base64_encode|json_encode)\s?\(\s?(serialize\s?\(\s?)?\$_POST\s?\)/ nocase
    $e = /\.(jpe?g|png|gif|ico|css|txt|log)['"]\s{0,3},[^;]{0,60}FILE_APPEND/ nocase
    $php = /<\?/
    $listens = /addEventListener\s?\(\s?\\?["'](submit|change|blur|input|keyup|keydown)/
    $sends = /(sendBeacon|fetch|\.open|\.src)\b[^;]{0,40}https?:\/\//
    $into = /str_i?replace\s{0,3}\(\s{0,3}['"]<\/(body|head)>|['"]wp_(footer|head)['"]/
  condition: filesize < 60000 and ($a or ($b and ($c or $d)) or ($b and $e) or ($php and $listens and $sends and $into and filesize < 20000))
}

rule manages_files {
  meta: what = "manages_files"
  strings:
    $a = /\b(scandir|opendir|glob)\s{0,3}\(/ nocase
    $b = /\bfileperms\s{0,3}\(/ nocase
    $c = /\b(unlink|rmdir)\s{0,3}\(\s{0,3}\$/ nocase
    $d = /\brename\s{0,3}\(\s{0,3}\$/ nocase
    $e = /<textarea/ nocase
    $f = /\b(f[w]rite|f[p]uts|file_put_[c]ontents)\s{0,3}\(/ nocase
    $g = /\$_(GET|REQUEST|POST)\s?\[\s?['"](path|dir|d|p|cd|edit|del|file|f|ren|act|y)['"]/
    $h = /symlink\s{0,3}\(\s{0,3}['"]\/(home|etc)?['"]\s{0,3},/ nocase
    $i = /\bopenssl_encrypt\s{0,3}\(/
    $j = /RecursiveDirectoryIterator|scandir|opendir/
    $k = /\.(locked|encrypted|crypt|enc)['"]/ nocase
  condition: filesize < 300000 and ((all of ($a, $b, $c, $d, $e, $f) and #g > 2) or $h or ($i and $j and $k and $c) or ($i and $j and $k))
}

rule writes_doorways {
  meta: what = "writes_doorways"
  strings:
    $a = /<urlset|sitemap|<loc>/ nocase
    $b = /slot[ _-]?gacor|casino|togel|nha[ -]?cai|ca[ -]?cuoc|judi[ -]?online|viagra|tai[ -]?xiu/ nocase
    $c = /\b(f[w]rite|f[p]uts|file_put_[c]ontents)\s{0,3}\(/ nocase
    $d = /foreach\s?\(\s?(scandir|glob)|opendir\s?\(/ nocase
    $e = /f(ile_put_contents|write)\s{0,3}\([^;]{0,60}index\.(html?|php)[^;]{0,20},\s{0,3}\$_(GET|POST|REQUEST)/ nocase
    $p = /<\?/
    $walk = /RecursiveDirectoryIterator|\b(scandir|opendir|glob)\s?\(/
    $dated = /\btouch\s?\(/
    $date = /\bfilemtime\s?\(/
    $page = /<\/(head|body)>|<script|<\?php/
    $put = /\bfile_put_[c]ontents\s?\(\s?\$/
    $hidden = /update\s[^?]{1,120}set\s[^?]{1,160}((left|top|text-indent)\s?:\s?-\d{3,5}(px|em)|display\s?:\s?none)[^?]{0,60}<a\s/ nocase
  condition: $p and filesize < 60000 and (($a and $b and $c) or ($d and $e) or $hidden)
    or ($p and filesize < 8000 and $walk and $dated and $date and #page > 1 and $put)
}

rule script_takes_orders {
  meta: what = "script_takes_orders"
  strings:
    $head = /^(#!|import |use |<%|\xef\xbb\xbf#!)/
    $perl = /param\s{0,3}\(|CONTENT_LENGTH|QUERY_STRING/
    $perl_runs = /`[^`\n]{0,40}[$@]\w|\b[s]ystem\s{0,3}\(|\b[e]xec\s{0,3}\(|\bqx[\/{(]|\bopen\s{0,3}\([^;]{0,40}\|/
    $python = /FieldStorage|QUERY_STRING|environ/
    $python_runs = /subprocess\.|os\.(s[y]stem|p[o]pen|exec)|commands\.get/
    $shell_runs = /\b[e]val\s{1,3}["']?[^\n]{0,12}\$\{?(QUERY_STRING|HTTP_\w{1,30})|\|\s?(base64 (-d|--decode)|openssl enc -d[^\n]{0,40})\s?\|\s?(ba|da)?sh\b|\/dev\/tcp\/\d{1,3}\./
    $posted = /CONTENT_LENGTH/
    $shell_given = /\b(ba|da|z|k)?sh\s{1,3}-c\s{1,3}["']?\$|\|\s?(ba|da)?sh\b/
    $stdin = /\b[e]xec\s?\([^\n]{0,40}b64decode\s?\(\s?sys\.stdin/
    $back = /(socket|Socket|inet_aton|connect)[^;]{0,400}(dup2|STDIN,|pty\.spawn|\/bin\/(ba)?sh)/
    $php = /<\?php/ nocase
    $ssi = /<!--#[e]xec\s{1,3}(cmd|cgi)\s?=/ nocase
  condition: filesize < 200000 and not $php and (($head at 0 and (($perl and $perl_runs) or ($python and $python_runs) or $shell_runs or $back or ($posted and $shell_given) or $stdin)) or ($ssi and filesize < 60000))
}

rule runs_beside_request {
  meta: what = "runs_beside_request"
  strings:
    $php = /<\?/
    $said = /\$_(GET|POST|REQUEST|COOKIE)\b|php:\/\/input|\$_SERVER\s?\[\s?['"]HTTP_(X|ACCEPT|USER|REFERER|COOKIE)|\$_SERVER\s?;/
    $runs = /\b([e]val|[s]ystem|shell_[e]xec|pass[t]hru|[p]open|proc_[o]pen|pcntl_[e]xec|[c]reate_function)\s{0,3}\(\s{0,3}(\(string\)|["']?\$|["']\?>|base64|gz|str|\w{1,20}\s?\()/ nocase
    $sql = /into\s{1,5}(out|dump)file\s{1,5}\\?['"][^'"]{1,120}\.ph/ nocase
    $called = /call_user_func(_array)?\s{0,3}\(\s{0,3}\$\w{1,20}\s?\[/ nocase
  condition: $php and ((filesize < 5000 and $said and ($runs or $called)) or ($sql and filesize < 60000))
}

rule runs_beside_hook {
  meta: what = "runs_beside_hook"
  strings:
    $php = /<\?/
    $hook = /\b(add_(shortcode|filter|action)|register_rest_route)\s{0,3}\(|\b(Route|Router)::(get|post|any|match)|\bnv_Request\b|JFactory::|\bYii::\$app->request|Drupal::request|wp_ajax_nopriv_/
    $said = /(request|input)\s{0,2}(\(\s{0,2}\))?\s{0,2}->\s{0,2}(query\s{0,2}->\s{0,2})?(get|post|input|get(String|Var|Raw|Cmd|Post|Query)|get_(string|title))\s{0,2}\(/ nocase
    $runs = /(^|[^\w>:$])([e]val|[s]ystem|shell_[e]xec|pass[t]hru|[p]open|proc_[o]pen|[c]reate_function)\s{0,3}\(\s{0,3}(\$|base64|gz|str|\w{1,20}\s?\()/ nocase
    $named = /\badd_(filter|action)\s{0,3}\([^,;]{1,80},\s{0,3}['"]([s]ystem|[a]ssert|shell_[e]xec|pass[t]hru|[e]xec)['"]/ nocase
  condition: $php and filesize < 5000 and ((($hook or $said) and $runs) or $named)
}

rule lets_in {
  meta: what = "lets_in"
  strings:
    $a = /add_filter\s{0,3}\(\s{0,3}['"](authenticate|wp_authenticate_user|check_password|determine_current_user)['"]/
    $b = /===?\s{0,3}['"][^'"\s]{3,64}['"]/
    $c = /get_user_by|get_users|new WP_User|return\s{1,3}true|return\s{1,3}1;/
  condition: filesize < 8000 and all of them
}

rule master_password {
  meta: what = "master_password"
  strings:
    $a = /add_filter\s{0,3}\(\s{0,3}['"](authenticate|wp_authenticate_user|check_password)['"]/
    $b = /\b(md5|sha1|hash|crypt)\s{0,3}\([^;{]{1,60}\)\s{0,3}===?\s{0,3}['"][0-9a-f]{8,128}['"]|hash_equals\s{0,3}\(\s{0,3}['"][0-9a-f]{8,128}['"]/
    $c = /new WP_User\b|get_user_by\s?\(|get_users\s?\(/
  condition: filesize < 20000 and all of them
}

rule writes_capabilities {
  meta: what = "writes_capabilities"
  strings:
    $a = /capabilities[^;]{0,120}a:1:\{s:13:\\?['"]administrator\\?['"];b:1/ nocase
    $b = /\b(insert|replace)\s{1,4}into\b|->insert\s?\(|\bupdate\s[^;]{0,80}\bset\b/ nocase
  condition: filesize < 60000 and all of them
}

rule passes_requests_on {
  meta: what = "passes_requests_on"
  strings:
    $a = /php:\/\/input/
    $b = /(file_get_contents|[f]sockopen|[c]url_init|stream_socket_[c]lient)\s{0,3}\(\s{0,3}\$/ nocase
    $c = /\$_(GET|REQUEST|COOKIE)\s?\[|\$_SERVER\s?\[\s?['"]HTTP_X_/
    $d = /\becho\s{1,3}@?(file_get_contents|fread|fgets|stream_get_contents|[c]url_exec)\s{0,3}\(/ nocase
  condition: filesize < 5000 and all of them
}

/* What alone says nothing, and beside what the tree shows of a file is a second sign, by the text alone. */

rule bare {
  meta: what = "bare" beside = true
  strings:
    $php = /<\?/
    $said = /\$_(GET|POST|REQUEST|COOKIE|FILES|SERVER)\b|php:\/\/input|HTTP_(POST|GET)_VARS|getallheaders/
    $fetches = /base64_decode\s{0,3}\(|https?:\/\/[0-9]|[c]url_exec|gzinflate|\bchr\s{0,3}\(|openssl_decrypt|hex2bin|strrev|str_rot13/ nocase
    $writes = /fopen\s{0,3}\(|file_put_[c]ontents|[i]nclude|[r]equire/ nocase
    $silent = /@(\$|[e]val|[a]ssert|[i]nclude|[c]opy|move_|file_|[s]ystem|[e]xec|ini_set|set_time|error_rep|session_|chmod|unlink)|error_reporting\s?\(\s?(0|NULL)\s?\)|ignore_user_abort|set_time_limit\s?\(\s?0/ nocase
    $runs = /\b([e]val|[a]ssert|[s]ystem|[e]xec|shell_[e]xec|pass[t]hru|[p]open|proc_[o]pen|[c]reate_function)\b\s{0,3}[('"]/ nocase
  condition: $php and ((filesize < 4000 and ($said or $runs or ($fetches and $writes))) or (filesize < 20000 and $silent and ($said or $runs)))
}
