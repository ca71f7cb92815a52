"""Similar items: alike in text, viewed in turn, of one kind and no variant."""
