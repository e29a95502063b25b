"""PHP's own names that matter: where others' words come in, what hands them on, what cleans them, and what runs them.

Data.

The names of what runs code are written apart here and in rules, so that no scanner takes this file for what it finds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from auditor.compromise.php.constant_folding import DECODERS


def _split_into_byte_names(*words: str) -> frozenset[bytes]:
    return frozenset(name.encode() for word in words for name in word.replace("~", "").split())


REQUESTS = _split_into_byte_names(
    "_GET _POST _REQUEST _COOKIE HTTP_GET_VARS HTTP_POST_VARS HTTP_COOKIE_VARS HTTP_RAW_POST_DATA HTTP_REQUEST_VARS"
)
"""Variables that hold what visitors say."""
UPLOADS = _split_into_byte_names("_FILES HTTP_POST_FILES")
SERVER = _split_into_byte_names("_SERVER HTTP_SERVER_VARS _ENV")
SAID_TO_SERVER = (b"HTTP_", b"QUERY_STRING", b"REQUEST_URI", b"PATH_INFO", b"PHP_AUTH", b"ORIG_PATH_INFO")
"""What keys of the server's own variable begin with that visitors fill; their host's name is checked by the server."""
REQUEST_GETTERS = _split_into_byte_names(
    "getallheaders apache_request_headers filter_input_array http_get_request_headers http_get_request_body "
    "get_defined_vars"
)
"""Functions that give what visitors say."""
LOOSE_FILTERS = _split_into_byte_names(
    "FILTER_DEFAULT FILTER_UNSAFE_RAW FILTER_SANITIZE_URL FILTER_SANITIZE_STRING FILTER_SANITIZE_ADD_SLASHES "
    "FILTER_SANITIZE_MAGIC_QUOTES FILTER_VALIDATE_URL"
)
"""Filters that leave a name, an address or a line of code as it was said."""
INPUTS = _split_into_byte_names("INPUT_GET INPUT_POST INPUT_COOKIE INPUT_REQUEST")
READERS = _split_into_byte_names(
    "file_get_contents file fopen readfile stream_get_contents fread fgets fgetc fscanf stream_get_line gzfile "
    "gzopen gzread exif_read_data iptcparse"
)
"""Functions that read a file, or what was opened."""
REMOTE_READERS = _split_into_byte_names(
    "socket_accept stream_socket_accept stream_bucket_make_writeable",
    "curl_exec curl_multi_getcontent socket_read socket_recv recv fsockopen pfsockopen stream_socket_client "
    "dns_get_record ftp_get ssh2_exec"
    " http_get wp_remote_retrieve_body wp_remote_get wp_remote_post wp_safe_remote_get wp_remote_request",
)
HANDED_ON = frozenset(DECODERS) | _split_into_byte_names(
    "strtolower strtoupper ucfirst lcfirst strval trim ltrim rtrim chop stripslashes stripcslashes bin2hex "
    "base64_encode",
    "str_replace str_ireplace substr substr_replace implode join explode str_split pack unpack strtr sprintf vsprintf",
    "str_repeat str_pad chunk_split wordwrap nl2br preg_replace preg_split preg_filter ereg_replace iconv "
    "mb_convert_encoding",
    "mb_substr mb_strtolower utf8_decode utf8_encode json_decode unserialize serialize json_encode openssl_decrypt",
    "mcrypt_decrypt mcrypt_cbc mcrypt_ecb mdecrypt_generic gzdecode bzdecompress rc4 xxtea_decrypt "
    "openssl_private_decrypt",
    "preg_replace_callback array_merge array_values array_keys array_pop array_shift array_slice array_splice",
    "array_filter array_map array_reverse",
    "array_flip array_combine array_walk array_change_key_case array_unique array_chunk array_pad array_fill "
    "array_fill_keys",
    "array_diff array_diff_key array_intersect_key current reset end next prev key each pos array_merge_recursive "
    "array_replace array_replace_recursive",
    "array_search array_rand array_column range compact strstr stristr strrchr strpbrk substr_compare addslashes nl2br",
    "html_entity_decode htmlspecialchars_decode rawurldecode get_magic_quotes_gpc mb_strrev strpos_ array "
    "iterator_to_array",
    "variable_get strtok chr ord hexdec dechex ucwords str_word_count sscanf parse_url http_build_query settype "
    "convert_uuencode crypt_ gzcompress gzencode",
    "simplexml_load_string yaml_parse xmlrpc_decode msgpack_unpack igbinary_unserialize",
    "var_export print_r str_getcsv parse_ini_string preg_grep",
)
"""Functions whose answer is what they are given, in another shape."""
STORE_READERS = _split_into_byte_names(
    "get_option get_site_option get_transient get_post_meta get_theme_mod mysql_result mysql_fetch_array "
    "mysql_fetch_row mysql_fetch_assoc"
    " mysqli_fetch_array mysqli_fetch_row mysqli_fetch_assoc apcu_fetch apc_fetch shmop_read"
)
STORES = _split_into_byte_names(
    "update_option add_option update_site_option set_transient update_post_meta set_theme_mod apcu_store apcu_add "
    "apc_store variable_set shmop_write"
)
"""Functions that keep what ``STORE_READERS`` gives back by the same key."""
STORED_METHODS = _split_into_byte_names(
    "get_var get_row get_col fetch fetchcolumn fetch_assoc fetch_row fetch_array fetchall fetch_object"
)
"""Functions and methods that read what a database holds."""
SHELVES = _split_into_byte_names("memcached memcache redis yac")
"""Classes whose objects keep what anybody puts there."""
ABSORBING_METHODS = _split_into_byte_names(
    "push unshift enqueue append offsetset loadxml loadhtml addchild importstylesheet"
)
"""Methods after which an object holds what they were given."""
ARCHIVES = _split_into_byte_names("phar phardata")
BY_EXPRESSION = _split_into_byte_names("evaluate query importstylesheet transformtoxml transformtodoc transformtouri")
"""Methods that take a path or a style sheet, which can call PHP's functions where that was allowed."""
FRAMEWORK_ASKS = _split_into_byte_names(
    "get post input cookie query header all param params server json getstring getvar getraw getparam getquery "
    "getpost getheader"
    " getheaderline getcontent getbody getparsedbody getqueryparams get_string get_title get_textarea get_editor "
    "get_array getget rawbody get_param get_params get_json_params get_body get_body_params get_query_params get_header"
)
"""Methods by which frameworks' objects for requests give what visitors say."""
WORD_ASKS = _split_into_byte_names("getcmd getword")
"""Those that leave nothing but a word of it."""
FRAMEWORK_FUNCTIONS = _split_into_byte_names("request input")
OUTPUT_METHODS = _split_into_byte_names("setbody appendbody prependbody setcontent")
"""Methods by which frameworks show something to visitors."""
CAPTURES = _split_into_byte_names("capture createfromglobals fromglobals instance getinstance")
HOLDERS = _split_into_byte_names("arrayobject arrayiterator simplexmlelement splfixedarray collection")
"""Classes whose objects hold what they are made of."""
LISTED_NAMES = _split_into_byte_names(
    "get_defined_functions get_class_methods get_loaded_extensions get_declared_classes get_defined_constants"
)
"""Functions that give PHP's own names, of which whoever hides one takes one."""
DECRYPTERS = frozenset(DECODERS) | _split_into_byte_names(
    "openssl_decrypt mcrypt_decrypt mcrypt_cbc mcrypt_ecb mdecrypt_generic bzdecompress unserialize pack gzdecode "
    "xxtea_decrypt chr hexdec"
)
EVALUATES = _split_into_byte_names("ev~al as~sert")
"""They take text for a program."""
COMMANDS = _split_into_byte_names(
    "sys~tem ex~ec shell_~exec pass~thru po~pen proc_~open pcntl_~exec expect_~popen ssh2_~exec win_shell_~execute"
)
"""Their first argument is a command."""
LISTS_WORDS = _split_into_byte_names("proc_~open")
"""They take a command as a list of words, too, which no shell reads."""
ESCAPERS = _split_into_byte_names("escapeshellarg escapeshellcmd")
SECOND_COMMANDS = _split_into_byte_names("pcntl_~exec ssh2_~exec")
"""Their second argument is a command."""
MAKES_FUNCTION = _split_into_byte_names("create_~function")
CALLBACKS: Mapping[bytes, int] = {
    name: at
    for at, names in (
        (
            0,
            _split_into_byte_names(
                "call_user_~func call_user_~func_array forward_static_call forward_static_call_array array_~map "
                "register_shutdown_~function"
                " register_tick_~function ob_~start set_error_handler set_exception_handler header_register_callback"
                " spl_autoload_register func_overload libxml_set_external_entity_loader"
            ),
        ),
        (
            1,
            _split_into_byte_names(
                "array_~filter array_~walk array_~walk_recursive array_~reduce us~ort ua~sort uk~sort "
                "preg_replace_~callback"
                " iterator_apply mb_ereg_replace_~callback ereg_replace_~callback"
            ),
        ),
        (
            -1,
            _split_into_byte_names(
                "array_u~diff array_u~diff_assoc array_diff_u~key array_diff_u~assoc array_u~intersect "
                "array_intersect_u~assoc"
                " array_intersect_u~key array_u~intersect_assoc array_u~intersect_uassoc array_u~diff_uassoc"
            ),
        ),
        (2, _split_into_byte_names("sqlite_create_function")),
        (
            1,
            _split_into_byte_names(
                "xml_set_character_data_handler xml_set_default_handler xml_set_processing_instruction_handler "
                "session_set_save_handler"
            ),
        ),
    )
    for name in names
}
"""Functions that call what one of their arguments names, and which; -1 is the last one."""
REGULAR = _split_into_byte_names("preg_~replace preg_~filter")
MB_REGULAR = _split_into_byte_names("mb_ereg_~replace mb_eregi_~replace mbereg_~replace")
WRITES = _split_into_byte_names("file_put_~contents")
HANDLE_WRITES = _split_into_byte_names("fw~rite fp~uts gzwrite fputcsv")
MOVES = _split_into_byte_names("move_uploaded_~file copy rename link symlink")
REFLECTION_CLASSES = _split_into_byte_names("reflection~function reflection~method reflection~class")
SPREADS = _split_into_byte_names("extract import_request_variables")
"""They make variables of what an array holds."""
TAKES_CALLBACK = _split_into_byte_names(
    "callbackfilteriterator recursivecallbackfilteriterator",
    "createfunction createaggregate createcollation",
    "sqlitecreatefunction sqlitecreateaggregate sqlitecreatecollation",
)
"""Classes and methods that call what one of their arguments names."""
SECRET_KEY = re.compile(rb"(?i)pass(?:w|wd|word|phrase)?\Z|passw|pwd|\bpin\Z|otp|cvv|cvc|card_?n|cc_?num|mat_?khau")
"""Keys under which visitors say what nobody else is to know."""
SECRET_WORDS = re.compile(rb"(?i)passw|pwd|cvv|cvc|card|otp|mat_?khau")
"""Words of a pattern that looks for such keys."""
GUARDS = _split_into_byte_names(
    "in_array array_key_exists isset_ function_exists_ preg_match ctype_alnum ctype_alpha array_search strcmp "
    "method_exists_"
    " wp_verify_nonce check_admin_referer"
)
"""What asks, before something is used, whether it is one of the known ones."""
OWN_FILE = b"__FILE__.php"
"""What stands for the path of the file at hand."""
SUFFIXES = (
    b".php",
    b".phtml",
    b".pht",
    b".php3",
    b".php4",
    b".php5",
    b".php7",
    b".phps",
    b".phar",
    b".inc",
    b".htaccess",
    b".user.ini",
)
KEEPS_ITEMS = _split_into_byte_names("array_filter array_slice array_reverse array_values array_unique")
"""They give some of an array's items, as they are."""
REPLACERS = _split_into_byte_names("str_replace str_ireplace preg_replace substr_replace")
"""They put their second argument into a text."""
MATCH_CALLBACKS = _split_into_byte_names("preg_replace_~callback mb_ereg_replace_~callback ereg_replace_~callback")
FILTERS = _split_into_byte_names("filter_var")
WALKS = _split_into_byte_names("array_~walk array_~walk_recursive")
"""They give their callback the key, too."""
CALLS_AT_ONCE = _split_into_byte_names(
    "call_user_~func call_user_~func_array forward_static_call forward_static_call_array"
)
"""They do nothing but call what they are given."""
MAKES_NUMBERS = _split_into_byte_names(
    "intval floatval abs strlen count ceil floor round is_numeric md5 sha1 crc32 filesize filemtime ctype_digit"
)
"""What they give holds nothing of what they were given."""
REDUCES = _split_into_byte_names("array_~reduce")
"""They give their callback what came before, and then the item."""
COMPARES = _split_into_byte_names("us~ort ua~sort uk~sort")
"""They give their callback two items."""
PASSES_ON = _split_into_byte_names(
    "call_user_~func call_user_~func_array forward_static_call forward_static_call_array array_~map "
    "register_shutdown_~function"
)
"""Callbacks of these get what they are given beside them, which tells whether others have a say."""
NUMBERS_OF_LETTERS = _split_into_byte_names("ord hexdec bindec octdec mb_ord")
PUTS_TOGETHER = HANDED_ON | _split_into_byte_names(
    "array_reduce sscanf vsprintf nl_langinfo basename pathinfo number_format strstr mb_strstr mb_convert_case "
    "mb_decode_numericentity",
    "money_format var_export gettype get_class array_key_first array_key_last array_product array_sum max min abs "
    "base_convert md5 sha1 crc32 hash",
    "urlencode rawurlencode addcslashes quotemeta strip_tags soundex metaphone long2ip inet_ntop gmp_strval bcadd "
    "date gmdate similar_text",
)
"""What they make of constants is one, also where it is not worked out."""
FILLS_IN: Mapping[bytes, int] = {
    b"getimagesize": 1,
    b"is_callable": 2,
    b"openssl_private_decrypt": 1,
    b"openssl_public_decrypt": 1,
    b"openssl_open": 1,
    b"socket_recv": 1,
    b"xml_parse_into_struct": 2,
}
"""Functions that put what they make of something given into a variable, and which argument that is."""
TOUCHES = _split_into_byte_names(
    "file_exists is_file is_dir is_readable is_writable is_link filesize filemtime fileperms stat getimagesize "
    "md5_file sha1_file hash_file unlink"
    " touch fopen file_get_contents file opendir scandir copy rename mkdir exif_read_data"
)
"""Functions that look at a path; of an archive of PHP's they bring objects to life."""
CONNECTS = _split_into_byte_names("mysql_connect mysqli_connect pg_connect mssql_connect")
LOGINS = _split_into_byte_names("wp_set_auth_cookie wp_set_current_user")
ACCOUNTS = _split_into_byte_names("wp_create_user wp_insert_user")
IMAGE_SUFFIXES = (b".jpg", b".jpeg", b".png", b".gif", b".ico", b".bmp", b".webp")
DATA_SUFFIXES = (
    b".jpg",
    b".jpeg",
    b".png",
    b".gif",
    b".ico",
    b".txt",
    b".log",
    b".bmp",
    b".svg",
    b".css",
    b".webp",
    b".pdf",
    b".zip",
    b".dat",
)
