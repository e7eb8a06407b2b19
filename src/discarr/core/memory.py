"""The garbage collector's share of the event loop's time."""

import gc


def settle_memory() -> None:
    """Take what exists now out of the collector's hands; to be called once, when everything is loaded.

    A full collection looks at every container there is, and Python makes one whenever a quarter more has
    piled up: with the modules and classes of a start, which stay for good, that held up the event loop for
    50 ms and more. What is made later is collected as ever, by Python's own thresholds and sooner: nothing
    is switched off, and cycles cannot pile up. The one exception are cycles among what exists now, which is
    why nothing but modules, settings and the parts of the application should.
    """
    gc.collect()
    gc.freeze()


def collect_the_young() -> None:
    """Look through what was made since the last time; to be called after each piece of a long computation.

    The collector sets what is freed off against what is made. While one instance's old rows are freed and
    another's new ones are made, it notices nothing, and then goes through tens of thousands of objects at
    once: 20 ms and more. After a piece there are some hundreds.
    """
    gc.collect(1)
