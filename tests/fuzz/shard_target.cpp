// Shards and manifests of joined files: their contents, never the container of HDF5, which is not ours. An input says what stands in the
// header and the rows; what is written by that is changed by HDF5 itself, as far as the input says so, and sealed again.
#include <bit>
#include <cmath>

#include <fmt/format.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/core/printable.hpp"
#include "common/h5/h5_file.hpp"
#include "common/h5/joined.hpp"
#include "common/h5/seal.hpp"
#include "common/h5/shard.hpp"
#include "fuzz/target.hpp"
#include "support/temp_dir.hpp"

namespace apq::fuzz {
namespace {

/// No text of a header holds a zero byte or is other than UTF-8: they come from YAML.
std::string text_of(Pieces& pieces) { return printable(pieces.text(pieces.below(12))); }

h5::Shard shard_of(Pieces& pieces) {
  h5::Shard shard;
  auto& h = shard.header;
  h5::for_each_text(h, [&](char const*, std::string& text) { text = text_of(pieces); });
  for (auto left = pieces.below(3); left > 0; --left) h.identity[text_of(pieces)] = text_of(pieces);
  h.seed = pieces.number(8);
  h.num_genes = static_cast<int>(1 + pieces.below(6));
  for (auto left = pieces.below(8); left > 0; --left) {
    h5::Row row;
    row.id = pieces.number(2);
    for (int g = 0; g < h.num_genes; ++g) row.genes.push_back(static_cast<std::uint8_t>(pieces.number(1)));
    row.total = static_cast<std::uint32_t>(pieces.number(4));
    row.correct5 = row.total - static_cast<std::uint32_t>(pieces.number(1));
    row.correct = row.correct5 - static_cast<std::uint32_t>(pieces.number(1));
    for (auto* value : {&row.loss, &row.seconds, &row.joules}) *value = std::bit_cast<float>(static_cast<std::uint32_t>(pieces.number(4)));
    shard.rows.push_back(row);
  }
  return shard;
}

bool is_possible(h5::Shard const& shard) {
  for (auto const& row : shard.rows)
    if (row.total == 0 || row.correct > row.correct5 || row.correct5 > row.total) return false;
  return true;
}

bool is_same(float a, float b) { return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b); }

bool is_same(h5::Shard const& a, h5::Shard const& b) {
  std::string texts[2];
  for (int i = 0; i < 2; ++i) h5::for_each_text((i == 0 ? a : b).header, [&](char const*, auto const& text) { texts[i] += text + '\0'; });
  if (texts[0] != texts[1] || a.header.parts() != b.header.parts() || a.header.num_genes != b.header.num_genes) return false;
  return std::equal(a.rows.begin(), a.rows.end(), b.rows.begin(), b.rows.end(), [](h5::Row const& r, h5::Row const& s) {
    return r.id == s.id && r.genes == s.genes && r.correct == s.correct && r.correct5 == s.correct5 && r.total == s.total &&
           is_same(r.loss, s.loss) && is_same(r.seconds, s.seconds) && is_same(r.joules, s.joules);
  });
}

hid_t type_of(Pieces& pieces) {
  switch (pieces.below(8)) {
    case 0:
      return H5Tcopy(H5T_NATIVE_UINT64);
    case 1:
      return H5Tcopy(H5T_NATIVE_UINT8);
    case 2:
      return H5Tcopy(H5T_NATIVE_FLOAT);
    case 3:
      return H5Tcopy(H5T_STD_U32BE);
    case 4:
      return H5Tvlen_create(H5T_NATIVE_UINT8);
    default: {
      auto const type = H5Tcopy(H5T_C_S1);
      auto const size = pieces.below(3);
      H5Tset_size(type, size == 0 ? H5T_VARIABLE : size == 1 ? 5 : std::size_t{1} << 30);
      return type;
    }
  }
}

hid_t extent_of(Pieces& pieces) {
  hsize_t const sizes[] = {pieces.below(4) == 0 ? hsize_t{1} << pieces.below(40) : pieces.below(9), pieces.below(9)};
  auto const rank = static_cast<int>(pieces.below(3));
  return rank == 0 ? H5Screate(pieces.below(4) == 0 ? H5S_NULL : H5S_SCALAR) : H5Screate_simple(rank, sizes, nullptr);
}

/// One thing of an open file is taken out, replaced or overwritten.
void change(hid_t file, Pieces& pieces) {
  constexpr char const* datasets[] = {"id", "genes", "correct", "correct5", "total", "loss", "seconds", "joules"};
  constexpr char const* attributes[] = {"format", "format_version", "stage", "space_hash", "engine",          "config",  "host",
                                        "source", "identity",       "seed",  "num_genes",  "evaluation_hash", "checksum"};
  auto const* const dataset = datasets[pieces.below(std::size(datasets))];
  auto const* const attribute = attributes[pieces.below(std::size(attributes))];
  switch (pieces.below(6)) {
    case 0:
      H5Ldelete(file, dataset, H5P_DEFAULT);
      break;
    case 1:
      H5Adelete(file, attribute);
      break;
    case 2: {  // values in place
      auto const id = H5Dopen2(file, dataset, H5P_DEFAULT);
      if (id < 0) break;
      auto const type = H5Dget_type(id), extent = H5Dget_space(id);
      auto const count = H5Sget_simple_extent_npoints(extent);
      auto const bytes = count > 0 && count < 4096 ? static_cast<std::size_t>(count) * H5Tget_size(type) : 0;
      bool const holds_pointers = H5Tget_class(type) == H5T_VLEN || H5Tis_variable_str(type) > 0;
      if (bytes > 0 && bytes < 1 << 16 && !holds_pointers) {
        std::string values(pieces.text(bytes));
        values.resize(bytes, '\1');
        H5Dwrite(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
      }
      H5Sclose(extent);
      H5Tclose(type);
      H5Dclose(id);
      break;
    }
    case 3: {
      H5Ldelete(file, dataset, H5P_DEFAULT);
      auto const type = type_of(pieces), extent = extent_of(pieces), properties = H5Pcreate(H5P_DATASET_CREATE);
      auto const rank = H5Sget_simple_extent_ndims(extent);
      hsize_t const chunk[] = {1024, 8};
      if (rank > 0 && pieces.below(4) != 0) H5Pset_chunk(properties, rank, chunk);
      else H5Pset_alloc_time(properties, H5D_ALLOC_TIME_LATE);
      if (auto const id = H5Dcreate2(file, dataset, type, extent, H5P_DEFAULT, properties, H5P_DEFAULT); id >= 0) H5Dclose(id);
      H5Pclose(properties);
      H5Sclose(extent);
      H5Tclose(type);
      break;
    }
    case 4: {
      H5Adelete(file, attribute);
      auto const type = type_of(pieces), extent = extent_of(pieces);
      bool const is_small = H5Tget_size(type) < 64 && H5Sget_simple_extent_npoints(extent) < 1000;  // room is made at once
      if (is_small)
        if (auto const id = H5Acreate2(file, attribute, type, extent, H5P_DEFAULT, H5P_DEFAULT); id >= 0) H5Aclose(id);
      H5Sclose(extent);
      H5Tclose(type);
      break;
    }
    default: {  // a text
      H5Adelete(file, attribute);
      auto const type = H5Tcopy(H5T_C_S1), extent = H5Screate(H5S_SCALAR);
      H5Tset_size(type, H5T_VARIABLE);
      auto const id = H5Acreate2(file, attribute, type, extent, H5P_DEFAULT, H5P_DEFAULT);
      std::string const text(pieces.text(pieces.below(64)));
      char const* const value = text.c_str();
      H5Awrite(id, type, &value);
      H5Aclose(id);
      H5Sclose(extent);
      H5Tclose(type);
    }
  }
}

void change_and_seal(std::filesystem::path const& path, Pieces& pieces) {
  test::write_quickly(path, h5::unsealed(read_file(path), "s.h5"));
  auto const file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  require(file >= 0, "HDF5 does not open what was written");
  for (auto left = 1 + pieces.below(3); left > 0; --left) change(file, pieces);
  H5Fclose(file);
  test::write_quickly(path, h5::sealed(read_file(path)));
}

void attempt_shard(Pieces& pieces) {
  auto const path = scratch("s.h5");
  bool const is_changed = pieces.below(4) != 0;
  auto const shard = shard_of(pieces);
  h5::write_shard(path, shard);
  if (is_changed) change_and_seal(path, pieces);
  h5::Shard read;
  try {
    read = h5::load_shard(path).shard;
  } catch (Error const&) {
    require(is_changed || !is_possible(shard), "what was written is refused");
    throw;
  }
  require(is_possible(read), "impossible counts are read");
  require(is_changed || is_same(read, shard), "what was written is read otherwise");
  auto const ids = h5::read_shard_ids(path).ids;
  require(ids.size() == read.rows.size(), "another number of ids");
  h5::write_shard(path, read);
  require(is_same(h5::read_shard(path), read), "what is written again is read otherwise");
}

void attempt_manifest(Pieces& pieces) {
  std::vector<std::string> lines;
  auto text = pieces.rest();
  while (!text.empty()) {
    auto const end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  auto const write = [&] {
    auto file = h5::File::create("joined.h5");
    file.write_attribute("format", "apq joined dataset");
    file.write_lines("manifest", lines, "shards");
    file.save(scratch("joined.h5"));
  };
  write();
  auto const shards = h5::read_manifest(scratch("joined.h5"));
  require(shards.size() == lines.size(), "shards are lost");
  lines.clear();
  auto const folder = scratch("").string();
  for (auto const& shard : shards) {
    auto name = shard.path.string();
    if (name.starts_with(folder)) name = name.substr(folder.size());
    lines.push_back(fmt::format("{} {} {}", shard.sha256, shard.rows, name));
  }
  write();
  auto const again = h5::read_manifest(scratch("joined.h5"));
  for (std::size_t i = 0; i < shards.size(); ++i)
    require(again[i].sha256 == shards[i].sha256 && again[i].rows == shards[i].rows && again[i].path == shards[i].path,
            "a shard is another one");
}

}  // namespace

std::vector<std::string> seeds() {
  std::string const texts = std::string(
                                "\2fp\4hash\4name\6onednn\x0b"
                                "study: {a:}\1v\1l\4host\tcollected") +
                            "\1\1a\1b";
  std::string const rows = std::string("\0\0\0\0\0\0\0\x11\4\2", 10) +
                           std::string("\0\1abcde\0\0\3\xe8\1\2\x3f\x80\0\0\x3f\x80\0\0\x7f\xc0\0\0", 25) +
                           std::string("\0\2abcdf\0\0\3\xe8\1\2\x3f\x80\0\0\x3f\x80\0\0\x40\0\0\0", 25);
  using namespace std::string_literals;
  return {"S\0"s + texts + rows, "S\1"s + texts + rows + "\0\0\x0b\5\3xyz"s /* another evaluation_hash, which nobody reads */,
          "Mc0ffee 3 fp/a.h5\nbeef 12 fp/b c.h5\n"};
}

void attempt(std::string_view input) {
  h5::silence();
  Pieces pieces(input);
  if (pieces.number(1) == 'M') attempt_manifest(pieces);
  else attempt_shard(pieces);
}

}  // namespace apq::fuzz
