"""The folder of facts beside the checkout: present on developers' machines and in CI, optional elsewhere."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"
RECORDED = SHARED / "recorded"
SPECS = SHARED / "specs"
CONTRACTS = SHARED / "contracts"

needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared folder is not beside the checkout")
