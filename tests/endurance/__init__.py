"""What Discarr promises for days and weeks, in virtual time; `benchmarks` does the same at full length."""
