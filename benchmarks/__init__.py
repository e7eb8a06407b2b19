"""Side-by-side measurements of speed and memory; never part of the tests.

Only ratios of one run mean anything: all contenders read the same simulated servers, round by round in turn.
"""
