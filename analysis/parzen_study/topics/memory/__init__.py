"""How much memory each backend takes."""
