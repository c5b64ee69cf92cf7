"""What every folder needs: messages, files and limits; nothing of a run."""
