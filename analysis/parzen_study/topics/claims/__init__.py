"""What the article claims, a row a claim."""
