#!/usr/bin/python3
"""Compares facenet's reading of ONNX files with ONNX Runtime's.

    scripts/bench/onnx_peer.py --program build/release/test/bench/networks_bench
        --onnxruntime FOLDER [--graphs 50] [FILE.onnx ...]

Makes random small graphs of every operator that facenet translates (with Debian's python3-onnx),
runs them and the given files on random images in both, and prints the largest difference relative
to the larger of 1 and the value; more than 1e-4 fails. --onnxruntime is an unpacked npm package
onnxruntime-node with onnxruntime-common in its node_modules. --program is built with
-DFACENET_BUILD_BENCH=ON.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

ORT = """
const fs = require('fs'), ort = require(process.argv[1]);
const [file, input, output] = process.argv.slice(2, 5), shape = process.argv[5].split(',').map(Number);
(async () => {
  const session = await ort.InferenceSession.create(file, {logSeverityLevel: 3});
  const bytes = fs.readFileSync(input);
  const data = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const answer = await session.run({[session.inputNames[0]]: new ort.Tensor('float32', data, shape)});
  fs.writeFileSync(output, Buffer.concat(session.outputNames.map((name) => Buffer.from(Float32Array.from(answer[name].data).buffer))));
})();
"""


class Graph:
    """A chain of operators on images [1, C, H, W], with random attributes."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.nodes, self.tensors, self.count = [], [], 0
        self.shape = [1, 3, int(self.random.integers(9, 20)), int(self.random.integers(9, 20))]
        self.input_shape = list(self.shape)

    def tensor(self, array):
        self.count += 1
        self.tensors.append(numpy_helper.from_array(np.asarray(array), f"k{self.count}"))
        return f"k{self.count}"

    def floats(self, *shape, low=-1.0):
        return self.tensor(self.random.uniform(low, 1, shape).astype(np.float32))

    def node(self, op, inputs, **attributes):
        self.count += 1
        self.nodes.append(helper.make_node(op, inputs, [f"v{self.count}"], f"n{self.count}", **attributes))
        return f"v{self.count}"

    def pick(self, *choices):
        return choices[int(self.random.integers(len(choices)))]

    def window(self, kernel):
        stride = self.pick(1, 1, 2)
        size = self.shape[2:]
        kind = self.pick("NOTSET", "NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID")
        attributes = {"strides": [stride, stride], "kernel_shape": [kernel, kernel]}
        if kind == "NOTSET":
            pads = [int(self.random.integers(0, (kernel + 1) // 2)) for _ in range(4)]
            attributes["pads"] = pads
            out = [(size[i] + pads[i] + pads[i + 2] - kernel) // stride + 1 for i in (0, 1)]
        else:
            attributes["auto_pad"] = kind
            out = [-(-s // stride) if kind != "VALID" else (s - kernel) // stride + 1 for s in size]
        self.shape[2:] = out
        return attributes

    def conv(self, x):
        channels = self.shape[1]
        group = self.pick(1, 1, channels)
        filters = group * self.pick(1, 2) if group > 1 else int(self.random.integers(2, 9))
        kernel = min(self.pick(1, 3, 5), *self.shape[2:])
        inputs = [x, self.floats(filters, channels // group, kernel, kernel)]
        if self.pick(True, False):
            inputs.append(self.floats(filters))
        attributes = self.window(kernel)
        self.shape[1] = filters
        return self.node("Conv", inputs, group=group, **attributes)

    def transposed(self, x):
        filters = int(self.random.integers(1, 5))
        self.shape[2:] = [2 * s for s in self.shape[2:]]
        weight = self.floats(self.shape[1], filters, 2, 2)
        self.shape[1] = filters
        return self.node("ConvTranspose", [x, weight, self.floats(filters)], strides=[2, 2], kernel_shape=[2, 2])

    def pool(self, x):
        kernel = min(self.pick(2, 3), *self.shape[2:])
        op = self.pick("MaxPool", "AveragePool", "LpPool")
        extra = {"count_include_pad": self.pick(0, 1)} if op == "AveragePool" else {}
        return self.node(op, [x], **self.window(kernel), **extra)

    def activation(self, x):
        c = self.shape[1]
        op = self.pick("Relu", "LeakyRelu", "PRelu", "Sigmoid", "Tanh", "HardSigmoid", "HardSwish", "Elu", "Clip", "Abs", "Neg", "Softmax")
        if op == "PRelu":
            return self.node(op, [x, self.floats(c, 1, 1)])
        if op == "Clip":
            return self.node(op, [x, self.tensor(np.float32(-0.5)), self.tensor(np.float32(0.75))])
        if op == "Softmax":
            return self.node(op, [x], axis=self.pick(1, -1, 3))
        return self.node(op, [x], **({"alpha": 0.3} if op in ("LeakyRelu", "Elu", "HardSigmoid") else {}))

    def arithmetic(self, x):
        op = self.pick("Add", "Sub", "Mul", "Div", "Max", "Min")
        other = self.floats(self.shape[1], 1, 1, low=0.25 if op == "Div" else -1.0)
        return self.node(op, [x, other])

    def norm(self, x):
        c = self.shape[1]
        op = self.pick("BatchNormalization", "LRN", "LpNormalization")
        if op == "BatchNormalization":
            return self.node(op, [x, self.floats(c), self.floats(c), self.floats(c), self.floats(c, low=0.1)], epsilon=1e-3)
        return self.node(op, [x], **({"size": self.pick(3, 5), "alpha": 0.5} if op == "LRN" else {"axis": 1}))

    def residual(self, x):
        before, shape = x, list(self.shape)
        weight = self.floats(shape[1], shape[1], 3, 3)
        y = self.node("Conv", [x, weight], pads=[1, 1, 1, 1])
        return self.node("Relu", [self.node("Add", self.pick([before, y], [y, before]))])

    def branches(self, x):
        c = self.shape[1]
        parts = [x, self.node("Conv", [x, self.floats(2, c, 1, 1)]), self.node("Neg", [x])]
        self.shape[1] = 2 * c + 2
        return self.node("Concat", parts, axis=1)

    def pad(self, x):
        pads = [int(n) for n in self.random.integers(0, 3, 4)]
        self.shape[2] += pads[0] + pads[2]
        self.shape[3] += pads[1] + pads[3]
        return self.node("Pad", [x, self.tensor(np.array([0, 0, *pads[:2], 0, 0, *pads[2:]], np.int64)), self.tensor(np.float32(self.pick(0, 1)))])

    def resize(self, x):
        self.shape[2:] = [2 * s for s in self.shape[2:]]
        mode = self.pick("nearest", "linear", "computed")
        if mode == "computed":
            shape = self.node("Shape", [x])
            front = self.node("Slice", [shape, self.tensor(np.array([0])), self.tensor(np.array([2])), self.tensor(np.array([0]))])
            sizes = self.node("Concat", [front, self.tensor(np.array(self.shape[2:], np.int64))], axis=0)
            return self.node("Resize", [x, "", "", sizes], mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
        scales = self.tensor(np.array([1, 1, 2, 2], np.float32))
        return self.node("Resize", [x, "", scales], mode=mode)

    def shuffle(self, x):
        n, c, h, w = self.shape
        if self.pick(True, False):
            self.shape = [n, c, w, h]
            return self.node("Transpose", [x], perm=[0, 1, 3, 2])
        order = self.tensor(self.random.permutation(c).astype(np.int64))
        return self.node("Gather", [x, order], axis=1)

    def slice(self, x):
        if self.shape[1] < 3:
            return x
        self.shape[1] -= 1
        return self.node("Slice", [x, self.tensor(np.array([1])), self.tensor(np.array([2**31])), self.tensor(np.array([1]))])

    def end(self, x):
        kind = self.pick("image", "dense", "mean", "shape")
        n, c, h, w = self.shape
        if kind == "dense":
            flat = self.node("Flatten", [x])
            y = self.node("Gemm", [flat, self.floats(5, c * h * w), self.floats(5)], transB=1)
            y = self.node("BatchNormalization", [y, self.floats(5), self.floats(5), self.floats(5), self.floats(5, low=0.1)])
            return self.node("Div", [y, self.node("ReduceL2", [y], axes=[1], keepdims=1)])
        if kind == "mean":
            y = self.node(self.pick("GlobalAveragePool", "GlobalMaxPool"), [x])
            return self.node("MatMul", [self.node("Squeeze", [y, self.tensor(np.array([2, 3]))]), self.floats(c, 3)])
        if kind == "shape":
            batch = self.node("Gather", [self.node("Shape", [x]), self.tensor(np.int64(0))], axis=0)
            target = self.node("Concat", [self.node("Unsqueeze", [batch, self.tensor(np.array([0]))]), self.tensor(np.array([-1]))], axis=0)
            return self.node("Reshape", [x, target])
        return x

    def make(self, path):
        steps = [self.conv, self.conv, self.transposed, self.pool, self.activation, self.activation, self.arithmetic,
                 self.norm, self.residual, self.branches, self.pad, self.resize, self.shuffle, self.slice]
        x = self.conv("in")
        for _ in range(int(self.random.integers(2, 8))):
            if self.shape[1] * self.shape[2] * self.shape[3] < 20_000 and min(self.shape[2:]) > 2:
                x = self.pick(*steps)(x)
        x = self.node("Identity", [self.end(x)])
        graph = helper.make_graph(
            self.nodes, "random", [helper.make_tensor_value_info("in", TensorProto.FLOAT, self.input_shape)],
            [helper.make_tensor_value_info(x, TensorProto.FLOAT, None)], self.tensors)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)])
        model.ir_version = 7
        onnx.save(model, path)


def difference(file, options, folder, seed):
    model = onnx.load(file)
    names = {tensor.name for tensor in model.graph.initializer}
    shape = [d.dim_value or 1 for d in next(i for i in model.graph.input if i.name not in names).type.tensor_type.shape.dim]
    image = folder / "image.f32"
    np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32).tofile(image)
    text = ",".join(map(str, shape))
    theirs, ours = folder / "theirs.f32", folder / "ours.f32"
    subprocess.run(["node", "-e", ORT, options.onnxruntime, file, image, theirs, text], check=True)
    result = subprocess.run([options.program, "answer", file, image, ours, text], capture_output=True, text=True)
    if result.returncode != 0:
        return float("inf"), result.stderr.strip()
    a, b = np.fromfile(theirs, np.float32), np.fromfile(ours, np.float32)
    if a.size != b.size:
        return float("inf"), f"{b.size} numbers, not {a.size}"
    worst = np.abs(a - b) / np.maximum(1, np.abs(a))
    return (float("inf") if np.isnan(worst).any() else float(worst.max())), ""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--onnxruntime", required=True)
    parser.add_argument("--graphs", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()
    worst, bad = 0.0, 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        jobs = [(path, path) for path in options.files]
        for seed in range(options.seed, options.seed + options.graphs):
            path = folder / f"{seed}.onnx"
            Graph(seed).make(str(path))
            jobs.append((f"graph {seed}", str(path)))
        for label, path in jobs:
            gap, why = difference(path, options, folder, 1)
            worst = max(worst, gap)
            if gap > 1e-4:
                bad += 1
                print(f"{label}: {gap:.2e} {why} ({' '.join(n.op_type for n in onnx.load(path).graph.node)[:300]})")
            elif path == label:
                print(f"{label}: {gap:.2e}")
    print(f"{len(jobs)} graphs, {bad} differ, largest difference {worst:.2e}")
    sys.exit(bad > 0)


main()
