/* The bytes of data.bin go into the module without an #include. */
#include "module.h"
__asm__(".pushsection .rodata\n.hidden data\n.globl data\ndata:\n.incbin \"data.bin\"\n.byte 0\n.popsection\n");
