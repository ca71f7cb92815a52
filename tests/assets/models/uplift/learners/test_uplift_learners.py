"""Every learner finds known effects, answers in probabilities, is deterministic and survives its files."""

from pathlib import Path

import numpy as np
import pytest

from assets.models.uplift.ad_design import AdDesign
from assets.models.uplift.learners.effects import TrialSample
from assets.models.uplift.learners.uplift_learners import CANDIDATES, learner_named
from assets.models.uplift.uplift_model import trial_sample
from resources.tables import USER_FEATURES


@pytest.fixture(scope="module")
def sample(trial) -> TrialSample:  # noqa: ANN001  (a fixture's type lives in conftest, which cannot be imported)
    """The simulated trial as arrays."""
    return trial_sample(trial.frame, AdDesign.fit(trial.frame, USER_FEATURES))


@pytest.mark.parametrize("name", CANDIDATES)
def test_finds_the_true_effects(name: str, sample: TrialSample, trial, tmp_path: Path) -> None:  # noqa: ANN001
    """Ranks users by the true effect, averages to the true mean, and its files give the same answers."""
    from scipy.stats import spearmanr

    learner = learner_named(name).fit(sample, seed=3)
    effects = learner.predict(sample.X)
    assert spearmanr(effects.uplift, trial.effect).statistic > 0.5
    assert effects.uplift.mean() == pytest.approx(trial.effect.mean(), abs=0.02)
    assert np.corrcoef(effects.p_control, trial.p_control)[0, 1] > 0.7
    for probability in (effects.p_control, effects.p_treated):
        assert probability.min() >= 0
        assert probability.max() <= 1
        assert np.unique(probability).size > 20  # probabilities, not labels
    np.testing.assert_allclose(effects.uplift, effects.p_treated - effects.p_control, atol=1e-15)
    learner.save(tmp_path)
    loaded = learner_named(name).load(tmp_path).predict(sample.X)
    again = learner_named(name).fit(sample, seed=3).predict(sample.X)
    for one, two, three in zip(effects, loaded, again, strict=True):
        np.testing.assert_array_equal(one, three)
        np.testing.assert_allclose(one, two, atol=1e-12)
    assert {path.suffix for path in tmp_path.iterdir()} <= {".json", ".txt"}


@pytest.mark.parametrize("name", CANDIDATES)
def test_a_weight_of_zero_is_an_absent_row(name: str, sample: TrialSample) -> None:
    """Half of the rows at weight 0 give the learner of the other half."""
    half = (np.arange(len(sample.X)) % 2).astype(float)
    kept, absent = sample.reweighted(half), sample.take(half == 1)
    cls = learner_named(name)
    one, two = (cls.fit(part, seed=0).predict(sample.X).uplift for part in (kept, absent))
    np.testing.assert_allclose(one, two, atol=1e-6)


def test_unknown_name() -> None:
    """The error lists what there is."""
    with pytest.raises(ValueError, match="choose from dr_linear, s_logit, t_logit"):
        learner_named("magic")
