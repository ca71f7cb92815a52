"""What each canonical table is proposed to be read from."""
