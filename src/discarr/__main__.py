"""`python -m discarr` is the same as `discarr`."""

import sys

from discarr.main import main

sys.exit(main())
