/// A plugin: what a program loads, calls and closes again. Its one function fits so many rows that several threads do.
#include <gaussmix.h>

__attribute__((visibility("default"))) int plugin_fit(void);

int plugin_fit(void) {
    static double rows[400000];
    gaussmix_options options = gaussmix_default_options(3);
    gaussmix_execution execution = gaussmix_default_execution();
    gaussmix_model* model = NULL;
    for (int i = 0; i < 400000; ++i) rows[i] = (i * 37 % 101) / 10.0 + (i % 3) * 30.0;
    const gaussmix_matrix x = gaussmix_row_major(rows, 200000, 2);
    execution.n_threads = 4;
    const int code = gaussmix_fit(&x, NULL, &options, &execution, &model, NULL);
    gaussmix_model_free(model);
    return code;
}
