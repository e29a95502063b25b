"""Whom Apache lets in: Require, and Order with Allow and Deny."""

from ansible.module_utils.luytre.parsers.web_servers.apache_config import (
    ApacheSection,
)


def is_anonymous_access_allowed(settings):
    """Return whether an anonymous visitor from the Internet gets through."""
    meets_require = settings.require is None or _evaluate_require_any(settings.require) is not False
    if settings.compat is None:
        return meets_require
    compat = _is_everyone_allowed_by_order(settings.compat)
    if settings.satisfy_any:
        return compat or (settings.require is not None and meets_require)
    return compat and meets_require


def _evaluate_require_any(requires):
    """Return RequireAny over directives: True granted, False denied, None neutral."""
    results = [_evaluate_require_directive(node) for node in requires]
    if True in results:
        return True
    return False if False in results else None


def _evaluate_require_directive(node):
    if isinstance(node, ApacheSection):
        inside = [child for child in node.inside if child.name.startswith("require")]
        results = [_evaluate_require_directive(child) for child in inside]
        if node.name == "requireall":
            return False if False in results else (True if True in results else None)
        if node.name == "requirenone":
            return False if True in results else None
        return _evaluate_require_any(inside)
    args = [arg.lower() for arg in node.args]
    is_negated = bool(args) and args[0] == "not"
    is_granted = _is_everybody_granted_by_require(args[1:] if is_negated else args)
    if is_negated:
        return False if is_granted else None
    return is_granted


def _is_everybody_granted_by_require(args):
    if not args:
        return False
    kind, rest = args[0], args[1:]
    if kind == "all":
        return rest[:1] == ["granted"]
    if kind == "ip":
        return any(network in ("0.0.0.0/0", "::/0", "0/0") for network in rest)
    if kind == "method":
        return "get" in rest
    return kind in ("expr", "env")


def _is_everyone_allowed_by_order(compat):
    def everyone(names):
        return any(name.lower() == "all" or name in ("0.0.0.0/0", "0/0") for name in names)

    if compat["order"].startswith("deny"):
        return everyone(compat["allow"]) or not everyone(compat["deny"])
    return everyone(compat["allow"]) and not everyone(compat["deny"])
