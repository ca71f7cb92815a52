"""The baseline knows who buys, not whom the ad moves."""

from pathlib import Path

import numpy as np

from assets.models.uplift.ad_design import AdDesign
from assets.models.uplift.learners.response_model import ResponseModel
from assets.models.uplift.uplift_model import trial_sample
from resources.tables import USER_FEATURES


def test_predicts_purchases_and_survives_its_file(trial, tmp_path: Path) -> None:  # noqa: ANN001  (fixture's type)
    """Follows the true purchase rate, is calibrated in the mean, and its file gives the same answers."""
    sample = trial_sample(trial.frame, AdDesign.fit(trial.frame, USER_FEATURES))
    model = ResponseModel.fit(sample)
    scores = model.predict(sample.X)
    true = trial.p_control + trial.effect * sample.propensity
    assert np.corrcoef(scores, true)[0, 1] > 0.8
    assert abs(scores.mean() - sample.outcome.mean()) < 0.005
    model.save(tmp_path)
    np.testing.assert_allclose(ResponseModel.load(tmp_path).predict(sample.X), scores, atol=1e-12)
