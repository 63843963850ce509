/// A plugin: what a program loads, calls and closes again. Its one function fits on several threads.
#include <gaussmix.h>

__attribute__((visibility("default"))) int plugin_fit(void);

int plugin_fit(void) {
    static double rows[20000];
    gaussmix_options options = gaussmix_default_options(3);
    gaussmix_execution execution = gaussmix_default_execution();
    gaussmix_model* model = NULL;
    for (int i = 0; i < 20000; ++i) rows[i] = (i * 37 % 101) / 10.0 + (i % 3) * 30.0;
    const gaussmix_matrix x = gaussmix_row_major(rows, 10000, 2);
    execution.n_threads = 4;
    const int code = gaussmix_fit(&x, NULL, &options, &execution, &model, NULL);
    gaussmix_model_free(model);
    return code;
}
