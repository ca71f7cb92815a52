"""Both arms' regression against scikit-learn at the penalties that it found, and what it makes of noise."""

import numpy as np

from assets.models.uplift.learners.evidence_logit import fit_arms_by_evidence
from assets.models.uplift.learners.logit import Logit, logistic

Trial = tuple[np.ndarray, np.ndarray, np.ndarray]


def trial(n: int, interaction: float, seed: int = 0) -> Trial:
    """Four columns; the first decides the outcome, the second the effect."""
    rng = np.random.default_rng(seed)
    Z, treatment = rng.normal(size=(n, 4)), (np.arange(n) % 2).astype(float)
    logits = -1 + 0.8 * Z[:, 0] + (0.4 + interaction * Z[:, 1]) * (treatment - 0.5)
    return Z, treatment, (rng.random(n) < 1 / (1 + np.exp(-logits))).astype(float)


def test_solves_the_penalised_likelihood() -> None:
    """At the variances b·b / p implied by the fit, scikit-learn finds the same coefficients."""
    from sklearn.linear_model import LogisticRegression

    Z, treatment, outcome = trial(6000, 0.8)
    control, treated = fit_arms_by_evidence(Z, treatment, outcome, np.ones(6000))
    main = 0.5 * (control.coefficients + treated.coefficients)
    effect = treated.coefficients - control.coefficients
    # With this many rows all four of each are determined: p - tr(Σ) / v is nearly p.
    scales = [np.sqrt(np.mean(group**2)) for group in (main, effect)]
    arm = (treatment - 0.5)[:, None]
    terms = np.hstack([Z * scales[0], Z * arm * scales[1], 1000 * arm])
    oracle = LogisticRegression(C=1.0, tol=1e-8, max_iter=5000).fit(terms, outcome).coef_[0]
    np.testing.assert_allclose(main, oracle[:4] * scales[0], atol=0.005)
    np.testing.assert_allclose(effect, oracle[4:8] * scales[1], atol=0.01)


def test_effects_that_do_not_differ_are_shrunk_to_one_odds_ratio() -> None:
    """Without interactions the arms' coefficients nearly agree; two regressions alone differ by noise."""
    Z, treatment, outcome = trial(3000, 0.0)
    control, treated = fit_arms_by_evidence(Z, treatment, outcome, np.ones(3000))
    alone = [
        Logit.fit(Z[treatment == arm], outcome[treatment == arm], np.ones(1500), 1.0).coefficients for arm in (0, 1)
    ]
    together = np.abs(treated.coefficients - control.coefficients).max()
    assert together < 0.3 * np.abs(alone[1] - alone[0]).max()
    assert 0.2 < treated.intercept - control.intercept < 0.6


def test_weights_are_repetitions_and_useless_columns_are_harmless() -> None:
    """A weight of 2 is two rows, of 0 none; columns that never vary or repeat others do no harm."""
    Z, treatment, outcome = trial(2000, 0.8)
    weight = np.random.default_rng(2).integers(0, 3, 2000).astype(float)
    rows = np.repeat(np.arange(2000), weight.astype(int))
    one = fit_arms_by_evidence(Z, treatment, outcome, weight)
    two = fit_arms_by_evidence(Z[rows], treatment[rows], outcome[rows], np.ones(rows.size))
    for first, second in zip(one, two, strict=True):
        np.testing.assert_allclose(logistic(first.log_odds(Z)), logistic(second.log_odds(Z)), atol=1e-8)
    padded = np.column_stack([Z, np.zeros(2000), Z[:, 1]])
    for first, second in zip(one, fit_arms_by_evidence(padded, treatment, outcome, weight), strict=True):
        np.testing.assert_allclose(logistic(first.log_odds(Z)), logistic(second.log_odds(padded)), atol=0.03)


def test_rare_outcomes_converge() -> None:
    """One buyer in 500 of 4,000: finite coefficients and the right mean."""
    rng = np.random.default_rng(3)
    Z, treatment = rng.normal(size=(4000, 6)), (np.arange(4000) % 2).astype(float)
    outcome = np.zeros(4000)
    outcome[:8] = 1
    for arm in fit_arms_by_evidence(Z, treatment, outcome, np.ones(4000)):
        assert np.isfinite(arm.coefficients).all()
        assert abs(logistic(arm.log_odds(Z)).mean() - 0.002) < 0.001
