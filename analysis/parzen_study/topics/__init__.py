"""One folder a topic: its model, and what the report and the command line show of it."""
