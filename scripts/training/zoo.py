# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes and reads models of the zoo: core/model/FORMAT.md, 8-bit weights."""
import hashlib
import json
import os
import re

import numpy as np

from training import TrainingError
from training.fixed import pair


def _layer(layer, quantized):
    spec = {"name": layer.name, "op": layer.op}
    if layer.flatten:
        spec["flatten"] = True
    both = (lambda n: n) if layer.op == "conv1d" else (lambda n: [n, n])
    if layer.pool:
        spec["pool"] = {"type": layer.pool, "size": both(2), "stride": both(2)}
    spec["channels"] = layer.channels
    if layer.op != "linear":
        spec["kernel"] = both(layer.kernel)
        spec["pad"] = both(layer.pad)
    if layer.relu:
        spec["activation"] = "relu"
    spec["weight_bits"] = 8
    if layer.wide:
        spec["output_width"] = 32
    else:
        spec["output_shift"] = quantized.shift
    if layer.bias:
        spec["bias"] = True
    spec["processors"] = f"0x{layer.processors:016x}"
    if layer.output_processors:
        spec["output_processors"] = f"0x{layer.output_processors:016x}"
    return spec


def _input(model):
    size = ({"length": model.height} if model.one_d else
            {"height": model.height, "width": model.width})
    shape = {"channels": model.channels} | size | {"data_format": model.data_format}
    return shape | {"fold": model.fold} if model.fold > 1 else shape


def _pack(quantized):
    parts = []
    for layer in quantized:
        parts.append(layer.weights.astype(np.int8).tobytes())
        if layer.bias is not None:
            parts.append(layer.bias.astype(np.int8).tobytes())
    return b"".join(parts)


def _text(document):
    """Indented JSON in which lists of numbers stay on one line."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return re.sub(r"\[[\s\d,-]+\]", lambda m: re.sub(r"\s+", "", m[0]).replace(",", ", "),
                  text) + "\n"


def _save(path, data):
    """All or nothing: a model is never left half written."""
    try:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(path + ".new", "wb") as file:
            file.write(data)
        os.replace(path + ".new", path)
    except OSError as error:
        raise TrainingError(f"cannot write {path}: {error.strerror}") from None


def write(model, quantized, source, folder):
    """Writes FILE.bin and FILE.json; returns the path of the latter."""
    data = _pack(quantized)
    document = {
        "format": "synergy-model/1", "name": model.name, "description": model.description,
        "source": source,
        "input": _input(model),
        "labels": list(model.labels),
        **({"measured": list(model.measured)} if model.measured else {}),
        "weights": {"file": model.file + ".bin", "sha256": hashlib.sha256(data).hexdigest()},
        "layers": [_layer(layer, q) for layer, q in zip(model.layers, quantized)],
    }
    path = os.path.join(folder, model.file + ".json")
    _save(os.path.join(folder, model.file + ".bin"), data)
    _save(path, _text(document).encode())
    return path


def _folded(shape):
    return f", folded by {shape['fold']}" if "fold" in shape else ""


def write_golden(path, data, document, inputs, labels, outputs):
    """Known answers, one a picture, for the C code to be checked against."""
    golden = {
        "model": document["name"], "weights_sha256": document["weights"]["sha256"],
        "data": data + _folded(document["input"]),
        "vectors": [{"index": i, "label": int(labels[i]),
                     "input_sha256": hashlib.sha256(inputs[i].tobytes()).hexdigest(),
                     "outputs": [int(v) for v in outputs[i]]} for i in range(len(outputs))],
    }
    _save(path, _text(golden).encode())


def check_golden(path, document, inputs, outputs):
    """Compares a file of known answers with the model and with outputs measured from it."""
    try:
        golden = json.loads(_load(path))
    except ValueError as error:
        raise TrainingError(f"{path}: {error}") from None
    if golden["weights_sha256"] != document["weights"]["sha256"]:
        raise TrainingError(f"{path} belongs to other weights")
    for vector in golden["vectors"]:
        i = vector["index"]
        if (vector["input_sha256"] != hashlib.sha256(inputs[i].tobytes()).hexdigest()
                or vector["outputs"] != outputs[i].tolist()):
            raise TrainingError(f"{path}: picture {i} differs")


def _load(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise TrainingError(f"cannot read {path}: {error.strerror}") from None


def _shapes(document):
    """Shape of each layer's weights, followed through the model's own geometry."""
    shape = document["input"]
    c, h, w = shape["channels"], shape.get("length") or shape["height"], shape.get("width", 1)
    for spec in document["layers"]:
        if spec["op"] not in ("conv2d", "conv1d", "linear") or "inputs" in spec:
            raise TrainingError(f"layer {spec['name']}: only chains of conv2d, conv1d and linear")
        if "pool" in spec:
            h, w = ((n - size) // stride + 1 for n, size, stride in
                    zip((h, w), pair(spec["pool"]["size"], 1), pair(spec["pool"]["stride"], 1)))
        if spec.get("flatten"):
            c, h, w = c * h * w, 1, 1
        kernel = [1, 1] if spec["op"] == "linear" else pair(spec.get("kernel", [3, 3]), 1)
        pad = pair(spec.get("pad", 0), 0)
        yield (spec["channels"], c, *kernel)
        c, h, w = spec["channels"], h + 2 * pad[0] - kernel[0] + 1, w + 2 * pad[1] - kernel[1] + 1


def read(path):
    """The JSON document and [(weights, bias or None)] of a model with 8-bit weights."""
    try:
        document = json.loads(_load(path))
    except ValueError as error:
        raise TrainingError(f"{path}: {error}") from None
    data = _load(os.path.join(os.path.dirname(path), document["weights"]["file"]))
    if hashlib.sha256(data).hexdigest() != document["weights"]["sha256"]:
        raise TrainingError(f"{path}: the weights file is not the one that its SHA-256 names")
    values, weights = np.frombuffer(data, np.int8), []
    for spec, shape in zip(document["layers"], _shapes(document)):
        count, biases = int(np.prod(shape)), spec["channels"] if spec.get("bias") else 0
        if len(values) < count + biases:
            raise TrainingError(f"{path}: weights file too short at layer {spec['name']}")
        weights.append((values[:count].reshape(shape),
                        values[count:count + biases] if biases else None))
        values = values[count + biases:]
    if len(values):
        raise TrainingError(f"{path}: weights file has {len(values)} bytes too many")
    return document, weights
