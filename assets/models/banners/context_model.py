"""What contexts tell of a slot's banners: features of a request, and a regression on them for each banner.

What belongs here: from contexts to numbers, the fit on the log, and its files. What does not: the regressions
themselves (`policies.ridge`) and the policies that use them.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self, TypeGuard

import msgspec
import numpy as np

from assets.models.arrays.files import load_arrays, save_arrays
from assets.models.banners.policies.ridge import RidgeArms
from evaluation.arrays import Floats

__all__ = ["MAX_FEATURES", "ContextFeatures", "ContextModel", "context_of"]

MAX_FEATURES = 64
"""Of a slot: a selection costs their square for each banner."""
MAX_LEVELS = 20
"""Values of one key that are told apart, the most common first."""
FILE = "context.json"


class ContextFeatures(msgspec.Struct, frozen=True):
    """One 1, then for each key either its number, centred and scaled, or a 1 at the place of its value."""

    numbers: dict[str, tuple[float, float]]
    """Key → mean and deviation over the log."""
    levels: dict[str, list[str]]
    """Key → values as JSON text; all others count as none."""

    @classmethod
    def fit(cls, contexts: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> Self:
        """What the log has shown of each key: a number if all of its values are, else its most common values."""
        numbers, levels = {}, {}
        most = min(MAX_LEVELS, (MAX_FEATURES - 1) // max(len(keys), 1))
        for key in keys:
            values = [context[key] for context in contexts if key in context]
            if values and all(_is_number(value) for value in values):
                column = np.array(values, dtype=np.float64)
                numbers[key] = float(column.mean()), float(column.std()) or 1.0
            else:
                common = sorted(Counter(_text(value) for value in values).items(), key=lambda one: (-one[1], one[0]))
                levels[key] = [text for text, _ in common[:most]]
        return cls(numbers, levels)

    @property
    def d(self) -> int:
        """How many features there are."""
        return 1 + len(self.numbers) + sum(map(len, self.levels.values()))

    def encoded(self, context: Mapping[str, Any]) -> Floats:
        """Features of a request, float64[d]: 0 for what it does not say, or says of another kind."""
        features = np.zeros(self.d)
        features[0] = 1.0
        at = 1
        for key, (mean, deviation) in self.numbers.items():
            value = context.get(key)
            if _is_number(value):
                features[at] = np.clip((float(value) - mean) / deviation, -5.0, 5.0)
            at += 1
        for key, texts in self.levels.items():
            if key in context and (text := _text(context[key])) in texts:
                features[at + texts.index(text)] = 1.0
            at += len(texts)
        return features


class ContextModel:
    """Features, and regressions on them in the order of a slot's banners."""

    def __init__(self, features: ContextFeatures, banners: Sequence[str], regressions: RidgeArms) -> None:
        """Use ``fit`` or ``load``."""
        self.features, self.banners, self.regressions = features, list(banners), regressions

    @classmethod
    def fit(
        cls,
        banners: Sequence[str],
        keys: Sequence[str],
        shown: Sequence[str],
        contexts: Sequence[str | None],
        reward: Floats,
        weight: Floats,
    ) -> Self:
        """From one row an impression of the slot; a banner that was never shown knows nothing, and is tried.

        Args:
            banners: the slot's, in the order of its priors.
            keys: of contexts, to learn from.
            shown: m banners; rows of other banners are left out.
            contexts: m JSON texts; what is no JSON object counts as none.
            reward: float64[m].
            weight: float64[m] ≥ 0.
        """
        arm_of = {banner: i for i, banner in enumerate(banners)}
        rows = [i for i, banner in enumerate(shown) if banner in arm_of]
        read = [context_of(contexts[i]) for i in rows]
        features = ContextFeatures.fit(read, keys)
        arm = np.array([arm_of[shown[i]] for i in rows], dtype=np.int64)
        table = np.array([features.encoded(one) for one in read]).reshape(-1, features.d)
        fitted = RidgeArms.fit(arm, table, reward[rows], len(banners), weight=weight[rows])
        return cls(features, banners, fitted)

    def save(self, folder: Path) -> None:
        """Write the features and banners as JSON, and A and b as npy."""
        folder.mkdir()
        (folder / FILE).write_bytes(msgspec.json.encode({"features": self.features, "banners": self.banners}))
        save_arrays(folder, gram=self.regressions.gram, moment=self.regressions.moment)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote."""
        content = msgspec.json.decode((folder / FILE).read_bytes())
        gram, moment = load_arrays(folder, "gram", "moment")
        features = msgspec.convert(content["features"], ContextFeatures)
        return cls(features, content["banners"], RidgeArms(gram, moment))


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15


def _text(value: object) -> str:
    """A value as JSON: true is not the text "true"."""
    return msgspec.json.encode(value).decode()


def context_of(text: str | None) -> Mapping[str, Any]:
    """A logged context; what is no JSON object counts as none."""
    try:
        content = msgspec.json.decode(text or "{}")
    except msgspec.DecodeError:
        return {}
    return content if isinstance(content, dict) else {}
