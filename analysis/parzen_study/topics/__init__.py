"""One folder per topic of the report; topic.py says how it registers itself."""
