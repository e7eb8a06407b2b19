"""What Discarr promises for days and weeks, tried in virtual time; `benchmarks` does the same at full length."""
