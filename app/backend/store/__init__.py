"""Facts, in and out: the only room that knows SQLAlchemy."""
