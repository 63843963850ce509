/// GAUSSMIX_EXPORT marks what leaves the shared library; all else stays hidden in it, and so do the insides of exported
/// classes by GAUSSMIX_HIDDEN. C99 and C++.
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
