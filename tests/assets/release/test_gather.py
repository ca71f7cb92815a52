"""What a release is gathered from."""

import json
from pathlib import Path

from assets.models.manifest import METRICS_FILE, REPORTS
from assets.models.release import MODULES, Release
from assets.release.gather import READS, figures_of


def test_the_figures_of_all_reports_are_one_table(tmp_path: Path) -> None:
    """Each report writes its own; one without figures has none."""
    for report, figures in (("search_report", {"ndcg": 0.4}), ("uplift_report", {"qini": 0.1, "chosen": "blend"})):
        (tmp_path / REPORTS / report).mkdir(parents=True)
        (tmp_path / REPORTS / report / METRICS_FILE).write_text(json.dumps(figures))
    (tmp_path / REPORTS / "experiment").mkdir()
    assert figures_of(tmp_path) == {"ndcg": 0.4, "qini": 0.1, "chosen": "blend"}


def test_every_module_is_an_asset_that_is_read_and_a_field_of_the_release() -> None:
    """One name from the asset to the release."""
    names = {module.name for module in MODULES}
    assert names <= set(READS)
    assert names <= set(Release.__dataclass_fields__)
    assert {need for module in MODULES for need in module.needs} <= names
