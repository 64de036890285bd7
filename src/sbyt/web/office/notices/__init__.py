"""The desk of mass notices: what is told to many, who is told, how far it has come."""
