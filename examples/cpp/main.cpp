/// Fits a mixture to the numbers of a CSV file and saves it:   fit_cpp DATA.csv N_COMPONENTS MODEL.safetensors
#include <cstdlib>
#include <fstream>
#include <gaussmix/gaussmix.hpp>
#include <iomanip>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

struct Table {
    std::vector<std::string> names;
    std::vector<double> values;  // row by row

    gaussmix::MatrixView view() const {
        return gaussmix::row_major(values, static_cast<gaussmix::Index>(names.size()));
    }
};

/// Numbers, separated by commas, below one line of names.
Table read_csv(const std::string& path) {
    std::ifstream file(path);
    Table table;
    std::string line;
    std::string field;
    std::getline(file, line);
    for (std::istringstream names(line); std::getline(names, field, ',');) table.names.push_back(field);
    while (std::getline(file, line)) {
        for (std::istringstream fields(line); std::getline(fields, field, ',');) {
            table.values.push_back(std::stod(field));
        }
    }
    if (table.values.empty()) throw std::runtime_error(path + " has no numbers");
    return table;
}

void print(const gaussmix::Model& model) {
    const gaussmix::Parameters& p = model.parameters;
    std::cout << std::fixed << std::setprecision(4);
    std::cout << gaussmix::name(model.status) << " after " << model.n_iter << " iterations\n";
    if (!model.collapsed.empty()) std::cout << "degenerate: " << model.collapsed.size() << " components collapsed\n";
    for (gaussmix::Index k = 0; k < p.n_components; ++k) {
        std::cout << "component " << k << "  weight " << p.weights[k] << "  mean";
        for (gaussmix::Index j = 0; j < p.n_features; ++j) std::cout << ' ' << p.means[k * p.n_features + j];
        std::cout << '\n';
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        std::cerr << "usage: " << argv[0] << " DATA.csv N_COMPONENTS MODEL.safetensors\n";
        return EXIT_FAILURE;
    }
    try {
        const Table table = read_csv(argv[1]);
        gaussmix::Options options;
        options.n_components = std::stol(argv[2]);
        gaussmix::Model model = gaussmix::fit(options, table.view());
        print(model);
        model.feature_names = table.names;
        gaussmix::save(model, argv[3]);
        return EXIT_SUCCESS;
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return EXIT_FAILURE;
    }
}
