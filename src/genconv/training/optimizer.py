"""The optimizer and the schedules that a training configuration describes."""

import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int

from genconv.config.training import TrainingConfig


def make_optimizer(config: TrainingConfig) -> optax.GradientTransformation:
    """Clipping by global norm, then the Adam or Adamax make_optimizer (arXiv 1412.6980), without its learning rate."""
    scale = optax.scale_by_adam if config.optimizer == "adam" else optax.scale_by_adamax
    adam = scale(b1=config.beta1, b2=config.beta2, eps=config.epsilon)
    if config.gradient_clip is None:
        return adam
    return optax.chain(optax.clip_by_global_norm(config.gradient_clip), adam)


def learning_rate(
    config: TrainingConfig, epoch: Int[Array, ""], step: Int[Array, ""], steps_per_epoch: int
) -> Float[Array, ""]:
    """Learning rate at `step` (within the epoch, from 0) of `epoch` (from 0).

    With t the epoch (plus step/steps_per_epoch when the unit is a step), u = max(0, t − start)/(end − start) clipped
    to 1: the factor is 1 (constant), 1 − u (linear) or ½(1 + cos πu) (cosine), times min(1, (steps so far +
    1)/warmup_steps).
    """
    whole = epoch.astype(jnp.float32)
    time = whole + step / steps_per_epoch if config.schedule_unit == "step" else whole
    end = float(config.epochs) if config.decay_end is None else config.decay_end
    progress = jnp.clip((time - config.decay_start) / (end - config.decay_start), 0, 1)
    factor = {
        "constant": jnp.ones(()),
        "linear": 1 - progress,
        "cosine": 0.5 * (1 + jnp.cos(jnp.pi * progress)),
    }[config.schedule]
    if config.warmup_steps:
        factor = factor * jnp.minimum(1, (whole * steps_per_epoch + step + 1) / config.warmup_steps)
    return config.learning_rate * factor
