"""The loop itself: what is gained before any mechanism."""
