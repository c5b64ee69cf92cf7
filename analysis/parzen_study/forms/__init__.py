"""The forms of the report, one file a form: each takes a page and gives its text."""
