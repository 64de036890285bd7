"""What each kind of file is held against before it is taken: itself, and what is stored."""
