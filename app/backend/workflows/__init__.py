"""Where database and model meet: one story a file."""
