/// Covariance families: their names and shapes.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "gaussmix/gaussmix.hpp"
#include "register.hpp"

namespace gaussmix::bindings {
namespace {

namespace py = pybind11;

py::tuple families() {
    std::vector<std::string> names;
    for (const CovarianceType family : all_families()) names.emplace_back(name(family));
    return py::tuple(py::cast(names));
}

py::tuple shape_of_all(const std::string& covariance_type, Index n_components, Index n_features) {
    return py::tuple(py::cast(covariances_shape(covariance_type_from_name(covariance_type), n_components, n_features)));
}

py::tuple shape_of_one(const std::string& covariance_type, Index n_features) {
    return py::tuple(py::cast(covariance_shape(covariance_type_from_name(covariance_type), n_features)));
}

/// Returns the family's own spelling of a name or code.
std::string name_of(const std::string& covariance_type) {
    return std::string(name(covariance_type_from_name(covariance_type)));
}

std::string code_of(const std::string& covariance_type) {
    return std::string(mclust_code(covariance_type_from_name(covariance_type)));
}

std::string plain(const std::string& covariance_type) {
    return std::string(name(plain_family(covariance_type_from_name(covariance_type))));
}

bool shares(const std::string& covariance_type) {
    return shares_covariance(covariance_type_from_name(covariance_type));
}

py::tuple sensible(Index n_rows, Index n_features, bool has_prior) {
    std::vector<std::string> names;
    for (const CovarianceType family : sensible_families(n_rows, n_features, has_prior))
        names.emplace_back(name(family));
    return py::tuple(py::cast(names));
}

}  // namespace

void register_families(py::module_& module) {
    module.def("families", families);
    module.def("sensible_families", sensible, py::arg("n_rows"), py::arg("n_features"), py::arg("has_prior"));
    module.def("family_name", name_of, py::arg("covariance_type"));
    module.def("mclust_code", code_of, py::arg("covariance_type"));
    module.def("plain_family", plain, py::arg("covariance_type"));
    module.def("covariances_shape", shape_of_all, py::arg("covariance_type"), py::arg("n_components"),
               py::arg("n_features"));
    module.def("covariance_shape", shape_of_one, py::arg("covariance_type"), py::arg("n_features"));
    module.def("shares_covariance", shares, py::arg("covariance_type"));
}

}  // namespace gaussmix::bindings
