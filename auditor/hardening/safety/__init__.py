"""Why a change must not be made now, or not without being accepted."""
