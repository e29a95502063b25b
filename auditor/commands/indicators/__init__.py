"""``auditor indicators``: what others know to be bad, carried in, compared, and handed on."""
