int foo(void);
int bar(void);
int one(void) { return foo() + bar(); }
