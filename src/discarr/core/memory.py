"""The garbage collector's share of the event loop's time."""

import gc


def settle_memory() -> None:
    """Take what exists now out of the collector's hands; to be called once, when everything is loaded.

    A full collection looks at every container there is, and Python makes one whenever a quarter more has
    piled up: with the modules and classes of a start, which stay for good, that held up the event loop for
    50 ms and more. What is made later is collected as ever, by Python's own thresholds: nothing is switched
    off, and cycles cannot pile up. The one exception are cycles among what exists now, which is why nothing
    but modules, settings and the parts of the application should.
    """
    gc.collect()
    gc.freeze()
