"""What search answers with: words, meaning, their blend, and what clicks teach of both."""
