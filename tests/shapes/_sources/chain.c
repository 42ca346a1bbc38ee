/* A small program: prints what it reads, preceded by VAL. */
#include <stdio.h>
#ifndef VAL
#define VAL 9
#endif
int main(void)
{
    int letter;
    printf("%d ", VAL);
    while ((letter = getchar()) != EOF)
        putchar(letter);
    return 0;
}
