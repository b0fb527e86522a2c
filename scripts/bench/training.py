#!/usr/bin/python3
"""Images a second of `facenet train`, next to the same network and loss in Python PyTorch.

    scripts/bench/training.py FACENET --chips FILE.chips [--networks nn4,nns2] [--people 16]
        [--images 8] [--steps 40] [--rounds 2] [--threads 2] DATA...

DATA and --chips are what `facenet train` takes; the chips are made first where they are not there.
Both programs take semi-hard triplets of batches of --people x --images faces, batch norm, AdaGrad.
PyTorch (Debian's python3-torch) is spared the data: it learns from one batch of random images that
lies in memory. It computes in float32 and, with --autocast, also in bfloat16. facenet is measured as
it is by default and with PyTorch's work alone ("bare": faces as they are, no moving average of the
weights). Programs take turns, and the best of --rounds counts. For facenet also the shares of the
time in which the network waited for batches and in which triplets were selected.
"""

import argparse
import itertools
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(__file__))
import networks


BARE = ["--average", "0", *(f"--no-{kind}" for kind in ("mirror", "geometry", "colour", "jpeg",
                                                        "resolution", "occlusion"))]


def semi_hard_loss(embeddings, labels, margin=0.2):
    """As FaceNet, section 3.2: every anchor and positive, the nearest negative between the positive
    and the margin."""
    import torch

    distances = 2 - 2 * embeddings @ embeddings.T
    same = labels[:, None] == labels[None, :]
    anchor, positive = torch.nonzero(same.fill_diagonal_(False), as_tuple=True)
    with torch.no_grad():
        candidates = distances[anchor].masked_fill(labels[anchor][:, None] == labels[None, :], 9)
        farther = candidates > distances[anchor, positive][:, None]
        nearest, negative = candidates.masked_fill(~farther, 9).min(1)
        kept = nearest < distances[anchor, positive] + margin
    anchor, positive, negative = anchor[kept], positive[kept], negative[kept]
    losses = (distances[anchor, positive] - distances[anchor, negative] + margin).clamp_min(0)
    return losses.sum() / max(1, len(losses))


def torch_rate(path, options, autocast):
    """In a process of its own: threads are set once."""
    import torch
    from torch.nn import functional as F

    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    model, info = networks.torch_module(path)
    statistics = ("running_mean", "running_var")
    learned = []
    for name, buffer in model.names.items():
        tensor = getattr(model, buffer)
        if tensor.is_floating_point() and not name.endswith(statistics):
            learned.append(tensor.requires_grad_())
    # The module has the layers of inference; of these batch norm alone is another in training.
    plain = F.batch_norm
    F.batch_norm = lambda *a, **k: plain(*a, **{**k, "training": True})
    optimiser = torch.optim.Adagrad(learned, 0.05)
    count = options.people * options.images
    images = torch.randn(count, *info["input"]).contiguous(memory_format=torch.channels_last)
    labels = torch.arange(options.people).repeat_interleave(options.images)

    def step():
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=autocast):
            embeddings = model(images)
        loss = semi_hard_loss(F.normalize(embeddings.float().flatten(1)), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    step(), step()
    start = time.perf_counter()
    for _ in range(options.steps):
        step()
    print(options.steps * count / (time.perf_counter() - start))


def facenet_rate(options, network, folder, *flags):
    """(images a second, share waited, share selecting) of the second half of the steps."""
    steps = max(2 * options.steps, 80)
    run = pathlib.Path(folder) / "run"
    subprocess.run(
        [options.facenet, "train", "-q", "--no-progress", "--force", "--chips", options.chips,
         "--network", network, "--embedding", "128", "--people", str(options.people), "--images",
         str(options.images), "--chunk", str(options.people * options.images), "--steps",
         str(steps), "--validate-every", str(2 * steps), "--threads", str(options.threads),
         "--run", str(run), "-o", f"{folder}/trained.safetensors", *flags,
         *options.data], check=True, stderr=subprocess.DEVNULL)
    lines = [json.loads(line) for line in open(run / "log.jsonl")]
    lines = [line for line in lines if line.get("step", 0) > steps // 2 and "loss" in line]
    mean = lambda name: sum(line[name] for line in lines) / len(lines)
    return mean("images_per_second"), mean("waited"), mean("selecting")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("facenet", metavar="FACENET_BINARY")
    parser.add_argument("data", nargs="*", metavar="DATA")
    parser.add_argument("--chips", required=True)
    parser.add_argument("--networks", default="nn4,nns2")
    parser.add_argument("--people", type=int, default=16)
    parser.add_argument("--images", type=int, default=8)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--autocast", action="store_true")
    parser.add_argument("--torch", help=argparse.SUPPRESS)
    options = parser.parse_intermixed_args()
    if options.torch:
        return torch_rate(options.torch, options, options.autocast)

    subprocess.run([options.facenet, "train", "--prepare-only", "-q", "--chips", options.chips,
                    *options.data], check=True, stderr=subprocess.DEVNULL)
    for network in options.networks.split(","):
        with tempfile.TemporaryDirectory() as folder:
            facenet_rate(argparse.Namespace(**{**vars(options), "steps": 1}), network, folder)
            weights = f"{folder}/run/initial.safetensors"
            shape = [f"--{name}={getattr(options, name)}"
                     for name in ("people", "images", "steps", "threads")]
            here = [sys.executable, __file__, "-", "--chips=-", f"--torch={weights}", *shape]
            theirs = {"torch fp32": here}
            if options.autocast:
                theirs["torch bf16"] = [*here, "--autocast"]
            best = {}
            for _ in range(options.rounds):
                for precision, bare in itertools.product(("fp32", "auto"), ([], BARE)):
                    with tempfile.TemporaryDirectory() as run:
                        ours = facenet_rate(options, network, run, "--precision", precision, *bare)
                    name = f"facenet {precision}{' bare' if bare else ''}"
                    best[name] = max(best.get(name, ours), ours)
                for name, command in theirs.items():
                    rate = networks.last_number(command)
                    best[name] = max(best.get(name, (rate,)), (rate,))
            base = best["torch fp32"][0]
            for name, (rate, *shares) in best.items():
                note = f", waited {shares[0]:.1%}, selecting {shares[1]:.1%}" if shares else ""
                print(f"{network} {name:17} {rate:7.1f} images/s, {rate / base:.2f} of PyTorch{note}",
                      flush=True)


if __name__ == "__main__":
    main()
