"""What a release consists of, built so that anyone gets the same bytes from the same commit."""
