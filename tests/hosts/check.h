/// Checks for the programs in C: they tell where they failed, and count.
#ifndef GAUSSMIX_TESTS_CHECK_H
#define GAUSSMIX_TESTS_CHECK_H

#include <stdio.h>

static int failures = 0;

#define CHECK(condition)                                                            \
    do {                                                                            \
        if (!(condition)) {                                                         \
            ++failures;                                                             \
            fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition); \
        }                                                                           \
    } while (0)

#endif
