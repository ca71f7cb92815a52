"""The model that turns texts into vectors: ``[embeddings]``."""

from typing import Literal

import msgspec

from resources.encoder.export import ModelChoice, model_folder

__all__ = ["Embeddings"]


class Embeddings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The model of search by meaning and similar items."""

    model: str = ""
    """Folder of a sentence-transformers model, as its ``save`` writes it, or an installed package that holds one; empty
    for all-MiniLM-L6-v2, which is English. A change embeds every text once more."""
    dimensions: int = 0
    """First numbers of each vector that are kept, for models that were trained for it (Matryoshka); 0 keeps all."""
    max_tokens: int = 0
    """Tokens of a text that are read; 0 takes the model's own limit."""
    query_prompt: str | None = None
    """Text before each query; left out, the model's own."""
    passage_prompt: str | None = None
    """Text before each product's text; left out, the model's own."""
    quantise: Literal["auto", "always", "never"] = "auto"
    """Whether releases carry an 8-bit form of the model for queries, a quarter of the size and twice as fast or more:
    ``auto`` where `search_report` shows that search loses nothing by it. Products are embedded by the whole model."""

    def choice(self) -> ModelChoice | None:
        """The model, none where the default is meant.

        Raises:
            ValueError: If there is none of that name.
        """
        if not self.model:
            return None
        folder = model_folder(self.model)
        return ModelChoice(folder, self.dimensions, self.max_tokens, self.query_prompt, self.passage_prompt)

    def faults(self) -> list[str]:
        """What is wrong with the numbers, each with the remedy."""
        faults = [
            f"[embeddings] {name} is {value}: give a number from 1 to {most:,}, or 0"
            for name, value, most in (("dimensions", self.dimensions, 4_096), ("max_tokens", self.max_tokens, 8_192))
            if not 0 <= value <= most
        ]
        if not self.model and self != Embeddings(quantise=self.quantise):
            faults.append("[embeddings] has no model: name one, or leave the others out")
        return faults
