"""How small a task may be, and what a call costs that creates its workers."""
