"""The two flows that FlowJAX has as well, trained side by side with FlowJAX's: same data, steps, batches and optimizer.

    python validation/against_flowjax.py 2spirals 8gaussians checkerboard rings -n 10 --steps 1500 --json FILE
    python validation/against_flowjax.py --print results/against-flowjax.json

Coupling flows and masked autoregressive flows of rational-quadratic splines, of nearly the same number of parameters.
Both get the data standardised, the same batches in the same order, Adam with the same warm-up and cosine, and the same
clipping; each starts by its own library's rules. The excess is the mean of log p(x) − log q(x) over the same held-out
points. Needs FlowJAX.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import optax
import paramax
from flowjax import flows
from flowjax.bijections import RationalQuadraticSpline
from flowjax.distributions import StandardNormal
from scipy import stats

import genconv
from genconv.data.base import DataSpec
from genconv.data.toy.registry import TOY_DENSITIES
from genconv.models.maf import MAF
from genconv.models.spline_flow import SplineFlow

BATCH, RATE, WARM_UP, CLIP, CHUNK = 256, 2e-3, 100, 1.0, 250
LAYERS, WIDTH, BINS, BOUND = 4, 64, 16, 4.0
TRAINING, TEST = 262_144, 40_000
LIBRARIES = ("genconv", "flowjax")


def main() -> None:
    """Train what is asked for, one after another, or print what was stored."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("densities", nargs="*", help="names of toy densities")
    parser.add_argument("-n", "--number", type=int, default=3)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--json", type=Path, default=Path("against-flowjax.json"))
    parser.add_argument("--print", type=Path, dest="stored")
    arguments = parser.parse_args()
    if arguments.stored:
        show(json.loads(arguments.stored.read_text()))
        return
    genconv.configure()
    rows: list[dict[str, Any]] = json.loads(arguments.json.read_text()) if arguments.json.exists() else []
    done = {(row["density"], row["flow"], row["library"], row["seed"]) for row in rows}
    for density in arguments.densities:
        for seed in range(arguments.number):
            for flow, makers in FLOWS.items():
                for library in LIBRARIES:
                    if (density, flow, library, seed) not in done:
                        row = {"density": density, "flow": flow, "library": library, "seed": seed}
                        rows.append(row | train(density, makers[library], seed, arguments.steps))
                        print(rows[-1], flush=True)
                        arguments.json.write_text("[\n" + ",\n".join(map(json.dumps, rows)) + "\n]\n")
    show(rows)


def our_coupling(key: jax.Array, start: jax.Array) -> Any:
    """`spline-flow`."""
    config = SplineFlow.config_type.checked({"couplings": LAYERS, "hidden": [WIDTH, WIDTH], "bins": BINS})
    return SplineFlow.build(config, DataSpec("points", (2,), "continuous"), key).data_init(start, key)


def our_autoregressive(key: jax.Array, start: jax.Array) -> Any:
    """`maf` with splines."""
    settings = {"blocks": LAYERS, "hidden": [WIDTH, WIDTH], "bins": BINS, "transform": "spline", "octaves": 0}
    config = MAF.config_type.checked(settings)
    return MAF.build(config, DataSpec("points", (2,), "continuous"), key).data_init(start, key)


def theirs(make: Callable[..., Any]) -> Callable[[jax.Array, jax.Array], Any]:
    """FlowJAX's flow of the same depth, widths and splines."""

    def build(key: jax.Array, start: jax.Array) -> Any:
        del start
        spline = RationalQuadraticSpline(knots=BINS - 1, interval=BOUND)
        return make(
            key,
            base_dist=StandardNormal((2,)),
            transformer=spline,
            flow_layers=LAYERS,
            nn_width=WIDTH,
            nn_depth=2,
        )

    return build


FLOWS = {
    "coupling": {"genconv": our_coupling, "flowjax": theirs(flows.coupling_flow)},
    "autoregressive": {"genconv": our_autoregressive, "flowjax": theirs(flows.masked_autoregressive_flow)},
}


def train(density: str, make: Callable[[jax.Array, jax.Array], Any], seed: int, steps: int) -> dict[str, Any]:
    """One run: parameters, excess in nats, processor seconds of the training without its compilation."""
    data_key, test_key, init_key, order_key = jr.split(jr.key(seed), 4)
    points = TOY_DENSITIES[density].sample(data_key, TRAINING)
    mean, deviation = jnp.mean(points, axis=0), jnp.std(points, axis=0)
    data = (points - mean) / deviation
    flow = make(init_key, data[:BATCH])
    params, static = eqx.partition(flow, eqx.is_inexact_array, is_leaf=is_fixed)
    optimizer = optax.chain(optax.clip_by_global_norm(CLIP), optax.adam(schedule(steps)))

    def log_prob(params: Any, x: jax.Array) -> jax.Array:
        values: jax.Array = paramax.unwrap(eqx.combine(params, static)).log_prob(x)
        return values

    @jax.jit
    def chunk(carry: Any, key: jax.Array, data: jax.Array) -> Any:
        def step(carry: Any, key: jax.Array) -> tuple[Any, None]:
            params, state = carry
            batch = data[jr.randint(key, (BATCH,), 0, TRAINING)]
            gradient = jax.grad(lambda params: -jnp.mean(log_prob(params, batch)))(params)
            update, state = optimizer.update(gradient, state, params)
            return (optax.apply_updates(params, update), state), None

        return jax.lax.scan(step, carry, jr.split(key, CHUNK))[0]

    carry, keys = (params, optimizer.init(params)), jr.split(order_key, steps // CHUNK)
    program = chunk.lower(carry, keys[0], data).compile()
    began = time.process_time()
    for key in keys:
        carry = jax.block_until_ready(program(carry, key, data))
    seconds = time.process_time() - began
    test = TOY_DENSITIES[density].sample(test_key, TEST)
    found = jax.jit(log_prob)(carry[0], (test - mean) / deviation) - jnp.sum(jnp.log(deviation))
    excess = np.mean(TOY_DENSITIES[density].log_prob(np.asarray(test)) - np.asarray(found, np.float64))
    size = sum(leaf.size for leaf in jax.tree.leaves(params))
    return {"steps": steps, "parameters": size, "excess": round(float(excess), 5), "seconds": round(seconds, 1)}


def is_fixed(leaf: Any) -> bool:
    """What FlowJAX keeps from being trained."""
    return isinstance(leaf, paramax.NonTrainable)


def schedule(steps: int) -> optax.Schedule:
    """Linear warm-up, then a cosine to 0."""
    rise = optax.linear_schedule(0.0, RATE, WARM_UP)
    return optax.join_schedules([rise, optax.cosine_decay_schedule(RATE, steps - WARM_UP)], [WARM_UP])


def show(rows: list[dict[str, Any]]) -> None:
    """Excess of both with standard deviations, and ours minus theirs, seed by seed, with Student's interval."""
    for density in dict.fromkeys(row["density"] for row in rows):
        for flow in FLOWS:
            ours, other = (picked(rows, density, flow, library) for library in LIBRARIES)
            pairs = np.array([[ours[seed]["excess"], other[seed]["excess"]] for seed in ours if seed in other])
            if len(pairs) < 2:
                continue
            difference = pairs[:, 0] - pairs[:, 1]
            half = stats.t.ppf(0.975, len(pairs) - 1) * difference.std(ddof=1) / np.sqrt(len(pairs))
            means, deviations = pairs.mean(axis=0), pairs.std(axis=0, ddof=1)
            sizes = [next(iter(side.values()))["parameters"] for side in (ours, other)]
            low, high = difference.mean() - half, difference.mean() + half
            print(
                f"{density}, {flow}, n = {len(pairs)}, parameters {sizes[0]:,} and {sizes[1]:,}: "
                f"excess {means[0]:.4f} ± {deviations[0]:.4f}, FlowJAX {means[1]:.4f} ± {deviations[1]:.4f}, "
                f"difference {difference.mean():+.4f} [{low:+.4f}, {high:+.4f}]"
            )


def picked(rows: list[dict[str, Any]], density: str, flow: str, library: str) -> dict[int, dict[str, Any]]:
    """The rows of one library, by seed."""
    wanted = (density, flow, library)
    return {row["seed"]: row for row in rows if (row["density"], row["flow"], row["library"]) == wanted}


if __name__ == "__main__":
    main()
