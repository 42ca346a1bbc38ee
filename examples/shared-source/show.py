"""Print what the built modules return; run it after a build."""

import glob
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
# `build --inplace` puts the modules beside this file, `build` below build/.
sys.path[:0] = glob.glob(os.path.join(here, "build", "lib*")) or [here]

import mod1
import mod2

print(mod1.value(), mod2.value())
