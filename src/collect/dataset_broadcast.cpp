#include "collect/dataset_broadcast.hpp"

#include <cstring>
#include <span>
#include <string>
#include <type_traits>

#include "common/mpi/collectives.hpp"

namespace apq::collect {
namespace {

// One list of fields serves both directions.
class Packer {
 public:
  std::vector<std::byte> bytes;
  template <class T>
  void value(T const& v) requires std::is_arithmetic_v<T> {
    add(&v, sizeof v);
  }
  void text(std::string const& t) {
    value(static_cast<std::uint64_t>(t.size()));
    add(t.data(), t.size());
  }
  template <class List, class Each>
  void list(List const& items, Each const& each) {
    value(static_cast<std::uint64_t>(items.size()));
    for (auto const& item : items) each(item);
  }
  void add(void const* from, std::size_t size) {
    auto const* first = static_cast<std::byte const*>(from);
    bytes.insert(bytes.end(), first, first + size);
  }
};

class Unpacker {
 public:
  explicit Unpacker(std::span<std::byte const> bytes) : rest_(bytes) {}
  template <class T>
  void value(T& v) requires std::is_arithmetic_v<T> {
    take(&v, sizeof v);
  }
  void text(std::string& t) {
    t.resize(size());
    take(t.data(), t.size());
  }
  template <class List, class Each>
  void list(List& items, Each const& each) {
    items.resize(size());
    for (auto& item : items) each(item);
  }
  void take(void* to, std::size_t size) {
    if (size > 0) std::memcpy(to, rest_.data(), size);
    rest_ = rest_.subspan(size);
  }

 private:
  std::uint64_t size() {
    std::uint64_t n = 0;
    value(n);
    return n;
  }
  std::span<std::byte const> rest_;
};

template <class Stream, class Path>
void path(Stream& stream, Path& p) {
  auto text = p.string();
  stream.text(text);
  if constexpr (!std::is_const_v<Path>) p = text;
}

template <class Stream, class Header>
void header(Stream& stream, Header& h) {
  h5::for_each_text(h, [&](char const*, auto& text) { stream.text(text); });
  stream.value(h.seed);
  stream.value(h.num_genes);
  std::vector<std::pair<std::string, std::string>> parts(h.identity.begin(), h.identity.end());
  stream.list(parts, [&](auto& part) {
    stream.text(part.first);
    stream.text(part.second);
  });
  if constexpr (!std::is_const_v<Header>) h.identity = {parts.begin(), parts.end()};
}

template <class Stream, class Dataset>
void dataset(Stream& stream, Dataset& d) {
  header(stream, d.header);
  stream.list(d.files, [&](auto& file) {
    path(stream, file.path);
    stream.value(file.bytes);
    stream.text(file.sha256);
    stream.value(file.rows);
  });
  stream.list(d.damaged, [&](auto& damaged) {
    path(stream, damaged.path);
    stream.text(damaged.message);
  });
  stream.list(d.rows, [&](auto& row) {
    stream.value(row.id);
    stream.list(row.genes, [&](auto& gene) { stream.value(gene); });
    stream.value(row.correct);
    stream.value(row.correct5);
    stream.value(row.total);
    stream.value(row.loss);
    stream.value(row.seconds);
    stream.value(row.joules);
  });
}

}  // namespace

h5::Dataset broadcast_dataset(mpi::Communicator const& comm, h5::Dataset d) {
  if (comm.is_alone()) return d;
  std::vector<std::byte> bytes;
  if (comm.is_root()) {
    Packer packer;
    dataset(packer, std::as_const(d));
    bytes = std::move(packer.bytes);
  }
  mpi::broadcast_bytes(comm, bytes, 0);
  if (comm.is_root()) return d;
  h5::Dataset received;
  Unpacker unpacker(bytes);
  dataset(unpacker, received);
  return received;
}

}  // namespace apq::collect
