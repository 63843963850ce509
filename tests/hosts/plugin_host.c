/// A program that does not know gaussmix and closes a plugin that uses it, several times: threads that still wait for
/// work must not lose the code they run.
///   plugin_host PLUGIN
#define _POSIX_C_SOURCE 200809L
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int main(int argc, char** argv) {
    const struct timespec while_threads_fall_asleep = {0, 200000000};
    if (argc != 2) return EXIT_FAILURE;
    for (int i = 0; i < 3; ++i) {
        void* const plugin = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
        if (plugin == NULL) {
            fprintf(stderr, "%s\n", dlerror());
            return EXIT_FAILURE;
        }
        void* const symbol = dlsym(plugin, "plugin_fit");
        int (*fit)(void) = NULL;
        memcpy(&fit, &symbol, sizeof fit);
        if (fit == NULL || fit() != 0 || dlclose(plugin) != 0) return EXIT_FAILURE;
        nanosleep(&while_threads_fall_asleep, NULL);
    }
    return EXIT_SUCCESS;
}
