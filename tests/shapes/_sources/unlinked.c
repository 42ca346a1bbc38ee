/* Compiles; to be linked with -Wl,-z,defs, which fails. */
int undefined_function(void);
int unlinked(void) { return undefined_function(); }
