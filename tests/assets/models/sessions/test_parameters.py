"""Settings as JSON."""

import json
from dataclasses import asdict

import pytest

from assets.models.sessions.parameters import NIGHTLY, SessionModelParameters, parameters_from


@pytest.mark.parametrize("parameters", [NIGHTLY, SessionModelParameters(seed=3, half_life=0.5)])
def test_json_gives_the_settings_back(parameters: SessionModelParameters) -> None:
    """Also those of the parts."""
    assert parameters_from(json.loads(json.dumps(asdict(parameters)))) == parameters
