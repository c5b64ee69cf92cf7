"""What sections are made of: blocks, the look of figures, tables of cases."""
