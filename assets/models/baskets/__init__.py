"""What is bought together and again."""
