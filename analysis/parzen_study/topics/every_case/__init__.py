"""All cases that solve a problem, whatever the other sections show of them."""
