"""What holds for every test; the network guard and the time limit are options in pyproject.toml."""

from hypothesis import settings

# Two busy cores make single examples slow now and then; the per-test time limit catches what hangs.
settings.register_profile("discarr", deadline=None)
settings.load_profile("discarr")
