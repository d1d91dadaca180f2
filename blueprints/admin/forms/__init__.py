"""Forms of the desk, one module a noun. Every one of them carries Flask-WTF's token."""
