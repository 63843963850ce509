/// Prints a model, bit for bit, for comparison with other hosts.
///   bits MODEL.safetensors                                      as the file has it
///   bits DATA N_ROWS N_FEATURES N_COMPONENTS FAMILY SCALAR      fitted, and what it says of the rows
/// DATA holds the rows as they lie in memory; FAMILY and SCALAR are numbers of gaussmix.h.
#include <gaussmix.h>
#include <stdio.h>
#include <stdlib.h>

static void print(const char* name, const double* values, int64_t size) {
    printf("%s", name);
    for (int64_t i = 0; i < size; ++i) printf(" %a", values[i]);
    printf("\n");
}

static void print_model(const gaussmix_model* model) {
    const int64_t k = gaussmix_model_n_components(model);
    print("weights", gaussmix_model_weights(model), k);
    print("means", gaussmix_model_means(model), k * gaussmix_model_n_features(model));
    print("covariances", gaussmix_model_covariances(model), gaussmix_model_covariances_size(model));
    print("history", gaussmix_model_history(model), gaussmix_model_history_size(model));
    if (gaussmix_model_concentration(model) == NULL) return;
    print("weight_concentration", gaussmix_model_concentration(model), gaussmix_model_concentration_size(model));
    print("mean_precision", gaussmix_model_mean_precision(model), k);
    print("degrees_of_freedom", gaussmix_model_degrees_of_freedom(model), k);
}

/// The bytes of a file; NULL where there are not so many.
static void* read_bytes(const char* path, size_t size) {
    FILE* file = fopen(path, "rb");
    char* bytes = malloc(size);
    const size_t n_read = file != NULL && bytes != NULL ? fread(bytes, 1, size, file) : 0;
    if (file != NULL) fclose(file);
    if (n_read == size) return bytes;
    free(bytes);
    return NULL;
}

static int fit(char** arguments) {
    gaussmix_error error;
    gaussmix_model* model = NULL;
    const int64_t n_rows = atoi(arguments[1]);
    const int64_t n_features = atoi(arguments[2]);
    const int64_t scalar = atoi(arguments[5]);
    const int64_t width = scalar == GAUSSMIX_F64 ? 8 : 4;
    gaussmix_options options = gaussmix_default_options(atoi(arguments[3]));
    options.covariance_type = atoi(arguments[4]);
    options.seed = 3;

    void* data = read_bytes(arguments[0], (size_t)(n_rows * n_features * width));
    double* densities = malloc((size_t)n_rows * sizeof(double));
    const gaussmix_matrix x = {data, n_rows, n_features, n_features * width, width, scalar};
    const int done = densities != NULL && gaussmix_fit(&x, NULL, &options, NULL, &model, &error) == GAUSSMIX_OK &&
                     gaussmix_score_samples(model, &x, NULL, densities, &error) == GAUSSMIX_OK;
    if (done) {
        print_model(model);
        print("score_samples", densities, n_rows);
    }
    gaussmix_model_free(model);
    free(densities);
    free(data);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int load(const char* path) {
    gaussmix_error error;
    gaussmix_model* model = NULL;
    if (gaussmix_load(path, &model, &error) != GAUSSMIX_OK) return EXIT_FAILURE;
    print_model(model);
    gaussmix_model_free(model);
    return EXIT_SUCCESS;
}

int main(int argc, char** argv) {
    if (argc == 2) return load(argv[1]);
    return argc == 7 ? fit(argv + 1) : EXIT_FAILURE;
}
