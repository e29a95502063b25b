<?php
function import_item(SimpleXMLElement $item, PDO $db, string $dir): void
{
    $html = (string) $item->children('content', true)->encoded;
    $html = preg_replace_callback('~<img[^>]+src="(https?://[^"]+\.(?:jpe?g|png|gif))"~i', function (array $m) use ($dir): string {
        $data = file_get_contents($m[1]);
        $info = @getimagesizefromstring($data);
        if (!$info) {
            return '<img';
        }
        $name = sha1($data) . image_type_to_extension($info[2]);
        file_put_contents("$dir/$name", $data);

        return '<img src="/uploads/' . $name . '"';
    }, $html);
    $db->prepare('INSERT INTO posts (title, body) VALUES (?, ?)')->execute([(string) $item->title, $html]);
}
