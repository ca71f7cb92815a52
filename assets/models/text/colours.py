"""Words of colour, which tell one variant of a product from another and are no misspellings of one another.

Belongs here: the words. What is made of them is their readers' matter.
"""

__all__ = ["COLOURS"]

COLOURS = frozenset(
    {
        "black",
        "white",
        "red",
        "green",
        "blue",
        "yellow",
        "orange",
        "purple",
        "violet",
        "pink",
        "brown",
        "grey",
        "gray",
        "beige",
        "ivory",
        "cream",
        "navy",
        "turquoise",
        "teal",
        "aqua",
        "gold",
        "golden",
        "silver",
        "bronze",
        "copper",
        "chrome",
        "charcoal",
        "burgundy",
        "maroon",
        "lilac",
        "lavender",
        "mint",
        "olive",
        "khaki",
        "tan",
        "magenta",
        "coral",
        "rose",
        "multicolour",
        "multicolor",
        "assorted",
    }
)
