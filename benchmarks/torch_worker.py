"""PyTorch's side of `against_torch.py`: a training loop as one writes it, measured from outside.

    python benchmarks/torch_worker.py CASE PRECISION MODE THREADS

MODE is `eager` (Adam as it comes), `fused` (Adam with `fused=True`), `compiled` (that, and the model through
`torch.compile`, which needs a C++ compiler) or `graphs` (that with `mode="reduce-overhead"`: CUDA graphs, on a GPU).
`bfloat16` is `torch.autocast`: it rounds the factors of products and also their results, so that what passes from layer
to layer is `bfloat16`; genconv keeps the sums in `float32`.
`float32` is `float32` on a GPU too, as on genconv's side: no TF32, in convolutions neither.
The loop is forward, backward and Adam on batches that lie ready: no shuffling, no checks, no records.
"""

import sys
from typing import Any

import torch
from cases import CASES, Case
from serving import serve
from torch_models import BUILDERS


def batches_of(case: Case, device: str) -> tuple[torch.Tensor, ...]:
    """Random batches of the right shape."""
    torch.manual_seed(0)
    rows = case.batch * case.steps
    x = (torch.rand(rows, 784) < 0.13).float() if case.images else torch.randn(rows, 2)
    return x.to(device).split(case.batch)


def main() -> None:
    """Train on all batches again and again."""
    name, precision, mode, threads = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.set_num_threads(threads)
    torch.backends.cudnn.allow_tf32 = False
    case = CASES[name]
    batches = batches_of(case, device)
    net = BUILDERS[case.network]().to(device)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, fused=True if mode != "eager" else None)
    compiled = {"compiled": "default", "graphs": "reduce-overhead"}.get(mode)
    objective = torch.compile(net, mode=compiled) if compiled else net

    def epoch() -> None:
        for batch in batches:
            optimizer.zero_grad()
            with torch.autocast(device, torch.bfloat16, enabled=precision == "bfloat16"):
                loss = objective(batch)
            loss.backward()
            optimizer.step()
        if device == "cuda":
            torch.cuda.synchronize()

    def about() -> dict[str, Any]:
        peak = torch.cuda.max_memory_allocated() if device == "cuda" else None
        parameters = sum(p.numel() for p in net.parameters())
        return {"parameters": parameters, "steps": case.steps, "version": torch.__version__, "peak_bytes": peak}

    serve(epoch, about)


if __name__ == "__main__":
    main()
