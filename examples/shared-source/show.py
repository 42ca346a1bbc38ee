"""Print what the built modules return; run it after a build."""

import glob
import sys

sys.path[:0] = glob.glob("build/lib*")

import mod1
import mod2

print(mod1.value(), mod2.value())
