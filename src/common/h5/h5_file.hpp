#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "common/h5/handle.hpp"

// Typed reading and writing of one- and two-dimensional datasets and of attributes; serial driver
// only. Every function throws Error(io | data) whose message starts with the file and names the
// object.
namespace apq::h5 {

template <class T>
hid_t native_type();
template <>
inline hid_t native_type<std::uint8_t>() {
  return H5T_NATIVE_UINT8;
}
template <>
inline hid_t native_type<std::uint32_t>() {
  return H5T_NATIVE_UINT32;
}
template <>
inline hid_t native_type<std::uint64_t>() {
  return H5T_NATIVE_UINT64;
}
template <>
inline hid_t native_type<std::int64_t>() {
  return H5T_NATIVE_INT64;
}
template <>
inline hid_t native_type<float>() {
  return H5T_NATIVE_FLOAT;
}
template <>
inline hid_t native_type<double>() {
  return H5T_NATIVE_DOUBLE;
}

class File {
 public:
  /// A new file that lives in memory until `image()` is taken; `name` is for messages only. HDF5
  /// never writes to the disk itself: after a write that failed (disk full) it can neither close
  /// the file nor leave the process in order.
  static File create(std::string const& name);
  /// @throws Error(io) when absent, Error(data) when not HDF5 or damaged beyond opening.
  static File open(std::filesystem::path const& path);

  /// Chunked and extendible in rows; `columns` 0 makes it one-dimensional. Unit and description
  /// become attributes.
  template <class T>
  void write(std::string const& name, std::span<T const> values, std::size_t columns,
             std::string const& unit, std::string const& description);
  struct Shape {
    std::size_t rows, columns;  ///< columns 0: one-dimensional
  };
  Shape shape(std::string const& name) const;
  template <class T>
  std::vector<T> read(std::string const& name) const;

  void write_attribute(std::string const& name, std::string const& text);
  void write_attribute(std::string const& name, std::uint64_t value);
  bool has_attribute(std::string const& name) const;
  std::string text_attribute(std::string const& name) const;
  std::uint64_t number_attribute(std::string const& name) const;

  void create_group(std::string const& name);
  /// The bytes of a created file, ready for replace_file.
  std::string image() const;
  hid_t id() const { return handle_.get(); }
  std::string const& name() const { return name_; }

 private:
  File(FileHandle handle, std::string name) : handle_(std::move(handle)), name_(std::move(name)) {}
  FileHandle handle_;
  std::string name_;
};

/// HDF5's own account of the last failure, one line; clears it.
std::string error_stack();
/// HDF5 prints its errors by default; ours go into exceptions instead. Idempotent.
void silence();

}  // namespace apq::h5
