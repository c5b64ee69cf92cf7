"""Tasks that wait: whether workers gain for what is not CPU-bound."""
