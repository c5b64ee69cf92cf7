"""What the article claims, a row per claim."""
