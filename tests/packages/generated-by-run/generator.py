"""Write a C source and its header: `generator.py NAME FOLDER`."""

import os
import sys

name, folder = sys.argv[1:]
with open(os.path.join(folder, name + ".h"), "w") as file:
    file.write("int common_value(void);\n#define NAME {}\n".format(name))
with open(os.path.join(folder, name + ".c"), "w") as file:
    file.write('#include "{0}.h"\n\nint NAME(void) {{ return common_value(); }}\n'.format(name))
