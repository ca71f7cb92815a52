"""Search by words: fields, postings, synonyms and corrections."""
