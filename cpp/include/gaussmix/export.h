/// GAUSSMIX_EXPORT marks what the shared library exports; everything else stays hidden, and GAUSSMIX_HIDDEN hides the
/// internals of exported classes. C99 and C++.
#ifndef GAUSSMIX_EXPORT_H
#define GAUSSMIX_EXPORT_H

#if defined(GAUSSMIX_STATIC)
#define GAUSSMIX_EXPORT
#elif defined(_WIN32) && defined(GAUSSMIX_BUILDING)
#define GAUSSMIX_EXPORT __declspec(dllexport)
#elif defined(_WIN32)
#define GAUSSMIX_EXPORT __declspec(dllimport)
#else
#define GAUSSMIX_EXPORT __attribute__((visibility("default")))
#define GAUSSMIX_HIDDEN __attribute__((visibility("hidden")))
#endif

#if !defined(GAUSSMIX_HIDDEN)
#define GAUSSMIX_HIDDEN
#endif

#endif
