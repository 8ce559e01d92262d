"""Section 2: data models, each a class on a client."""
