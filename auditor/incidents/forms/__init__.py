"""Forms on an incident: what each asks, what is known of it, and the files. Words of fields: ``form.field.NAME``."""
