import re

import pytest

from discarr.monitoring.acting.refusals import ActionRefused, Refusal


@pytest.mark.parametrize("refusal", Refusal)
def test_every_refusal_says_what_happened_and_what_to_do(refusal: Refusal) -> None:
    refused = ActionRefused(refusal)
    assert refused.refusal is refusal
    assert re.fullmatch(r"[A-Z].*[^.]", refused.summary)
    assert re.fullmatch(r"[A-Z].*\.", refused.remedy)
    assert str(refused) == refused.summary
