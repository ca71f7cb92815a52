"""Item vectors learnt from sessions, with the small attention that turns a session into the vector of its next click.

Belongs here: training and the exact maps. The compiled query is in `assets.models.sessions.features`, the
filing into cells in `assets.models.sessions.vector_cells`.

Several members, each of a seed of its own, are trained and their vectors put side by side: a product of two is then the
mean of the members' products. Members err differently, and their mean finds more of what is clicked than one of them
with as many numbers and as much training does.

In each, one table of unit vectors e serves clicks and targets (as CORE, Hou et al., SIGIR 2022, and NISER, Gupta et al.
2019): q = normalised(L e_last + M Σ a_t e_t), a = softmax_t(e_t · A e_last + place_t), and the next click is a softmax
over s q·e_j; training draws negatives by frequency^¾ and corrects for the draw.
"""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np

from assets.models.arrays.files import load_arrays, save_arrays
from assets.models.sessions.history import SessionHistory
from evaluation.arrays import Floats32

__all__ = ["ItemVectors", "TrainingPlan"]

LAST_CLICKS = 10
SCALE = 14.0
"""s: the inverse temperature."""
ATTENTION_SCALE = 4.0
DROPOUT = 0.25
THREADS = 1


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """How long and how fast to train."""

    members: int = 2
    epochs: float = 5.0
    learning_rate: float = 8e-3
    negatives: int = 1024
    batch: int = 1024
    max_examples: int = 1_500_000
    """Most recent clicks that are learnt from."""
    warm_up: float = 0.1
    """Share of the steps over which the rate rises."""


class Member(NamedTuple):
    """One training's arrays, as `ItemVectors` without their first axis."""

    vectors: Floats32
    attention: Floats32
    place_bias: Floats32
    last_map: Floats32
    mean_map: Floats32


@dataclass(frozen=True, slots=True)
class ItemVectors:
    """Trained parameters of e members, d numbers an item in each; rows of items never clicked are 0."""

    vectors: Floats32
    """float32[n, e · d] unit rows: unit vectors of the members one after the other, divided by √e."""
    attention: Floats32
    """float32[e, d, d], A."""
    place_bias: Floats32
    """float32[e, t], newest click first."""
    last_map: Floats32
    """float32[e, d, d], L."""
    mean_map: Floats32
    """float32[e, d, d], M."""

    @classmethod
    def fit(
        cls, history: SessionHistory, plan: TrainingPlan, seed: int, dim: int = 64, start: Self | None = None
    ) -> Self:
        """Train on every next click of the history, from ``start`` where it is given.

        Args:
            history: Past sessions, at least one.
            plan: Members, length and rate of the training.
            seed: Of the first vectors, the order and the negatives.
            dim: Numbers a vector of a member; ``start`` overrules it, and the plan's members.
            start: Vectors to go on from, of a shorter history.
        """
        import torch

        threads = torch.get_num_threads()
        torch.set_num_threads(THREADS)
        try:
            members = start.members() if start else [None] * plan.members
            # Far apart, so that going on with the next seed repeats no other member's draws.
            trained = [_train(torch, history, plan, seed + 1_000 * i, dim, m) for i, m in enumerate(members)]
        finally:
            torch.set_num_threads(threads)
        table, *maps = zip(*trained, strict=True)
        side_by_side = np.concatenate(table, axis=1) * np.float32(len(members) ** -0.5)
        return cls(side_by_side, *(np.stack(m) for m in maps))

    def members(self) -> list[Member]:
        """Each member's unit vectors, attention, place bias and maps."""
        count = len(self.attention)
        tables = np.split(self.vectors * np.float32(count**0.5), count, axis=1)
        return [
            Member(*parts)
            for parts in zip(tables, self.attention, self.place_bias, self.last_map, self.mean_map, strict=True)
        ]

    def save(self, folder: Path) -> None:
        """Write one npy an array."""
        save_arrays(folder, **{field.name: getattr(self, field.name) for field in fields(self)})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote, memory-mapped."""
        return cls(*load_arrays(folder, *(field.name for field in fields(cls))))


def _first(
    n: int, dim: int, rng: np.random.Generator, start: Member | None
) -> tuple[Floats32, Floats32, Floats32, Floats32, Floats32]:
    """Parameters to start from; items without a vector get a random one."""
    width = start.vectors.shape[1] if start else dim
    table = rng.normal(0, width**-0.5, (n + 1, width)).astype(np.float32)
    if start is None:
        half = (np.eye(dim) / 2).astype(np.float32)
        return table, np.zeros_like(half), np.zeros(LAST_CLICKS, dtype=np.float32), half, half.copy()
    known = np.flatnonzero(start.vectors.any(axis=1))
    table[known] = start.vectors[known]
    return table, start.attention.T / ATTENTION_SCALE, start.place_bias, start.last_map.T, start.mean_map.T


def _train(
    torch: Any,  # noqa: ANN401  (a module)
    history: SessionHistory,
    plan: TrainingPlan,
    seed: int,
    dim: int,
    start: Member | None,
) -> Member:
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    n, items, functional = history.n_items, history.items.astype(np.int64), torch.nn.functional
    first_click = np.repeat(history.starts[:-1], np.diff(history.starts))
    examples = np.flatnonzero(np.arange(len(items)) > first_click)[-plan.max_examples :]
    parameters = [torch.nn.Parameter(torch.tensor(np.array(a))) for a in _first(n, dim, rng, start)]
    table, attention, place, last_map, mean_map = parameters
    optimiser = torch.optim.Adam(parameters, lr=plan.learning_rate, fused=True)
    frequency = (np.bincount(items, minlength=n) + 1.0) ** 0.75
    cumulated = np.cumsum(frequency / frequency.sum())
    log_draws = torch.tensor(np.log(plan.negatives * frequency / frequency.sum()), dtype=torch.float32)
    batch = min(plan.batch, len(examples))
    steps = max(int(plan.epochs * len(examples) / batch), 1)
    order = np.empty(0, dtype=np.int64)
    for step in range(steps):
        done = step / steps
        rate = min(done / plan.warm_up, 1.0) * min((1.0 - done) / (1.0 - plan.warm_up), 1.0)
        optimiser.param_groups[0]["lr"] = plan.learning_rate * max(rate, 0.01)
        if len(order) < batch:
            order = rng.permutation(examples)
        at, order = order[:batch], order[batch:]
        before = at[:, None] - 1 - np.arange(LAST_CLICKS)
        there = before >= first_click[at][:, None]
        clicks = torch.from_numpy(np.where(there, items[np.maximum(before, 0)], n))
        target = torch.from_numpy(items[at])
        drawn = torch.from_numpy(np.minimum(np.searchsorted(cumulated, rng.random(plan.negatives)), n - 1))
        # One look-up of all: its gradient is one dense table.
        unit = functional.normalize(functional.embedding(torch.cat([clicks.flatten(), target, drawn]), table), dim=-1)
        seen = functional.dropout(unit[: clicks.numel()].view(batch, LAST_CLICKS, -1), DROPOUT)
        others = unit[clicks.numel() :]
        last = seen[:, 0]
        weight = ATTENTION_SCALE * (seen @ (last @ attention).unsqueeze(-1)).squeeze(-1) + place
        weight = weight.masked_fill(~torch.from_numpy(there), -1e9).softmax(-1)
        query = last @ last_map + (weight.unsqueeze(-1) * seen).sum(1) @ mean_map
        query = functional.normalize(query, dim=-1)
        hit = SCALE * (query * others[:batch]).sum(-1, keepdim=True)
        miss = SCALE * query @ others[batch:].T - log_draws[drawn]
        miss = miss.masked_fill(drawn[None] == target[:, None], -1e9)
        loss = (torch.logsumexp(torch.cat([hit, miss], 1), 1) - hit[:, 0]).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        rows = functional.normalize(table[:n], dim=-1).numpy()
    rows[np.bincount(items, minlength=n) == 0] = 0
    # Stored as the maps that a query multiplies from the left, by rows.
    turned = [np.ascontiguousarray(m.detach().numpy().T, dtype=np.float32) for m in (attention, last_map, mean_map)]
    place_bias = np.array(place.detach().numpy(), dtype=np.float32)
    return Member(rows, turned[0] * np.float32(ATTENTION_SCALE), place_bias, turned[1], turned[2])
