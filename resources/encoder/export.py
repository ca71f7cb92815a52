"""Any sentence-transformers model as one ONNX graph with its tokenizer, as `resources.encoder.text_encoder` reads it.

What belongs here: the export, for the pipeline alone (it needs torch). Transformers of any pooling with the layers
behind them and static models (mean of word vectors) become a graph from tokens to unit vectors, cut to the first
dimensions where fewer are asked for (Matryoshka; Kusupati et al., NeurIPS 2022). Limit of tokens, lower case and
prompts are the model's own unless the shop declares others.
"""

import importlib.util
import logging
import math
import os
import warnings
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["MODEL_FILE", "TOKENIZER_FILE", "ModelChoice", "export_model", "model_folder"]

MODEL_FILE, TOKENIZER_FILE = "model.onnx", "tokenizer.json"
_QUERY_PROMPTS, _PASSAGE_PROMPTS = ("query",), ("passage", "document")
"""Names under which models keep their prompts."""
_MODULES = "modules.json"


class ModelChoice(NamedTuple):
    """A sentence-transformers model and what to use of it."""

    folder: Path
    dimensions: int = 0
    """First dimensions of each vector that are kept; 0 keeps all."""
    max_tokens: int = 0
    """Tokens of a text that are read; 0 takes the model's own limit."""
    query_prompt: str | None = None
    """Text before each query; none takes the model's own."""
    passage_prompt: str | None = None
    """Text before each product's text; none takes the model's own."""
    name: str = ""
    """What it is called in a release; none for the name of the folder."""


def model_folder(model: str) -> Path:
    """Folder of a model by its path, or by the name of an installed package that holds it.

    Raises:
        ValueError: If there is no folder with ``modules.json``, as sentence-transformers saves a model.
    """
    path = Path(model).expanduser()
    candidates = [path]
    if not path.is_dir() and model.replace("-", "_").isidentifier():
        found = importlib.util.find_spec(model.replace("-", "_"))
        candidates = (
            sorted(at.parent for at in Path(found.origin).parent.rglob(_MODULES)) if found and found.origin else []
        )
    for folder in candidates:
        if (folder / _MODULES).is_file():
            return folder
    raise ValueError(
        f"[embeddings] model is {model!r}, which is no folder with {_MODULES} and no installed package that holds one: "
        "save the model with SentenceTransformer.save and give that folder."
    )


def export_model(chosen: ModelChoice, target: Path) -> dict[str, Any]:
    """Write the graph and the tokenizer to ``target``; returns what the encoder must know besides.

    Raises:
        ValueError: If the model cannot be read as text to one vector, or has fewer dimensions than are asked for.
    """
    os.environ["HF_HUB_OFFLINE"] = "1"
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    model = SentenceTransformer(str(chosen.folder), device="cpu", local_files_only=True)
    whole = model.get_embedding_dimension()
    if whole is None or chosen.dimensions > whole:
        raise ValueError(
            f"[embeddings] dimensions is {chosen.dimensions}, the model in {chosen.folder} has {whole}: give fewer."
        )
    dimensions = chosen.dimensions or model.truncate_dim or whole
    first: Any = model[0]
    own_limit = model.max_seq_length
    limit = chosen.max_tokens or (own_limit if own_limit and math.isfinite(own_limit) else 0)
    tokenizer = _tokenizer(first, chosen.folder)
    tokenizer.no_padding()
    if limit:
        tokenizer.enable_truncation(limit)
    else:
        tokenizer.no_truncation()
    tokenizer.save(str(target / TOKENIZER_FILE))
    _export_graph(_graph(model, dimensions), target / MODEL_FILE)
    return {
        "model": chosen.name or chosen.folder.name,
        "dimensions": dimensions,
        "max_tokens": limit,
        "special_tokens": not isinstance(first, StaticEmbedding),
        "lower": bool(getattr(first, "do_lower_case", False)),
        "query_prompt": _prompt(model, chosen.query_prompt, _QUERY_PROMPTS),
        "passage_prompt": _prompt(model, chosen.passage_prompt, _PASSAGE_PROMPTS),
    }


def _prompt(model: Any, declared: str | None, names: tuple[str, ...]) -> str:  # noqa: ANN401  # untyped library
    if declared is not None:
        return declared
    own = next((prompt for name in names if (prompt := model.prompts.get(name))), None)
    return own or model.prompts.get(model.default_prompt_name or "") or ""


def _tokenizer(first: Any, folder: Path) -> Any:  # noqa: ANN401  # untyped library
    from tokenizers import Tokenizer

    tokenizer = getattr(first, "tokenizer", None)
    fast = tokenizer if isinstance(tokenizer, Tokenizer) else getattr(tokenizer, "backend_tokenizer", None)
    if fast is None:
        raise ValueError(f"the model in {folder} has no fast tokenizer: choose one that is saved with tokenizer.json.")
    return Tokenizer.from_str(fast.to_str())


def _graph(model: Any, dimensions: int) -> Any:  # noqa: ANN401  # torch is not followed by the type checker
    """Tokens and mask → unit vectors, by the model's own modules."""
    import torch
    from sentence_transformers.sentence_transformer.modules import Pooling, StaticEmbedding

    modules = list(model)
    pooling = next((module for module in modules if isinstance(module, Pooling)), None)
    if pooling is not None and not pooling.include_prompt:
        raise ValueError(
            "the model leaves its prompt out of the pooling, which the encoder cannot: choose another model."
        )

    class Whole(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.parts = torch.nn.ModuleList(modules)

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:  # noqa: ANN401
            features = {"input_ids": input_ids, "attention_mask": attention_mask}
            for at, part in enumerate(self.parts):
                if isinstance(part, StaticEmbedding):
                    held = part.embedding.weight[input_ids] * attention_mask.unsqueeze(-1)
                    mean = held.sum(1) / attention_mask.sum(1, keepdim=True).clamp(min=1)
                    features = {"sentence_embedding": mean}
                elif at == 0:
                    hidden = part.auto_model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
                    features["token_embeddings"] = hidden
                else:
                    features = part(features)
            return torch.nn.functional.normalize(features["sentence_embedding"][:, :dimensions], dim=1)

    return Whole()


def _export_graph(graph: Any, target: Path) -> None:  # noqa: ANN401  # torch is not followed by the type checker
    """Trace a module from tokens and mask to vectors, with dynamic batch and length."""
    import torch

    # The exporter tells of every optional torchvision operator that is not installed.
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    names = ("input_ids", "attention_mask")
    batch, length = torch.export.Dim("batch"), torch.export.Dim("length")
    example = (torch.ones(2, 16, dtype=torch.long), torch.ones(2, 16, dtype=torch.long))
    with warnings.catch_warnings():
        # The exporter warns of its own deprecated internals and of axis names that it merges.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            graph.eval(),
            example,
            str(target),
            input_names=list(names),
            output_names=["vector"],
            dynamic_shapes={name: {0: batch, 1: length} for name in names},
            dynamo=True,
            external_data=False,
            verbose=False,
        )
