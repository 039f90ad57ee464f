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
  /// A new file that lives in memory until `save`; `name` is for messages only. HDF5 never writes
  /// to the disk itself: after a write that failed (disk full) it can neither close the file nor
  /// leave the process in order.
  static File create(std::string const& name);
  /// Reads a file that `save` wrote into memory. @throws Error(io) when it cannot be read,
  /// Error(data) when it is not one of apq's or any byte of it has changed.
  static File open(std::filesystem::path const& path) { return parse(bytes_of(path), path.string()); }
  /// The two halves of `open`, for who needs the bytes themselves too. @throws Error(io) when the file cannot be read.
  static std::string bytes_of(std::filesystem::path const& path);
  /// @throws Error(data) as `open`.
  static File parse(std::string bytes, std::string const& name);
  /// Writes the created file whole and sealed (seal.hpp): temporary file, fsync, rename.
  /// @throws Error(io) with the system's reason; an older file of that name stays as it was.
  void save(std::filesystem::path const& path) const;

  /// Chunked and extendible in rows; `columns` 0 makes it one-dimensional. Unit and description
  /// become attributes.
  template <class T>
  void write(std::string const& name, std::span<T const> values, std::size_t columns, std::string const& unit,
             std::string const& description);
  struct Shape {
    std::size_t rows, columns;  ///< columns 0: one-dimensional
  };
  Shape shape(std::string const& name) const;
  template <class T>
  std::vector<T> read(std::string const& name) const;

  /// One text a row, as long as the longest; at least one.
  void write_lines(std::string const& name, std::vector<std::string> const& lines, std::string const& description);
  std::vector<std::string> read_lines(std::string const& name) const;

  void write_attribute(std::string const& name, std::string const& text);
  void write_attribute(std::string const& name, std::uint64_t value);
  bool has_attribute(std::string const& name) const;
  std::string text_attribute(std::string const& name) const;
  std::uint64_t number_attribute(std::string const& name) const;

  hid_t id() const { return handle_.get(); }
  std::string const& name() const { return name_; }

 private:
  File(FileHandle handle, std::string name) : handle_(std::move(handle)), name_(std::move(name)) {}
  std::string image() const;
  FileHandle handle_;
  std::string name_;
};

/// HDF5's own account of the last failure, one line; clears it.
std::string error_stack();
/// HDF5 prints its errors by default; ours go into exceptions instead. Idempotent.
void silence();

}  // namespace apq::h5
