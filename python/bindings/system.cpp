/// Errors of the core as Python exceptions, and facts about the build.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cerrno>
#include <new>
#include <stdexcept>

#include "gaussmix/gaussmix.hpp"
#include "register.hpp"

namespace gaussmix::bindings {
namespace {

namespace py = pybind11;

/// A ValueError with the position of the number, so that Python can add the column's name.
PyObject* not_finite_type = nullptr;

void raise_not_finite(const NotFinite& error) {
    py::object exception = py::reinterpret_borrow<py::object>(not_finite_type)(error.what());
    exception.attr("value") = error.value();
    exception.attr("row") = error.row();
    exception.attr("column") = error.feature();
    PyErr_SetObject(not_finite_type, exception.ptr());
}

/// Raises an OSError with errno and path, so that Python makes it a FileNotFoundError, a PermissionError and so on.
void raise_os_error(const IoError& error) {
    if (error.error_number() == 0) {
        PyErr_SetString(PyExc_OSError, error.what());
        return;
    }
    errno = error.error_number();
    PyErr_SetFromErrnoWithFilename(PyExc_OSError, error.path().c_str());
}

void raise_memory_error() {
    PyErr_SetString(PyExc_MemoryError, "not enough memory: use fewer components, features or threads");
}

void translate(std::exception_ptr thrown) {
    try {
        if (thrown) std::rethrow_exception(thrown);
    } catch (const NotFinite& error) {
        raise_not_finite(error);
    } catch (const IoError& error) {
        raise_os_error(error);
    } catch (const Error& error) {
        PyErr_SetString(PyExc_ValueError, error.what());
    } catch (const OutOfMemory& error) {
        PyErr_SetString(PyExc_MemoryError, error.what());
    } catch (const std::bad_alloc&) {
        raise_memory_error();
    } catch (const std::length_error&) {  // more numbers than addresses
        raise_memory_error();
    }
}

py::dict info() {
    const SystemInfo system = system_info();
    py::dict result;
    result["version"] = system.version;
    result["instruction_set"] = system.instruction_set;
    result["instruction_sets"] = system.instruction_sets;
    result["n_threads"] = system.n_threads;
    result["openmp"] = system.openmp.empty() ? py::object(py::none()) : py::str(system.openmp);
    return result;
}

}  // namespace

void register_system(py::module_& module) {
    not_finite_type = py::exception<NotFinite>(module, "NotFiniteError", PyExc_ValueError).release().ptr();
    py::register_local_exception_translator(translate);
    module.attr("__version__") = version();
    module.def("info", info);
}

}  // namespace gaussmix::bindings
