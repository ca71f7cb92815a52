"""The encoder in 8-bit integers: near the whole one, smaller, the same in any company, and for queries alone."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from evaluation.arrays import Floats32
from resources.encoder.export import MODEL_FILE, TOKENIZER_FILE
from resources.encoder.quantised import quantised_folder
from resources.encoder.text_encoder import ABOUT_FILE, TextEncoder, fingerprint_at

QUERIES = ["red lamp", "a porcelain teapot", "1/2 in drill bit", "Ünïcödé 茶壶", "", "wireless bluetooth headphones"]


@pytest.fixture(scope="module")
def folder(encoder: Path) -> Path:
    """The quantised form of the real encoder."""
    return quantised_folder(encoder)


def test_it_is_near_the_whole_encoder_and_smaller(encoder: Path, folder: Path) -> None:
    """Cosine of at least .97 on each query, unit rows, less than a third of the bytes; stored vectors stay valid."""
    quantised, whole = TextEncoder.load(folder), TextEncoder.load(encoder)
    found = quantised.encode(QUERIES, query=True)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    assert (found * whole.encode(QUERIES, query=True)).sum(axis=1).min() >= 0.97
    assert (folder / MODEL_FILE).stat().st_size < (encoder / MODEL_FILE).stat().st_size / 3
    assert quantised.is_quantised
    assert not whole.is_quantised
    assert quantised.fingerprint == whole.fingerprint


def test_a_query_has_the_same_vector_in_any_company(folder: Path) -> None:
    """Bit by bit, though scales are those of an inference: alone, in reverse, among more rows than are asked for."""
    quantised = TextEncoder.load(folder)
    whole = quantised.encode(QUERIES, query=True)
    alone = np.concatenate([quantised.encode([query], query=True, batch_rows=1) for query in QUERIES])
    np.testing.assert_array_equal(alone, whole)
    np.testing.assert_array_equal(quantised.encode(QUERIES[::-1], query=True, batch_rows=64), whole[::-1])


def test_products_are_not_embedded_by_it(folder: Path) -> None:
    """Their vectors are stored under the fingerprint of the whole encoder."""
    with pytest.raises(ValueError, match="quantised encoder is for queries"):
        TextEncoder.load(folder).encode(["red lamp"])


def product_of(weights: Floats32, folder: Path, fingerprint: str) -> Path:
    """An encoder's folder whose graph is one matrix product; nothing is loaded from the rest."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    rows, columns = weights.shape
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["vector"])],
        "product",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", rows])],
        [helper.make_tensor_value_info("vector", TensorProto.FLOAT, ["batch", columns])],
        [numpy_helper.from_array(weights, "w")],
    )
    folder.mkdir(parents=True)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10), folder / MODEL_FILE)
    (folder / TOKENIZER_FILE).write_text("{}", encoding="utf-8")
    (folder / ABOUT_FILE).write_text(json.dumps({"fingerprint": fingerprint}), encoding="utf-8")
    return folder


def test_it_is_made_once_and_anew_for_another_model(tmp_path: Path) -> None:
    """Beside the encoder that a link names; where another encoder has come there, another one."""
    weights = np.random.default_rng(0).normal(size=(64, 32)).astype(np.float32)
    own = product_of(weights, tmp_path / "models" / "encoder", "one")
    (tmp_path / "encoder").symlink_to(own)
    made = quantised_folder(tmp_path / "encoder")
    assert made == tmp_path / "models" / "encoder-int8"
    before = (made / MODEL_FILE).stat().st_mtime_ns
    assert quantised_folder(own) == made
    assert (made / MODEL_FILE).stat().st_mtime_ns == before
    shutil.rmtree(own)
    product_of(weights, own, "another")
    assert fingerprint_at(quantised_folder(own)) == "another"
    assert (made / MODEL_FILE).stat().st_mtime_ns > before


def test_each_channel_has_a_scale_of_seven_bits(tmp_path: Path) -> None:
    """Of one channel a thousand times the other neither is lost; no weight is beyond ±64, for sums of 16 bits."""
    import onnx
    from onnx import numpy_helper

    weights = np.random.default_rng(0).normal(size=(64, 2)).astype(np.float32) * np.array([1000, 1], np.float32)
    folder = quantised_folder(product_of(weights, tmp_path / "encoder", "one"))
    held = {one.name: numpy_helper.to_array(one) for one in onnx.load(folder / MODEL_FILE).graph.initializer}
    assert held["w_quantized"].dtype == np.int8
    assert 60 <= abs(held["w_quantized"].astype(int)).max() <= 64
    restored = held["w_quantized"].astype(np.float32) * held["w_scale"]
    assert (abs(restored - weights).max(axis=0) <= 0.51 / 63 * abs(weights).max(axis=0)).all()


def test_a_graph_that_cannot_be_quantised_is_told(tmp_path: Path) -> None:
    """With the remedy; nothing is left behind."""
    own = product_of(np.ones((2, 2), np.float32), tmp_path / "encoder", "one")
    (own / MODEL_FILE).write_bytes(b"")
    with pytest.raises(ValueError, match=r"cannot be quantised .*quantise to \"never\""):
        quantised_folder(own)
    assert [path.name for path in tmp_path.iterdir()] == ["encoder"]
