"""What holds for every test; the network guard and the time limit are options in pyproject.toml."""

from hypothesis import settings

from tests.effort import examples

# Two busy cores make single examples slow now and then; the per-test time limit catches what hangs.
settings.register_profile("discarr", deadline=None, max_examples=examples(100))
settings.load_profile("discarr")
