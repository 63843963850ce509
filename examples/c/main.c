/// Fits a mixture to the numbers of a CSV file and saves it:   fit_c DATA.csv N_COMPONENTS MODEL.safetensors
#include <gaussmix.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Rows of numbers, separated by commas, below one line of names. The caller frees the values; NULL where there are
/// none.
static double* read_csv(const char* path, int64_t* n_rows, int64_t* n_features) {
    char line[4096];
    double* values = NULL;
    int64_t count = 0;
    int64_t room = 0;
    FILE* file = fopen(path, "r");
    *n_rows = 0;
    *n_features = 1;
    if (file == NULL || fgets(line, sizeof line, file) == NULL) return NULL;
    for (const char* c = line; *c != '\0'; ++c) *n_features += *c == ',';
    while (fgets(line, sizeof line, file) != NULL) {
        for (char* field = strtok(line, ","); field != NULL; field = strtok(NULL, ",")) {
            if (count == room) {
                room = 2 * room + 1024;
                values = realloc(values, (size_t)room * sizeof *values);
                if (values == NULL) exit(EXIT_FAILURE);
            }
            values[count++] = strtod(field, NULL);
        }
    }
    fclose(file);
    *n_rows = count / *n_features;
    return values;
}

static void print(const gaussmix_model* model) {
    const int64_t d = gaussmix_model_n_features(model);
    printf("%s after %d iterations\n", gaussmix_status_name(gaussmix_model_status(model)),
           (int)gaussmix_model_n_iter(model));
    if (gaussmix_model_n_collapsed(model) > 0) {
        printf("degenerate: %d components collapsed\n", (int)gaussmix_model_n_collapsed(model));
    }
    for (int64_t k = 0; k < gaussmix_model_n_components(model); ++k) {
        printf("component %d  weight %.4f  mean", (int)k, gaussmix_model_weights(model)[k]);
        for (int64_t j = 0; j < d; ++j) printf(" %.4f", gaussmix_model_means(model)[k * d + j]);
        printf("\n");
    }
}

int main(int argc, char** argv) {
    gaussmix_error error;
    gaussmix_model* model = NULL;
    int64_t n_rows;
    int64_t n_features;
    if (argc != 4) {
        fprintf(stderr, "usage: %s DATA.csv N_COMPONENTS MODEL.safetensors\n", argv[0]);
        return EXIT_FAILURE;
    }
    double* values = read_csv(argv[1], &n_rows, &n_features);
    const gaussmix_matrix x = gaussmix_row_major(values, n_rows, n_features);
    const gaussmix_options options = gaussmix_default_options(atoi(argv[2]));

    if (gaussmix_fit(&x, NULL, &options, NULL, &model, &error) == GAUSSMIX_OK &&
        gaussmix_save(model, argv[3], &error) == GAUSSMIX_OK) {
        print(model);
    } else {
        fprintf(stderr, "%s\n", error.message);
    }
    gaussmix_model_free(model);
    free(values);
    return error.code == GAUSSMIX_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
