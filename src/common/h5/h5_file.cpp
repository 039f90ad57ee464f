#include "common/h5/h5_file.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "common/core/atomic_file.hpp"
#include "common/h5/checked_object.hpp"
#include "common/h5/seal.hpp"

namespace apq::h5 {
namespace fs = std::filesystem;

void silence() { H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr); }

std::string error_stack() {
  std::string text;
  H5Ewalk2(
      H5E_DEFAULT, H5E_WALK_UPWARD,
      [](unsigned, H5E_error2_t const* error, void* out) -> herr_t {
        auto& all = *static_cast<std::string*>(out);
        if (error->desc != nullptr && all.empty()) all = error->desc;
        return 0;
      },
      &text);
  H5Eclear2(H5E_DEFAULT);
  for (char& c : text)
    if (c == '\n') c = ' ';
  return text.empty() ? "HDF5 gives no reason" : text;
}

namespace {

[[noreturn]] void fail(Errc code, std::string const& file, std::string const& what) {
  throw Error(code, fmt::format("{}: {} ({})", file, what, error_stack()));
}

hid_t checked(hid_t id, Errc code, std::string const& file, std::string const& what) {
  if (id < 0) fail(code, file, what);
  return id;
}

void check(herr_t status, Errc code, std::string const& file, std::string const& what) {
  if (status < 0) fail(code, file, what);
}

// H5T_VARIABLE for any length: Python gets a str, and no text is too long for an attribute.
TypeHandle text_type(std::size_t length) {
  TypeHandle type(H5Tcopy(H5T_C_S1), "H5Tcopy");
  H5Tset_size(type.get(), length);
  H5Tset_cset(type.get(), H5T_CSET_UTF8);
  return type;
}

void write_text(hid_t object, std::string const& file, std::string const& name, std::string const& text) {
  auto const type = text_type(H5T_VARIABLE);
  SpaceHandle const space(H5Screate(H5S_SCALAR), "H5Screate");
  AttributeHandle const attribute(checked(H5Acreate2(object, name.c_str(), type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT), Errc::io,
                                          file, "cannot create attribute " + name),
                                  name);
  char const* const value = text.c_str();
  check(H5Awrite(attribute.get(), type.get(), &value), Errc::io, file, "cannot write attribute " + name);
}

PropertyHandle in_memory() {
  silence();
  PropertyHandle properties(H5Pcreate(H5P_FILE_ACCESS), "H5Pcreate");
  H5Pset_fapl_core(properties.get(), std::size_t{1} << 20, false);
  return properties;
}

// HDF5 looks first whether there is a file of the name that one in memory gets: this one cannot be, and no parallel file system is asked.
std::string nowhere(std::string const& name) { return "/dev/null/" + name; }

}  // namespace

File File::create(std::string const& name) {
  auto const properties = in_memory();
  return {FileHandle(checked(H5Fcreate(nowhere(name).c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, properties.get()), Errc::io, name,
                             "cannot be created in memory"),
                     ""),
          name};
}

std::string File::bytes_of(fs::path const& path) {
  std::error_code ec;
  if (!fs::is_regular_file(path, ec)) throw Error(Errc::io, fmt::format("{}: no such file", path.string()));
  return read_file(path);
}

File File::parse(std::string bytes, std::string const& name) {
  auto image = unsealed(std::move(bytes), name);
  auto const properties = in_memory();
  H5Pset_file_image(properties.get(), image.data(), image.size());
  return {
      FileHandle(checked(H5Fopen(nowhere(name).c_str(), H5F_ACC_RDONLY, properties.get()), Errc::data, name, "is not a readable HDF5 file"),
                 ""),
      name};
}

void File::save(fs::path const& path) const { replace_file(path, sealed(image())); }

std::string File::image() const {
  check(H5Fflush(id(), H5F_SCOPE_GLOBAL), Errc::io, name_, "cannot be flushed");
  auto const size = H5Fget_file_image(id(), nullptr, 0);
  std::string bytes(size > 0 ? static_cast<std::size_t>(size) : 0, '\0');
  if (size <= 0 || H5Fget_file_image(id(), bytes.data(), bytes.size()) != size) fail(Errc::io, name_, "cannot be laid out");
  return bytes;
}

template <class T>
void File::write(std::string const& name, std::span<T const> values, std::size_t columns, std::string const& unit,
                 std::string const& description) {
  std::array<hsize_t, 2> dims{columns == 0 ? values.size() : values.size() / columns, columns};
  std::array<hsize_t, 2> const most{H5S_UNLIMITED, columns};
  std::array<hsize_t, 2> const chunk{1024, columns};
  int const rank = columns == 0 ? 1 : 2;
  SpaceHandle const space(H5Screate_simple(rank, dims.data(), most.data()), "H5Screate_simple");
  PropertyHandle const properties(H5Pcreate(H5P_DATASET_CREATE), "H5Pcreate");
  H5Pset_chunk(properties.get(), rank, chunk.data());
  DatasetHandle const dataset(
      checked(H5Dcreate2(id(), name.c_str(), native_type<T>(), space.get(), H5P_DEFAULT, properties.get(), H5P_DEFAULT), Errc::io, name_,
              "cannot create dataset " + name),
      name);
  if (!values.empty())
    check(H5Dwrite(dataset.get(), native_type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), Errc::io, name_,
          "cannot write dataset " + name);
  write_text(dataset.get(), name_, "unit", unit);
  write_text(dataset.get(), name_, "description", description);
}

File::Shape File::shape(std::string const& name) const {
  auto const checked = checked_dataset(id(), name_, name);
  return {checked.rows, checked.columns};
}

template <class T>
std::vector<T> File::read(std::string const& name) const {
  auto const checked = checked_dataset(id(), name_, name);
  if (H5Tequal(checked.type.get(), native_type<T>()) <= 0)
    throw Error(Errc::data, fmt::format("{}: dataset {} has another type", name_, name));
  std::vector<T> values(checked.rows * std::max<std::size_t>(checked.columns, 1));
  if (!values.empty())
    check(H5Dread(checked.dataset.get(), native_type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), Errc::data, name_,
          "cannot read dataset " + name);
  return values;
}

#define APQ_INSTANTIATE(T)                                                                                                   \
  template void File::write<T>(std::string const&, std::span<T const>, std::size_t, std::string const&, std::string const&); \
  template std::vector<T> File::read<T>(std::string const&) const;
APQ_INSTANTIATE(std::uint8_t)
APQ_INSTANTIATE(std::uint32_t)
APQ_INSTANTIATE(std::uint64_t)
APQ_INSTANTIATE(std::int64_t)
APQ_INSTANTIATE(float)
APQ_INSTANTIATE(double)
#undef APQ_INSTANTIATE

void File::write_attribute(std::string const& name, std::string const& text) { write_text(id(), name_, name, text); }

void File::write_attribute(std::string const& name, std::uint64_t value) {
  SpaceHandle const space(H5Screate(H5S_SCALAR), "H5Screate");
  AttributeHandle const attribute(checked(H5Acreate2(id(), name.c_str(), H5T_NATIVE_UINT64, space.get(), H5P_DEFAULT, H5P_DEFAULT),
                                          Errc::io, name_, "cannot create attribute " + name),
                                  name);
  check(H5Awrite(attribute.get(), H5T_NATIVE_UINT64, &value), Errc::io, name_, "cannot write attribute " + name);
}

bool File::has_attribute(std::string const& name) const { return H5Aexists(id(), name.c_str()) > 0; }

std::string File::text_attribute(std::string const& name) const {
  auto const checked = checked_attribute(id(), name_, name);
  if (H5Tget_class(checked.type.get()) != H5T_STRING || H5Tis_variable_str(checked.type.get()) <= 0)
    throw Error(Errc::data, fmt::format("{}: attribute {} is not a text", name_, name));
  char* value = nullptr;
  check(H5Aread(checked.attribute.get(), checked.type.get(), static_cast<void*>(&value)), Errc::data, name_,
        "cannot read attribute " + name);
  std::string text = value == nullptr ? "" : value;
  H5free_memory(value);
  return text;
}

std::uint64_t File::number_attribute(std::string const& name) const {
  auto const checked = checked_attribute(id(), name_, name);
  if (H5Tequal(checked.type.get(), H5T_NATIVE_UINT64) <= 0)
    throw Error(Errc::data, fmt::format("{}: attribute {} is not a number", name_, name));
  std::uint64_t value = 0;
  check(H5Aread(checked.attribute.get(), H5T_NATIVE_UINT64, &value), Errc::data, name_, "cannot read attribute " + name);
  return value;
}

void File::write_lines(std::string const& name, std::vector<std::string> const& lines, std::string const& description) {
  std::size_t width = 1;
  for (auto const& line : lines) width = std::max(width, line.size());
  std::string table;
  for (auto const& line : lines) table += line + std::string(width - line.size(), '\0');
  auto const type = text_type(width);
  hsize_t const rows = lines.size();
  SpaceHandle const space(H5Screate_simple(1, &rows, nullptr), "H5Screate_simple");
  DatasetHandle const dataset(checked(H5Dcreate2(id(), name.c_str(), type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                                      Errc::io, name_, "cannot create dataset " + name),
                              name);
  check(H5Dwrite(dataset.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, table.data()), Errc::io, name_, "cannot write dataset " + name);
  write_text(dataset.get(), name_, "description", description);
}

std::vector<std::string> File::read_lines(std::string const& name) const {
  auto const checked = checked_dataset(id(), name_, name);
  if (H5Tget_class(checked.type.get()) != H5T_STRING || H5Tis_variable_str(checked.type.get()) > 0 || checked.columns != 0)
    throw Error(Errc::data, fmt::format("{}: dataset {} is not of texts of fixed length", name_, name));
  auto const width = H5Tget_size(checked.type.get());
  std::string table(checked.rows * width, '\0');
  check(H5Dread(checked.dataset.get(), checked.type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, table.data()), Errc::data, name_,
        "cannot read dataset " + name);
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < checked.rows; ++i) {
    auto const line = table.substr(i * width, width);
    lines.push_back(line.substr(0, line.find('\0')));
  }
  return lines;
}

}  // namespace apq::h5
