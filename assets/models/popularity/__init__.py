"""What is popular: in the shop, in a segment, in the categories that a user likes."""
