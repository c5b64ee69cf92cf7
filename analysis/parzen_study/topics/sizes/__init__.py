"""From which size each mechanism pays: break-even."""
