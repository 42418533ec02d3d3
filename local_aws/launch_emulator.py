"""MiniStack with a longer memory: a script for the emulator's own Python.

MiniStack forgets CloudWatch's figures once they are 14 days old by the wall clock. CloudWatch
keeps daily ones for 455 days, and what is played here has a date of its own, whatever the wall
clock says; so here they are kept as long as it runs.
"""

import math
import sys

from ministack.app import main  # type: ignore[import-not-found]
from ministack.services import cloudwatch  # type: ignore[import-not-found]

if __name__ == "__main__":
    if not hasattr(cloudwatch, "TWO_WEEKS_SECONDS"):
        sys.exit("This MiniStack forgets CloudWatch's figures by another name than the one known.")
    cloudwatch.TWO_WEEKS_SECONDS = math.inf
    sys.exit(main())
