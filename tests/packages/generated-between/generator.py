"""Write the source and the header for the extension that is built next."""

import sys

name = sys.argv[1]
with open("generated.h", "w") as file:
    file.write('#define TEXT "{}"\n'.format(name))
with open("generated.c", "w") as file:
    file.write('#include "generated.h"\n\nconst char *{}_text(void) {{ return TEXT; }}\n'.format(name))
