<?php
final class Expression
{
    private array $tokens;
    private int $at = 0;

    public function eval(string $text, array $vars = []): float
    {
        preg_match_all('/\d+\.?\d*|[a-z_]+|[-+*\/()]/i', $text, $m);
        $this->tokens = $m[0];
        $this->at = 0;

        return $this->sum($vars);
    }

    private function sum(array $vars): float
    {
        $v = $this->product($vars);
        while (in_array($op = $this->tokens[$this->at] ?? '', ['+', '-'], true)) {
            $this->at++;
            $r = $this->product($vars);
            $v = $op === '+' ? $v + $r : $v - $r;
        }

        return $v;
    }

    private function product(array $vars): float
    {
        $v = $this->atom($vars);
        while (in_array($op = $this->tokens[$this->at] ?? '', ['*', '/'], true)) {
            $this->at++;
            $r = $this->atom($vars);
            $v = $op === '*' ? $v * $r : $v / $r;
        }

        return $v;
    }

    private function atom(array $vars): float
    {
        $t = $this->tokens[$this->at++] ?? '0';
        if ($t === '(') {
            $v = $this->sum($vars);
            $this->at++;

            return $v;
        }

        return is_numeric($t) ? (float) $t : (float) ($vars[$t] ?? 0);
    }
}
echo (new Expression())->eval($_GET['bieu_thuc'] ?? '1+1');
