"""Files that an application makes by itself, which no release has.

Known by their shape, of which every part is looked at. Pure.

Whoever writes more into one of them than its maker would has it judged as any other file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from auditor.compromise.php import nodes
from auditor.compromise.php.nodes import PhpNode

Maker = Literal["settings", "smarty", "twig"]
MAX_READ = 400_000
_WRITTEN_THERE = re.compile(
    rb"(?i)(?:^|/)(?:data|cache|config|configs|tmp|temp|templates_c|compile\w{0,20}|twig|smarty)/"
)
_HEADS: Mapping[Maker, re.Pattern[bytes]] = {
    "smarty": re.compile(
        rb"<\?php\s{0,9}/\* Smarty version [\w.-]{1,20}, created on [\d :-]{10,30}\s{1,9}from "
        rb"['\"][^'\"*]{1,400}['\"] \*/"
    ),
    "twig": re.compile(
        rb"<\?php\s(?s:.{0,1500}?)\bclass __TwigTemplate_[0-9a-f]{32,128}(?:___\d{1,10})? extends \\?(?:Twig"
        rb"\\|Twig_)?Template\b"
    ),
    "settings": re.compile(rb"(?s)<\?php\s(?!.{0,400000}?(?:\bfunction\b|\bclass\b|->|::|`))"),
}
_CONSTANT = frozenset(
    {
        *(
            "program",
            "expression_statement",
            "assignment_expression",
            "variable_name",
            "subscript_expression",
            "const_declaration",
            "const_element",
        ),
        *(
            "array_creation_expression",
            "array_element_initializer",
            "string",
            "string_content",
            "encapsed_string",
            "escape_sequence",
            "name",
        ),
        *(
            "integer",
            "float",
            "boolean",
            "null",
            "unary_op_expression",
            "binary_expression",
            "return_statement",
            "if_statement",
            "arguments",
        ),
        *(
            "argument",
            "function_call_expression",
            "parenthesized_expression",
            "compound_statement",
            "exit_statement",
            "php_end_tag",
            "nowdoc",
        ),
        *(".", "=", "-", "+", "!", "||", "&&", "text"),
    }
)
"""What a file of settings is made of."""
_CALLED_IN_SETTINGS = frozenset({b"define", b"defined", b"die", b"exit", b"array"})
_NEVER = frozenset(
    {
        *(
            "include_expression",
            "include_once_expression",
            "require_expression",
            "shell_command_expression",
            "dynamic_variable_name",
        ),
        *("object_creation_expression", "global_declaration"),
    }
)
_CALLED_IN_TEMPLATES = re.compile(
    rb"(?i)\\?(?:smarty_(?:modifier|function|block|mb)_\w{1,60}|_?smarty_\w{1,60}|content_[0-9a-f]\w{1,80}"
    rb"|twig_\w{1,60}"
    rb"|is_callable|class_exists|function_exists|ob_start|ob_get_clean|ob_end_clean|ob_get_level|ob_get_contents"
    rb"|implode|explode|count|isset|empty|array"
    rb"|is_array|is_object|in_array|array_key_exists|array_keys|array_merge|array_slice|htmlspecialchars"
    rb"|htmlspecialchars_decode|strip_tags|nl2br|sprintf"
    rb"|str_replace|strtolower|strtoupper|ucfirst|ucwords|substr|mb_\w{1,30}|strlen|trim|ltrim|rtrim|number_format"
    rb"|date|strtotime|time|round|floor|ceil"
    rb"|json_encode|urlencode|rawurlencode|intval|strval|max|min|abs|range|iterator_to_array|preg_replace|preg_match"
    rb"|stripslashes|addslashes|strpos|str_repeat|chunk_split|wordwrap|lcfirst|defined|constant)"
)
_PLUGIN = re.compile(rb"['\"](?:/[\w./-]{1,200})?/(?:plugins|sysplugins)/[\w.]{1,80}\.php['\"]")
_VISITORS = re.compile(rb"_(?:GET|POST|REQUEST|COOKIE|FILES|SERVER|ENV)\b|php://|GLOBALS")


def detect_generator_of_file(content: bytes, path: str) -> Maker | None:
    """Return what makes files of that shape at such a path; None where it is not that shape to its end."""
    if len(content) > MAX_READ or not _WRITTEN_THERE.search(path.encode("utf-8", "surrogateescape")):
        return None
    maker_name = next((name for name, head in _HEADS.items() if head.match(content)), None)
    if maker_name is None:
        return None
    try:
        tree = nodes.parse_php_nodes(content)
    except nodes.TooLarge:
        return None
    fits = _is_allowed_in_generated_settings if maker_name == "settings" else _is_allowed_in_compiled_template
    return maker_name if not _VISITORS.search(content) and all(fits(node, content) for node in tree) else None


def _is_allowed_in_generated_settings(node: PhpNode, content: bytes) -> bool:
    if node.type == "function_call_expression":
        return _get_function_name(node, content).lower() in _CALLED_IN_SETTINGS
    if node.type == "text":
        return not content[node.start : node.end].strip()
    return node.type in _CONSTANT


def _is_allowed_in_compiled_template(node: PhpNode, content: bytes) -> bool:
    if node.type in ("function_call_expression", "member_call_expression", "scoped_call_expression"):
        name = node.get("name") if node.type != "function_call_expression" else node.get("function")
        if name is None or name.type not in ("name", "qualified_name"):
            return False
        return (
            node.type != "function_call_expression"
            or _CALLED_IN_TEMPLATES.fullmatch(_get_function_name(node, content)) is not None
        )
    if node.type == "require_once_expression":
        return _PLUGIN.search(content, node.start, node.end) is not None and not any(
            child.children for child in node.children
        )
    return node.type not in _NEVER


def _get_function_name(node: PhpNode, content: bytes) -> bytes:
    name = node.get("function")
    return content[name.start : name.end] if name is not None else b""
