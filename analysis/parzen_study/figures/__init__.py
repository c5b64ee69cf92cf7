"""The figures, one file a figure: each picks its data, draws it, and knows no file format."""
