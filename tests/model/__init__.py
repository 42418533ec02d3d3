"""What must have been told, said a second time by other means, and lives drawn at random."""
