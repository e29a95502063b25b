<?php
class Smtp
{
    private $s;
    public function __construct(string $host, int $port = 25) { $this->s = fsockopen($host, $port, $n, $e, 10); $this->read(); }
    private function read(): string { $o = ''; while ($l = fgets($this->s, 515)) { $o .= $l; if ($l[3] === ' ') { break; } } return $o; }
    public function cmd(string $c): string { fwrite($this->s, $c . "\r\n"); return $this->read(); }
    public function send(string $from, array $to, string $data): bool
    {
        $this->cmd('EHLO localhost');
        $this->cmd('AUTH PLAIN ' . base64_encode("\0" . getenv('SMTP_USER') . "\0" . getenv('SMTP_PASS')));
        $this->cmd("MAIL FROM:<$from>");
        foreach ($to as $t) { $this->cmd("RCPT TO:<$t>"); }
        $this->cmd('DATA');
        return str_starts_with($this->cmd($data . "\r\n."), '250');
    }
}
