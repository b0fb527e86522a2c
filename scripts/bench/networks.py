#!/usr/bin/python3
"""Milliseconds a face of facenet's networks, next to the floor and to other programs.

    scripts/bench/networks.py --program build/release/test/bench/networks_bench \\
        --models build/models [--networks mobilefacenet-512,nn2] [--onnx fr_feature.onnx
        --onnxruntime FOLDER] [--dlib build/bench] [--rounds 3]

The program is built with -DFACENET_BUILD_BENCH=ON. Networks without a file in --models get one with
initial weights. The floor is the network's multiply-adds over the rate of a large matrix product.
PyTorch (Debian's python3-torch) runs the same graph with the same weights, as eager code and as a
traced and frozen module. --onnxruntime is an unpacked npm package onnxruntime-node, which node runs
on --onnx, the file that mobilefacenet-512 was imported from. --dlib is the folder where
scripts/bench/dlib_witness.sh left its program, dlib's weights and OpenBLAS: dlib itself then runs
dlib-resnet. Programs take turns; the best of --rounds counts, because on a shared machine only
disturbances make a run slower.
"""

import argparse
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import time

import numpy as np

NETWORKS = "mobilefacenet-512,nn1,nn2,nn3,nn4,nns1,nns2,inception-resnet-v1"

ORT = """
const ort = require(process.argv[1]);
const [file, threads, repeats] = [process.argv[2], +process.argv[3], +process.argv[4]];
(async () => {
  const session = await ort.InferenceSession.create(file, {intraOpNumThreads: threads});
  const data = new Float32Array(3 * 112 * 112).map(() => Math.random());
  const feeds = {[session.inputNames[0]]: new ort.Tensor('float32', data, [1, 3, 112, 112])};
  let best = Infinity;
  for (let i = 0; i < repeats; ++i) {
    const start = process.hrtime.bigint();
    await session.run(feeds);
    best = Math.min(best, Number(process.hrtime.bigint() - start) / 1e9);
  }
  console.log(best);
})();
"""


def read_weights(path):
    data = pathlib.Path(path).read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + length])
    metadata = header.pop("__metadata__")
    types = {"F32": np.float32, "F16": np.float16, "I64": np.int64}
    tensors = {}
    for name, entry in header.items():
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        array = np.frombuffer(data[begin:end], types[entry["dtype"]]).reshape(entry["shape"])
        tensors[name] = array.astype(np.float32) if entry["dtype"] == "F16" else array
    return json.loads(metadata["graph"]), json.loads(metadata["facenet"]), tensors


def torch_module(path):
    """The network of a weights file as PyTorch code, channels last."""
    import torch
    from torch import nn
    from torch.nn import functional as F

    graph, info, arrays = read_weights(path)

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.names = {}
            for i, (name, array) in enumerate(arrays.items()):
                tensor = torch.from_numpy(array.copy())
                if tensor.dim() == 4:
                    tensor = tensor.contiguous(memory_format=torch.channels_last)
                self.register_buffer(f"t{i}", tensor)
                self.names[name] = f"t{i}"

        def forward(self, x):
            values = {graph["inputs"][0]: x}

            def get(name):
                return values[name] if name in values else getattr(self, self.names[name])

            for node in graph["nodes"]:
                a = node["attributes"]
                v = [get(name) if name else None for name in node["inputs"]]
                values[node["outputs"][0]] = apply(node["op"], a, v)
            return values[graph["outputs"][0]]

    def apply(op, a, v):
        pads = a.get("pads", [0, 0, 0, 0])
        if op in ("Conv", "MaxPool", "AveragePool", "LpPool"):
            if pads[:2] == pads[2:]:
                both = pads[:2]
            else:
                both, fill = [0, 0], float("-inf") if op == "MaxPool" else 0.0
                v[0] = F.pad(v[0], [pads[1], pads[3], pads[0], pads[2]], value=fill)
        stride = a.get("strides", [1, 1])
        if op == "Conv":
            bias = v[2] if len(v) > 2 else None
            return F.conv2d(v[0], v[1], bias, stride, both, a.get("dilations", [1, 1]), a.get("group", 1))
        if op == "MaxPool":
            return F.max_pool2d(v[0], a["kernel_shape"], stride, both, ceil_mode=bool(a.get("ceil_mode", 0)))
        if op == "AveragePool":
            return F.avg_pool2d(v[0], a["kernel_shape"], stride, both, bool(a.get("ceil_mode", 0)),
                                bool(a.get("count_include_pad", 0)))
        if op == "LpPool":
            return F.avg_pool2d(v[0].square(), a["kernel_shape"], stride, both, divisor_override=1).sqrt()
        if op == "LRN":
            return F.local_response_norm(v[0], a["size"], a["alpha"], a["beta"], a["bias"])
        if op == "Pad":
            return F.pad(v[0], [n for begin, end in zip(pads[len(pads) // 2 - 1::-1], pads[:len(pads) // 2 - 1:-1])
                                for n in (begin, end)])
        if op == "Relu":
            return F.relu(v[0])
        if op == "PRelu":
            return F.prelu(v[0], v[1].flatten())
        if op == "Add":
            return v[0] + v[1]
        if op == "Mul":
            return v[0] * v[1]
        if op == "Constant":
            return torch.tensor(a["value_float"])
        if op == "Concat":
            return torch.cat(v, a["axis"])
        if op == "GlobalAveragePool":
            return v[0].mean((2, 3), keepdim=True)
        if op == "Transpose":
            return v[0].permute(a["perm"])
        if op == "Flatten":
            return v[0].flatten(1)
        if op == "Gemm":
            weight = v[1] if a.get("transB", 0) else v[1].t()
            return F.linear(v[0], weight, v[2] if len(v) > 2 else None)
        if op == "Reshape":
            return v[0].reshape([v[0].shape[i] if n == 0 else n for i, n in enumerate(a["shape"])])
        if op == "ReduceMax":
            return v[0].amax(a["axes"], bool(a.get("keepdims", 1)))
        if op == "BatchNormalization":
            return F.batch_norm(v[0], v[3], v[4], v[1], v[2], eps=a["epsilon"])
        if op == "LpNormalization":
            return F.normalize(v[0], dim=a["axis"])
        if op == "Dropout":
            return v[0]
        raise NotImplementedError(op)

    return Network().eval(), info


def torch_seconds(path, threads, batch, repeats, scripted):
    """In a process of its own: threads are set once, and memory is given back."""
    import torch

    torch.set_num_threads(threads)
    model, info = torch_module(path)
    images = torch.rand(batch, *info["input"]).contiguous(memory_format=torch.channels_last)
    best = float("inf")
    with torch.no_grad():
        if scripted:
            model = torch.jit.freeze(torch.jit.trace(model, images))
            model(images), model(images)
        for _ in range(repeats + 1):
            start = time.perf_counter()
            model(images)
            best = min(best, time.perf_counter() - start)
    print(best / batch)


def dlib_command(folder, threads, batch, repeats):
    """dlib with as many threads for its matrix products; the rest of it has one."""
    work = pathlib.Path(folder)
    libraries = next(work.glob("openblas/usr/lib/*/openblas-pthread"))
    return ["env", f"LD_LIBRARY_PATH={libraries}", f"OPENBLAS_NUM_THREADS={threads}",
            str(work / "dlib_witness"), "time", str(work / "dlib_face_recognition_resnet_model_v1.dat"),
            batch, repeats]


def last_number(command):
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        print(result.stderr.strip().splitlines()[-1:], file=sys.stderr)
        return float("nan")
    return float(result.stdout.split()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--facenet", help="program to ask for multiply-adds; default: beside --program")
    parser.add_argument("--models", default="")
    parser.add_argument("--networks", default=NETWORKS)
    parser.add_argument("--onnx")
    parser.add_argument("--onnxruntime")
    parser.add_argument("--dlib", help="folder of dlib_witness and its files")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--batches", default="1,16,64")
    parser.add_argument("--threads", default="1,2")
    options = parser.parse_args()
    here = [sys.executable, __file__, "--torch"]
    facenet = options.facenet or pathlib.Path(options.program).parents[2] / "cmd" / "facenet"

    with tempfile.TemporaryDirectory() as folder:
        print("network threads batch ms_a_face: floor ours bf16 torch scripted onnxruntime dlib; share of floor")
        for name in options.networks.split(","):
            path = pathlib.Path(options.models) / f"{name}.safetensors"
            if not path.exists():
                path = pathlib.Path(folder) / f"{name}.safetensors"
                subprocess.run([options.program, "write", name, str(path)], check=True)
            about = subprocess.run([facenet, "model", "info", str(path), "--json"], capture_output=True, text=True, check=True)
            work = json.loads(about.stdout)["multiply_adds"]
            for threads in options.threads.split(","):
                for batch in options.batches.split(","):
                    repeats = str(max(2, options.repeats // max(1, int(batch) // 8)))
                    ours = [options.program, "run", str(path), threads, batch]
                    contenders = {
                        "ours": ours + ["fp32", repeats],
                        "bf16": ours + ["bf16", repeats],
                        "torch": here + [str(path), threads, batch, repeats, "eager"],
                        "scripted": here + [str(path), threads, batch, repeats, "scripted"],
                    }
                    if options.onnxruntime and name == "mobilefacenet-512" and batch == "1":
                        contenders["onnxruntime"] = ["node", "-e", ORT, options.onnxruntime, options.onnx, threads, "50"]
                    if options.dlib and name == "dlib-resnet":
                        contenders["dlib"] = dlib_command(options.dlib, threads, batch, repeats)
                    best = dict.fromkeys(contenders, float("inf"))
                    rate = 0.0
                    for _ in range(options.rounds):
                        rate = max(rate, last_number([options.program, "gemm", threads]))
                        for contender, command in contenders.items():
                            best[contender] = min(best[contender], last_number(command))
                    floor = work / rate
                    row = [f"{1e3 * floor:.3f}"] + [
                        f"{1e3 * best[c]:.3f}" if c in best else "-"
                        for c in ("ours", "bf16", "torch", "scripted", "onnxruntime", "dlib")
                    ]
                    print(name, threads, batch, *row, f"{floor / best['ours']:.2f}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--torch"]:
        torch_seconds(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]), sys.argv[6] == "scripted")
    else:
        main()
