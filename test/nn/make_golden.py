#!/usr/bin/python3
"""Writes golden_inception_resnet.h: what facenet-pytorch's own module answers.

    test/nn/make_golden.py PATH/TO/inception_resnet_v1.py > test/nn/golden_inception_resnet.h

The module is that of the repository timesler/facenet-pytorch (models/inception_resnet_v1.py); it
needs Debian's python3-torch. Weights and image follow a formula that design_network_test.cpp repeats.
"""

import importlib.util
import sys
import types

import numpy as np
import torch


def load_module(path):
    """The file alone: what it imports from its package is for downloads."""
    for name in ("peer", "peer.utils", "peer.utils.download"):
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].__path__ = []
    sys.modules["peer.utils.download"].download_url_to_file = None
    spec = importlib.util.spec_from_file_location("peer.inception_resnet_v1", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pattern(name, count):
    """Numbers in [-0.5, 0.5) that look random; whole-number arithmetic gives every machine the same."""
    seed = 2166136261
    for byte in name.encode():
        seed = (seed ^ byte) * 16777619 % 2**32
    state = (np.arange(count, dtype=np.uint64) + np.uint64(seed)) * np.uint64(0x9E3779B97F4A7C15)
    state ^= state >> np.uint64(29)
    state *= np.uint64(0xBF58476D1CE4E5B9)
    state ^= state >> np.uint64(32)
    return ((state >> np.uint64(40)).astype(np.float64) / 2**24 - 0.5).astype(np.float32)


def value(name, shape):
    numbers = pattern(name, int(np.prod(shape)))
    if name.endswith("running_var"):
        numbers = 1 + numbers
    elif len(shape) == 1 and name.endswith("weight"):
        numbers = 1 + np.float32(0.5) * numbers
    elif len(shape) > 1:
        numbers = numbers * np.float32(np.sqrt(24 / np.prod(shape[1:])))
    return torch.from_numpy(numbers.reshape(shape))


def main():
    model = load_module(sys.argv[1]).InceptionResnetV1().eval()
    state = model.state_dict()
    for name, tensor in state.items():
        if tensor.is_floating_point():
            state[name] = value(name, tuple(tensor.shape))
    model.load_state_dict(state)
    image = torch.from_numpy(4 * pattern("image", 3 * 160 * 160).reshape(1, 3, 160, 160))
    with torch.no_grad():
        embedding = model(image)[0].tolist()
    print("#pragma once\n\n#include <array>\n")
    print("// Written by make_golden.py.")
    print("namespace facenet::golden {\n")
    print(f"inline constexpr std::array<float, {len(embedding)}> kInceptionResnetV1 = {{")
    for first in range(0, len(embedding), 5):
        print("    " + " ".join(f"{v:.8e}F," for v in embedding[first : first + 5]))
    print("};\n\n}  // namespace facenet::golden")


main()
