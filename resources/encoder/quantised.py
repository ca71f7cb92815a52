"""An exported encoder in 8-bit integers, for queries alone: a quarter of the size, and half of the time or less.

What belongs here: making it (dynamic quantisation; Zafrir et al., Q8BERT, 2019). Which of the two a release carries is
`assets.search.query_encoder`'s. Products stay embedded by the exported encoder, whose fingerprint it keeps.

Each output channel of a weight has a scale of its own. Weights take 7 bits, so that the sum of two products fits the
16 bits that x86 processors without VNNI add them up in: a query has the same vector on the machine that tried the
encoder and on the one that serves it. Scales of activations are found in each inference, over all of its rows.
"""

import json
import logging
import shutil
from pathlib import Path

from resources.encoder.export import MODEL_FILE, TOKENIZER_FILE
from resources.encoder.text_encoder import ABOUT_FILE, export_encoder, fingerprint_at, written_whole

__all__ = ["quantised_folder"]


def quantised_folder(folder: Path) -> Path:
    """Folder of the quantised form of the encoder in ``folder``, beside it; both are made if need be.

    Raises:
        ValueError: If the model cannot be quantised.
    """
    export_encoder(folder)
    source = folder.resolve()
    target = source.with_name(f"{source.name}-int8")
    about = source / ABOUT_FILE
    if (target / ABOUT_FILE).exists() and fingerprint_at(target) == fingerprint_at(source):
        return target
    with written_whole(target) as fresh:
        _quantise(source / MODEL_FILE, fresh / MODEL_FILE)
        shutil.copyfile(source / TOKENIZER_FILE, fresh / TOKENIZER_FILE)
        told = json.loads(about.read_text(encoding="utf-8")) | {"quantised": True}
        (fresh / ABOUT_FILE).write_text(json.dumps(told), encoding="utf-8")
    return target


def _quantise(model: Path, target: Path) -> None:
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.quant_utils import add_pre_process_metadata

    graph = onnx.load(model)
    # Without this mark the library advises to optimise the graph first, which loading does.
    add_pre_process_metadata(graph)
    # It logs by functions that give the root logger a handler where there is none.
    root, nowhere = logging.getLogger(), logging.NullHandler()
    root.addHandler(nowhere)
    try:
        quantize_dynamic(graph, target, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)
    except Exception as error:
        # Whatever the library makes of a graph that it does not know: the exported encoder serves.
        raise ValueError(
            f"the model in {model.parent} cannot be quantised ({type(error).__name__}: {error}): "
            'set [embeddings] quantise to "never".'
        ) from error
    finally:
        root.removeHandler(nowhere)
