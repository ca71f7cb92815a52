"""What tables there are: their columns, keys and sample values, alike for files and PostgreSQL."""
