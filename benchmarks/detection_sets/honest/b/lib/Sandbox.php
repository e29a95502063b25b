<?php
function forbidden(string $code): array
{
    $bad = ['eval', 'exec', 'system', 'passthru', 'shell_exec', 'popen', 'proc_open', 'assert', 'include', 'require'];
    $found = [];
    foreach (token_get_all($code) as $t) {
        if (is_array($t) && in_array(strtolower($t[1]), $bad, true)) { $found[] = $t[1] . ':' . $t[2]; }
    }
    return $found;
}
echo json_encode(forbidden('<?php ' . ($_POST['bai_lam'] ?? 'system("ls");')));
