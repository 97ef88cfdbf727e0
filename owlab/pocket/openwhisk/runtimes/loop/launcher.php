<?php
// Calls one PHP function for each line of the standard input: php launcher.php FILE FUNCTION.
declare(strict_types=1);

[, $file, $main] = $argv;
$answers = fopen('php://fd/3', 'wb');

function answer($answers, $body): void
{
    fflush(STDOUT);
    fflush(STDERR);
    fwrite($answers, json_encode($body, JSON_UNESCAPED_SLASHES | JSON_THROW_ON_ERROR) . "\n");
    fflush($answers);
}

try {
    $autoload = dirname($file) . '/vendor/autoload.php';
    if (is_file($autoload)) {
        require $autoload;
    }
    require $file;
} catch (\Throwable $error) {
    fwrite(STDERR, $error . "\n");
    answer($answers, ['error' => 'PHP syntax error: ' . $error->getMessage()]);
    exit(1);
}
if (!function_exists($main)) {
    answer($answers, ['error' => "Function `$main` not found in the action."]);
    exit(1);
}
answer($answers, ['ok' => true]);

while (($line = fgets(STDIN)) !== false) {
    $request = json_decode($line, true, 512, JSON_THROW_ON_ERROR);
    $value = $request['value'] ?? [];
    unset($request['value']);
    foreach ($request as $name => $text) {
        putenv('__OW_' . strtoupper($name) . '=' . $text);
        $_ENV['__OW_' . strtoupper($name)] = $text;
    }
    try {
        $result = $main($value);
        if (is_object($result)) {
            $result = get_object_vars($result);
        }
        // An empty PHP array is an object for OpenWhisk.
        answer($answers, $result === [] ? new \stdClass() : $result);
    } catch (\Throwable $error) {
        fwrite(STDERR, $error . "\n");
        answer($answers, ['error' => $error->getMessage()]);
    }
}
